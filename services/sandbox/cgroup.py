"""Supervisor-owned control groups: limits, counters and a kill that can be shown to be complete (v1 and v2).

The group is ours and not the sandbox program's, so that one code path serves every provider and leftovers of a dead
supervisor can be found again. Where no group can be made, `open_cgroup` says so and rlimits remain.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.sandbox.port import Limits

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "pids", "cpu", "freezer")
PIDS_BACKSTOP = 4096
"""Loose on purpose: a tight pids group kills gVisor's kernel itself; guests are held by RLIMIT_NPROC."""

PERIOD_MICROSECONDS = 100_000
KILL_SECONDS = 10.0


@dataclass(slots=True)
class Cgroup:
    """One group per phase; `folders` maps controller to its folder (v2: one entry `unified`)."""

    folders: Mapping[str, Path]
    enforced: frozenset[str] = field(default_factory=frozenset)

    @property
    def procs_files(self) -> list[str]:
        """Return the files a process writes its pid to in order to enter."""
        return [str(folder / "cgroup.procs") for folder in self.folders.values()]

    def pids(self) -> set[int]:
        """Return the processes inside, in any controller."""
        found: set[int] = set()
        for path in self.procs_files:
            with contextlib.suppress(OSError):
                found.update(int(line) for line in Path(path).read_text("ascii").split())
        return found

    def kill(self, within_seconds: float = KILL_SECONDS) -> bool:
        """Kill everything inside and wait until the group is empty; False when something survived."""
        self._write_all("cgroup.kill", "1")
        self._freeze(True)
        deadline = time.monotonic() + within_seconds
        while remaining := self.pids():
            for pid in remaining:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._freeze(False)
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        self._freeze(False)
        return True

    def oom_kills(self) -> int:
        """Return how many times the memory limit killed something inside."""
        return max(_counter(folder / name, "oom_kill") for folder in self.folders.values() for name in _OOM_FILES)

    def counters(self) -> dict[str, int]:
        """Return what the kernel counted: out-of-memory kills, refused forks, throttled periods, peak memory bytes."""
        folders = list(self.folders.values())
        return {
            "oom_kills": self.oom_kills(),
            "refused_forks": max(_counter(folder / "pids.events", "max") for folder in folders),
            "throttled_periods": max(_counter(folder / "cpu.stat", "nr_throttled") for folder in folders),
            "peak_memory_bytes": max(_number(folder / name) for folder in folders for name in _PEAK_FILES),
        }

    def remove(self) -> bool:
        """Remove the empty group; False while the kernel still holds it."""
        for _ in range(50):
            for folder in self.folders.values():
                with contextlib.suppress(OSError):
                    folder.rmdir()
            if not any(folder.exists() for folder in self.folders.values()):
                return True
            time.sleep(0.01)
        return False

    def record(self) -> dict[str, str]:
        """Return the folders as plain data, for the session's record."""
        return {controller: str(folder) for controller, folder in self.folders.items()}

    def _freeze(self, frozen: bool) -> None:
        self._write_all("freezer.state", "FROZEN" if frozen else "THAWED")

    def _write_all(self, name: str, value: str) -> None:
        for folder in self.folders.values():
            if (folder / name).exists():
                with contextlib.suppress(OSError):
                    (folder / name).write_text(value, "ascii")


_OOM_FILES = ("memory.oom_control", "memory.events")
_PEAK_FILES = ("memory.max_usage_in_bytes", "memory.peak")


def _counter(path: Path, key: str) -> int:
    try:
        lines = path.read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.split()[:1] == [key]), 0)


def _number(path: Path) -> int:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return 0


def _own_paths(process: Path) -> dict[str, str]:
    """Read `/proc/self/cgroup`: controller → path, the unified hierarchy under the empty name."""
    paths: dict[str, str] = {}
    for line in process.read_text("ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))
    return paths


def _v1_parents(root: Path, own: Mapping[str, str]) -> dict[str, Path]:
    mounted = {name: root / name for name in CONTROLLERS if (root / name / "tasks").exists()}
    parents: dict[str, Path] = {}
    for name, mount in mounted.items():
        inside = mount / own.get(name, "/").lstrip("/")
        parents[name] = inside if inside.is_dir() else mount
    return parents


def _v2_parent(root: Path, own: Mapping[str, str]) -> Path | None:
    """Find the nearest ancestor that hands memory and pids to its children; our own group holds us and may not."""
    if not (root / "cgroup.controllers").exists():
        return None
    folder = root / own.get("", "/").lstrip("/")
    while folder == root or root in folder.parents:
        subtree = folder / "cgroup.subtree_control"
        if subtree.exists() and {"memory", "pids"} <= set(subtree.read_text("ascii").split()):
            return folder
        if folder == root:
            return None
        folder = folder.parent
    return None


def _v1_settings(limits: Limits) -> list[tuple[str, str, str]]:
    return [
        ("memory", "memory.limit_in_bytes", str(limits.memory_bytes)),
        ("memory", "memory.memsw.limit_in_bytes", str(limits.memory_bytes)),
        ("pids", "pids.max", str(PIDS_BACKSTOP)),
        ("cpu", "cpu.cfs_period_us", str(PERIOD_MICROSECONDS)),
        ("cpu", "cpu.cfs_quota_us", str(int(limits.cpus * PERIOD_MICROSECONDS))),
    ]


def _v2_settings(limits: Limits) -> list[tuple[str, str, str]]:
    return [
        ("unified", "memory.max", str(limits.memory_bytes)),
        ("unified", "memory.swap.max", "0"),
        ("unified", "memory.oom.group", "1"),
        ("unified", "pids.max", str(PIDS_BACKSTOP)),
        ("unified", "cpu.max", f"{int(limits.cpus * PERIOD_MICROSECONDS)} {PERIOD_MICROSECONDS}"),
    ]


_MEANING = {
    "memory.limit_in_bytes": "memory",
    "memory.max": "memory",
    "pids.max": "pids",
    "cpu.cfs_quota_us": "cpu",
    "cpu.max": "cpu",
}


def _make(parents: Mapping[str, Path], name: str, settings: list[tuple[str, str, str]]) -> Cgroup | None:
    group = Cgroup({controller: parent / name for controller, parent in parents.items()})
    enforced: set[str] = set()
    try:
        for folder in group.folders.values():
            folder.mkdir(exist_ok=True)
    except OSError:
        group.remove()
        return None
    for controller, file, value in settings:
        target = group.folders.get(controller)
        if target is not None and (target / file).exists():
            with contextlib.suppress(OSError):
                (target / file).write_text(value, "ascii")
                enforced.add(_MEANING.get(file, ""))
    group.enforced = frozenset(enforced - {""})
    return group


def open_cgroup(
    name: str, limits: Limits, *, root: Path = ROOT, process: Path = Path("/proc/self/cgroup")
) -> Cgroup | None:
    """Make a group below our own with the limits set, or return None where this process may not."""
    own = _own_paths(process)
    makers: list[Callable[[], Cgroup | None]] = []
    if (parent := _v2_parent(root, own)) is not None:
        makers.append(lambda: _make({"unified": parent}, name, _v2_settings(limits)))
    if parents := _v1_parents(root, own):
        makers.append(lambda: _make(parents, name, _v1_settings(limits)))
    return next((group for make in makers if (group := make()) is not None), None)


def reopen_cgroup(record: Mapping[str, str]) -> Cgroup:
    """Return a group that another process made, from the session's record."""
    return Cgroup({controller: Path(folder) for controller, folder in record.items()})
