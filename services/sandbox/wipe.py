"""Erases a session's volume and says how far that was checked: overwrite, look again, delete, look for remains."""

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.core.clock import now
from services.sandbox import files
from services.sandbox.cgroup import Cgroup
from services.sandbox.port import GIBIBYTE, WipeEvidence
from services.sandbox.process_tree import kill_holders
from services.sandbox.volume import GUEST_FOLDERS, Volume

METHOD = "best-effort"
ZEROES = bytes(1 << 20)
READ_BACK_BYTES = GIBIBYTE
"""Overwritten data read back and compared; beyond it only written and flushed."""

LOCK_SECONDS = 5.0
EVIDENCE_FOLDER = "wiped"
_OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class _Overwriter:
    """Overwrites regular files with zeroes, only where they hold data; then reads them back."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self.read_back = 0
        self.nonzero = 0
        self.unwritable = 0

    def overwrite(self, folder: int, name: str) -> None:
        """Overwrite one file."""
        descriptor = self._open(folder, name)
        if descriptor is None:
            return
        self.files += 1
        try:
            for start, end in list(files.data_extents(descriptor, os.fstat(descriptor).st_size)):
                self._zero(descriptor, start, end)
        except OSError:
            self.unwritable += 1
        finally:
            os.close(descriptor)

    def check(self, folder: int, name: str) -> None:
        """Read one file back and count what is not zero."""
        descriptor = self._open(folder, name)
        if descriptor is None:
            return
        try:
            for start, end in files.data_extents(descriptor, os.fstat(descriptor).st_size):
                self._compare(descriptor, start, end)
        finally:
            os.close(descriptor)

    def _open(self, folder: int, name: str) -> int | None:
        with contextlib.suppress(OSError):
            os.chmod(name, 0o600, dir_fd=folder)  # noqa: PTH101 - relative to a descriptor
        try:
            return os.open(name, _OPEN, dir_fd=folder)
        except OSError:
            self.unwritable += 1
            return None

    def _zero(self, descriptor: int, start: int, end: int) -> None:
        while start < end:
            written = os.pwrite(descriptor, ZEROES[: min(len(ZEROES), end - start)], start)
            start += written
            self.bytes += written

    def _compare(self, descriptor: int, start: int, end: int) -> None:
        while start < end and self.read_back < READ_BACK_BYTES:
            data = os.pread(descriptor, min(len(ZEROES), end - start), start)
            if not data:
                return
            self.nonzero += data.count(0) != len(data)
            start += len(data)
            self.read_back += len(data)


def _mounts_below(folder: Path) -> list[str]:
    """Return mount points below a folder, deepest first."""
    lines = Path("/proc/self/mounts").read_text("utf-8", "surrogateescape").splitlines()
    points = [line.split(" ")[1].encode().decode("unicode_escape") for line in lines]
    return sorted((point for point in points if point.startswith(f"{folder}/")), key=len, reverse=True)


def _canary_hits(volume: Volume, canary: bytes) -> int:
    """Count files of the volume in which the planted canary can still be read."""
    hits = 0
    root = files.open_folder(volume.folder)
    try:
        for file in files.walk(root):
            if file.size <= READ_BACK_BYTES // 16:
                hits += canary in (file.read(file.size) or b"")
    finally:
        os.close(root)
    return hits


def _plant(volume: Volume, canary: bytes) -> None:
    """Put the canary beside the guest's own files, so that the check looks where the guest wrote."""
    for name in GUEST_FOLDERS:
        root = files.open_folder(volume.path(name))
        try:
            files.write_file(root, ".iama-canary", canary, None)
        finally:
            os.close(root)


def _sweep(volume: Volume, visit: Any, *, remove: bool) -> int:
    root = files.open_folder(volume.folder)
    try:
        entries = files.Sweep(root, visit, remove=remove).run()
        files.flush_filesystem(root)
        return entries
    finally:
        os.close(root)


