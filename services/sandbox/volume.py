"""The per-session folder on the host: layout, filling it, reading results, the record that lets others attach."""

import fcntl
import fnmatch
import json
import os
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from services.core.ids import new_id
from services.core.tree import Tree, UnsafePathError, normalise_path
from services.sandbox import files
from services.sandbox.errors import PhaseRefusedError, ResultRefusedError, SandboxUnavailableError

GUEST_FOLDERS = ("workspace", "deps", "out", "cache")
"""Folders that guests write; owned by the guest's uid on the host."""

HOST_FOLDERS = ("tools", "log", "sock", "rootfs", "runtime", "guest")
"""Folders that only the supervisor writes."""

WRITABLE_BY_PUT = ("workspace", "tools")
READABLE_BY_COLLECT = ("workspace", "out")
MAX_RESULT_FILES = 20_000
CANARY_BYTES = 32
COMPLETE_MARK = "canary"
"""File that is written last when a volume is made."""

_RECORD = "session.json"
_LOCK = "lock"


class Volume:
    """One session's folder: `<root>/<ref>`, mode 0700, gone after the wipe."""

    def __init__(self, folder: Path, owner: files.Owner | None) -> None:
        self.folder = folder
        self.owner = owner

    @property
    def ref(self) -> str:
        """Session reference: a UUID, the folder's name."""
        return self.folder.name

    def path(self, name: str) -> Path:
        """Return the host path of one of the volume's folders or files."""
        return self.folder / name

    def guest_paths(self) -> list[Path]:
        """Return the folders whose size counts against the disk limit."""
        return [self.path(name) for name in (*GUEST_FOLDERS, "log", "runtime")]

    def write_record(self, record: dict[str, Any]) -> None:
        """Store what another process needs to attach; replaced atomically."""
        draft = self.path(_RECORD + ".new")
        draft.write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
        draft.replace(self.path(_RECORD))

    def read_record(self) -> dict[str, Any]:
        """Return what `write_record` stored."""
        record: dict[str, Any] = json.loads(self.path(_RECORD).read_text(encoding="utf-8"))
        return record

    def lock(self, wait_seconds: float = 0.0) -> int:
        """Take the session for this process, waiting at most so long; the caller closes the descriptor.

        Raises:
            SandboxUnavailableError: another process is running a phase of this session.
        """
        descriptor = os.open(self.path(_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_seconds
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise SandboxUnavailableError(sentence="Another process is using this sandbox session.")
            time.sleep(0.05)
        return descriptor

    def put(self, tree: Tree, dest: str, *, replace: bool) -> None:
        """Write files below `workspace` or `tools`; paths are normalised and links of the guest are never followed.

        Raises:
            PhaseRefusedError: another destination, or a path that leaves it.
        """
        top, _, below = dest.strip("/").partition("/")
        if top not in WRITABLE_BY_PUT:
            raise PhaseRefusedError(sentence=f"Files go to {' or '.join(WRITABLE_BY_PUT)}, not to {dest!r}.")
        try:
            paths = {normalise_path(f"{below}/{path}" if below else path): tree[path] for path in tree}
        except UnsafePathError as problem:
            raise PhaseRefusedError(sentence=f"A path is not inside the sandbox folder: {problem}.") from problem
        if replace:
            files.empty_folder(self.path(top))
        root = files.open_folder(self.path(top))
        owner = self.owner if top == "workspace" else None
        try:
            for path, content in paths.items():
                files.write_file(root, path, content, owner)
        finally:
            os.close(root)

    def collect(self, globs: Sequence[str], max_bytes: int) -> dict[str, bytes]:
        """Read matching regular files of `workspace` and `out`, keyed by path from the guest's root, in name order.

        Raises:
            ResultRefusedError: more than `max_bytes` in all, or more than 20,000 files.
        """
        found: dict[str, bytes] = {}
        left = max_bytes
        for top in READABLE_BY_COLLECT:
            patterns = [pattern.lstrip("/") for pattern in globs if pattern.lstrip("/").startswith(top + "/")]
            if not patterns:
                continue
            root = files.open_folder(self.path(top))
            try:
                for file in files.walk(root, top + "/"):
                    if not any(matches(file.path, pattern) for pattern in patterns):
                        continue
                    content = file.read(left)
                    if content is None or len(found) >= MAX_RESULT_FILES:
                        raise ResultRefusedError(
                            sentence="The sandbox left more results than may be taken.",
                            max_bytes=max_bytes,
                            path=file.path,
                        )
                    found[file.path] = content
                    left -= len(content)
            finally:
                os.close(root)
        return found


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def matches(path: str, pattern: str) -> bool:
    """Match a POSIX path: `**` spans folders (also none), `*` and `?` stay inside one."""
    return _match_parts(path.split("/"), pattern.split("/"))


def _match_parts(parts: list[str], patterns: list[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_match_parts(parts[skip:], patterns[1:]) for skip in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], patterns[0]) and _match_parts(parts[1:], patterns[1:])


def create_volume(root: Path, owner_of: Callable[[str], files.Owner | None], ref: str = "") -> Volume:
    """Make the folder of a new session with its planted canary; `owner_of` maps the reference to uid and gid.

    Raises:
        ValueError: a given reference that is no UUID. FileExistsError: one that is taken.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    ref = str(UUID(ref)) if ref else str(new_id())
    owner = owner_of(ref)
    volume = Volume(root / ref, owner)
    volume.folder.mkdir(mode=0o700)
    for name in (*GUEST_FOLDERS, *HOST_FOLDERS):
        volume.path(name).mkdir(mode=0o755)
    for name in GUEST_FOLDERS:
        if owner is not None:
            os.chown(volume.path(name), *owner)
    volume.path(COMPLETE_MARK).write_bytes(secrets.token_bytes(CANARY_BYTES))
    return volume


def find_volume(root: Path, session_ref: str, owner: files.Owner | None) -> Volume:
    """Return an existing session's volume.

    Raises:
        SandboxUnavailableError: no such session on this machine.
    """
    names = {entry.name for entry in root.iterdir()} if root.is_dir() else set()
    if session_ref not in names or not (root / session_ref / _RECORD).is_file():
        raise SandboxUnavailableError(sentence="This sandbox session does not exist on this machine any more.")
    return Volume(root / session_ref, owner)
