"""The folder an installation lives in: its lock, its format, and the record of the running instance."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from iama_app.cli.launch_error import LaunchError

FORMAT = 1
"""Layout of the folder; raised when a start must convert it. Table changes are migrations and do not count."""

LOCK_FILE = "lock"
FORMAT_FILE = "format"
RUN_FILE = "run.json"
SUBFOLDERS = ("keys", "logs", "artifacts", "scratch", "sandbox", "repositories")
LOCK_SECONDS = 0.3
"""Commands that look whether an instance is alive share the lock for an instant; a start waits that long."""

NEEDED_BYTES = 64 * 1024 * 1024
NEEDED_FIRST_BYTES = 160 * 1024 * 1024

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The live instance of a data folder, as commands on the same machine attach to it."""

    pid: int
    url: str
    token: str
    started_at: float

    @property
    def token_hash(self) -> str:
        """SHA-256 (hex) of the token, which is what the instance's processes hold."""
        return hashlib.sha256(self.token.encode()).hexdigest()


def new_run_record(url: str) -> RunRecord:
    """Describe this process as the instance that answers at `url`."""
    return RunRecord(os.getpid(), url, secrets.token_urlsafe(32), time.time())


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A folder this process holds the lock of."""

    path: Path

    def write_run(self, record: RunRecord) -> None:
        """Name this instance to other commands; readable by its owner only."""
        draft = self.path / f"{RUN_FILE}.new"
        draft.unlink(missing_ok=True)
        draft.touch(0o600)
        draft.write_text(json.dumps(asdict(record)))
        draft.replace(self.path / RUN_FILE)

    def clear_run(self) -> None:
        """Take the name away again."""
        (self.path / RUN_FILE).unlink(missing_ok=True)


def read_run(folder: Path) -> RunRecord | None:
    """Return the live instance of a data folder; None when none runs there, whatever its files say."""
    try:
        record = RunRecord(**json.loads((folder / RUN_FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return record if _is_locked(folder) else None


@contextlib.contextmanager
def held_data_folder(path: Path) -> Iterator[DataFolder]:
    """Make, check and lock the folder; the kernel gives the lock back even when this process is killed.

    Raises:
        LaunchError: in use, not writable, disk full, or of another format; nothing in it was changed.
    """
    with _said_plainly(path):
        path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(path, descriptor)
        with _said_plainly(path):
            _require_format(path)
            _require_space(path)
            _prepare(path)
        folder = DataFolder(path)
        folder.clear_run()
        try:
            yield folder
        finally:
            folder.clear_run()
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LaunchError(plain_sentence(path, error)) from error


def plain_sentence(path: Path, error: OSError) -> str:
    """Say in one sentence what an operating-system refusal in the data folder means."""
    if error.errno in _FULL:
        return f"The disk is full: nothing can be written to the data folder {path}. Free some space and start again."
    if error.errno in _FORBIDDEN:
        return f"The data folder {path} is not writable. Change its rights, or set IAMA_DATA to another folder."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"The data folder {path} is not a folder. Set IAMA_DATA to another place."
    return f"The data folder {path} cannot be used: {error.strerror or error}."


def _lock(path: Path, descriptor: int) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while not _try_lock(descriptor):
        if time.monotonic() < deadline:
            time.sleep(0.02)
            continue
        with contextlib.suppress(OSError, ValueError, KeyError):
            url = json.loads((path / RUN_FILE).read_text())["url"]
            raise LaunchError(f"IAMA already runs on the data folder {path}: open {url}, or stop it first.") from None
        raise LaunchError(f"IAMA already runs on the data folder {path}; stop it first.") from None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_locked(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _require_format(path: Path) -> None:
    stamp = path / FORMAT_FILE
    if not stamp.exists():
        strangers = {entry.name for entry in path.iterdir()} - {LOCK_FILE, *SUBFOLDERS}
        if strangers:
            raise LaunchError(
                f"The folder {path} holds files but was not made by IAMA. Set IAMA_DATA to an empty or new folder."
            )
        return
    text = stamp.read_text().strip()
    if not text.isdigit():
        raise LaunchError(f"The data folder {path} has an unreadable format stamp; restore it from a backup.")
    if int(text) > FORMAT:
        raise LaunchError(
            f"The data folder {path} was written by a newer IAMA (format {text}, this one knows {FORMAT}). "
            "Use that version, or set IAMA_DATA to another folder."
        )
    if int(text) < FORMAT:
        raise LaunchError(
            f"The data folder {path} was written by an older IAMA (format {text}, needed is {FORMAT}). "
            "Upgrade it as docs/runbooks/data-folder.md describes, or set IAMA_DATA to another folder."
        )


def _require_space(path: Path) -> None:
    needed = NEEDED_BYTES if (path / FORMAT_FILE).exists() else NEEDED_FIRST_BYTES
    free = shutil.disk_usage(path).free
    if free < needed:
        raise LaunchError(
            f"The disk is full: {free // 2**20} MB are free at the data folder {path}, "
            f"{needed // 2**20} MB are needed. Free some space, or set IAMA_DATA to another folder."
        )


def _prepare(path: Path) -> None:
    for name in SUBFOLDERS:
        (path / name).mkdir(mode=0o700 if name == "keys" else 0o755, exist_ok=True)
    stamp = path / FORMAT_FILE
    if not stamp.exists():
        stamp.write_text(f"{FORMAT}\n")
    probe = path / ".write-probe"
    probe.write_bytes(b"x" * 4096)
    probe.unlink()