def wipe_volume(volume: Volume, cgroups: Sequence[Cgroup]) -> WipeEvidence:
    """Kill what is left, erase the session and return what was checked; a repeated call returns the first evidence.

    Raises:
        SandboxUnavailableError: a living process still runs a phase of the session.
        OSError: the volume could not be erased; it is still there and the call may be repeated.
    """
    stored = evidence_file(volume)
    if not volume.folder.exists():
        return read_evidence(stored)
    started = time.monotonic()
    checks: dict[str, bool] = {"processes_gone": all(group.kill() for group in cgroups)}
    checks["no_process_holds_the_volume"] = kill_holders(volume.ref)
    os.close(volume.lock(wait_seconds=LOCK_SECONDS))
    checks["cgroups_removed"] = all(group.remove() for group in cgroups)
    canary = volume.path("canary").read_bytes() if volume.path("canary").is_file() else os.urandom(32)
    _plant(volume, canary)
    planted = _canary_hits(volume, canary)
    overwriter = _Overwriter()
    _sweep(volume, overwriter.overwrite, remove=False)
    _sweep(volume, overwriter.check, remove=False)
    remaining = _canary_hits(volume, canary)
    checks["canary_was_found_before"] = planted >= len(GUEST_FOLDERS)
    checks["canary_not_found_after"] = remaining == 0
    checks["read_back_all_zero"] = overwriter.nonzero == 0
    checks["every_file_overwritten"] = overwriter.unwritable == 0
    checks["mounts_gone"] = not _mounts_below(volume.folder)
    entries = _sweep(volume, lambda folder, name: None, remove=True)
    volume.folder.rmdir()
    checks["folder_gone"] = not volume.folder.exists()
    detail = {"entries": entries, "canary_hits_before": planted, "bytes_read_back": overwriter.read_back}
    evidence = _evidence(volume.ref, checks, detail, overwriter, time.monotonic() - started)
    _store(stored, evidence)
    return evidence


def remove_unopened(volume: Volume) -> WipeEvidence:
    """Delete the rest of a session whose opening was cut off, if there is any, and say so."""
    started = time.monotonic()
    if volume.folder.exists():
        shutil.rmtree(volume.folder)
    checks = {"folder_gone": not volume.folder.exists()}
    evidence = _evidence(volume.ref, checks, {"opened": False}, _Overwriter(), time.monotonic() - started)
    _store(evidence_file(volume), evidence)
    return evidence


def evidence_file(volume: Volume) -> Path:
    """Return where the evidence of a session's wipe is kept on this machine."""
    return volume.folder.parent / EVIDENCE_FOLDER / f"{volume.ref}.json"


def _evidence(
    ref: str, checks: dict[str, bool], detail: dict[str, Any], overwriter: _Overwriter, seconds: float
) -> WipeEvidence:
    moment = now()
    content = {
        "session_ref": ref,
        "verified": all(checks.values()),
        "method": METHOD,
        "files": overwriter.files,
        "bytes_overwritten": overwriter.bytes,
        "checks": checks,
        "detail": detail,
        "seconds": round(seconds, 3),
    }
    canonical = json.dumps({**content, "wiped_at": moment.isoformat()}, sort_keys=True).encode()
    return WipeEvidence(**content, wiped_at=moment, evidence_hash=hashlib.sha256(canonical).hexdigest())  # type: ignore[arg-type]


def _store(path: Path, evidence: WipeEvidence) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    values = {name: getattr(evidence, name) for name in evidence.__dataclass_fields__}
    path.write_text(json.dumps(values, default=lambda value: value.isoformat(), sort_keys=True), encoding="utf-8")


def read_evidence(path: Path) -> WipeEvidence:
    """Return stored evidence of an earlier wipe.

    Raises:
        FileNotFoundError: this session was never wiped here.
    """
    values = json.loads(path.read_text("utf-8"))
    values["wiped_at"] = type(now()).fromisoformat(values["wiped_at"])
    return WipeEvidence(**values)
