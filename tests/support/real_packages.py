"""Source distributions of third-party packages, fetched once by pip, as Git repositories."""

import hashlib
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.main_job import commit_all

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "sdists"
FETCH_SECONDS = 240


@dataclass(frozen=True, slots=True)
class SourceDistribution:
    """A pinned source distribution: name and version as published, SHA-256 (hex) of the archive."""

    name: str
    version: str
    sha256: str

    @property
    def archive(self) -> Path:
        """Where it is kept."""
        return CACHE / f"{self.name.replace('-', '_')}-{self.version}.tar.gz"


PACKAGES = {
    item.name: item
    for item in (
        SourceDistribution(
            "python-slugify", "9.2.0", "cee32948083476013804de1667724fb1362dacb71e47b1d5d92adf8db6ee3298"
        ),
        SourceDistribution("click", "8.5.1", "9bbfada76703fd1d784b83eea012e3e8c6a001a876543ef104fa56aaaeb072b4"),
        SourceDistribution("attrs", "26.1.0", "d03ceb89cb322a8fd706d4fb91940737b6642aa36998fe130a9bc96c985eff32"),
        SourceDistribution("toolz", "1.2.0", "9667a038e9d6ecba37995e26cb2f59ec6420b6ad8dd9677de59db9b956b08490"),
        SourceDistribution("humanize", "4.17.0", "1d6a36c453dbfbb3f0b34601d2e0b4ce5d48d780305cd45714843f0068fde6ac"),
    )
}


def fetch(package: SourceDistribution) -> Path:
    """Return the archive, fetched through pip where it is not kept yet.

    Raises:
        AssertionError: the archive is not the pinned one.
    """
    if not package.archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "uv", "run", "--quiet", "--no-project", "--isolated", "--with", "pip", "--"]
        wish = [f"{package.name}=={package.version}", "--dest", str(CACHE)]
        options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "python", "-m", "pip", "download", *options, *wish], check=True, cwd=CACHE, timeout=FETCH_SECONDS
        )
    found = hashlib.sha256(package.archive.read_bytes()).hexdigest()
    assert found == package.sha256, f"{package.archive} is {found}"
    return package.archive


def make_package_repository(package: SourceDistribution, folder: Path) -> Path:
    """Unpack a source distribution and commit everything in it on `main`."""
    folder.mkdir(parents=True)
    with tarfile.open(fetch(package)) as archive:
        archive.extractall(folder, filter="data")
    return commit_all(next(item for item in folder.iterdir() if item.is_dir()))
