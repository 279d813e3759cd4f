"""Makes the demo code base a Git repository inside the data folder, once."""

import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3] / "demo"
FOLDER = "parcels"
_AUTHOR = {"NAME": "Parcel Desk", "EMAIL": "desk@parcels.example", "DATE": "2019-03-04T09:00:00+0000"}
_IGNORED = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.pyc")


def ensure_demo_repository(data_folder: Path) -> Path | None:
    """Return the demo repository of a data folder, making it where it is missing; None without Git or sources."""
    target = data_folder / "repositories" / FOLDER
    if (target / ".git").is_dir():
        return target
    if not SOURCE.is_dir() or shutil.which("git") is None:
        return None
    draft = target.with_name(f".{FOLDER}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(SOURCE, draft, ignore=_IGNORED)
    for arguments in (["init", "--quiet", "--initial-branch=main"], ["add", "--all"], ["commit", "-qm", "Parcel desk"]):
        _git(draft, arguments)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    return target


def _git(folder: Path, arguments: list[str]) -> None:
    """Run Git on its own settings only: the same commit comes out on every machine."""
    identity = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _AUTHOR.items()}
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder), "LC_ALL": "C"}
    subprocess.run(
        ["git", "-C", str(folder), "-c", "commit.gpgsign=false", *arguments],
        env={"PATH": os.environ.get("PATH", os.defpath)} | fixed | identity,
        check=True,
        capture_output=True,
    )
