"""All processes of one sandbox: found, weighed, killed, and seen to be gone."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from services.sandbox.cgroup import Cgroup

PROC = Path("/proc")
KILL_SECONDS = 10.0


def _status_fields(pid: int) -> dict[str, str]:
    try:
        lines = (PROC / str(pid) / "status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _parent_and_start(pid: int) -> tuple[int, int] | None:
    """Return parent pid and start time (ticks), which together with the pid name a process for good."""
    try:
        text = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else (int(fields[1]), int(fields[19]))


def descendants(root: int) -> dict[int, int]:
    """Return pid → start time of a process and all below it; zombies are not counted."""
    table = {
        int(entry.name): found
        for entry in PROC.iterdir()
        if entry.name.isdigit() and (found := _parent_and_start(int(entry.name)))
    }
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    members: dict[int, int] = {}
    pending = [root]
    while pending:
        pid = pending.pop()
        if pid in table and pid not in members:
            members[pid] = table[pid][1]
            pending += children.get(pid, [])
    return members


@dataclass(slots=True)
class ProcessTree:
    """The processes below one started program, with its control group where there is one."""

    root: int
    cgroup: Cgroup | None

    def kill(self) -> bool:
        """Kill everything at once and wait until nothing is left; False when something survived."""
        members = descendants(self.root)
        for pid in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        emptied = self.cgroup.kill() if self.cgroup is not None else True
        return emptied and self._wait_gone(members)

    def _wait_gone(self, members: dict[int, int]) -> bool:
        deadline = time.monotonic() + KILL_SECONDS
        while any((found := _parent_and_start(pid)) and found[1] == start for pid, start in members.items()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def memory_bytes(self) -> int:
        """Weigh the tree without a control group: private memory of all, shared memory once."""
        private = shared = 0
        for pid in descendants(self.root):
            fields = _status_fields(pid)
            private += _kibibytes(fields.get("RssAnon"))
            shared = max(shared, _kibibytes(fields.get("RssShmem")))
        return private + shared


def holders(session_ref: str) -> set[int]:
    """Return processes that name a session on their command line or have its volume mounted; never ourselves."""
    needle = session_ref.encode()
    found = set()
    for entry in PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _names(entry, needle):
            found.add(int(entry.name))
    return found


def _names(process: Path, needle: bytes) -> bool:
    for name in ("cmdline", "mountinfo"):
        with contextlib.suppress(OSError):
            if needle in (process / name).read_bytes():
                return True
    return False


def kill_holders(session_ref: str) -> bool:
    """Kill what a dead supervisor may have left of a session; False when something survived."""
    deadline = time.monotonic() + KILL_SECONDS
    while remaining := holders(session_ref):
        for pid in remaining:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _kibibytes(value: str | None) -> int:
    return int(value.split()[0]) * 1024 if value else 0
