"""Control groups: real ones where this process may make them, a folder tree in their place for the other version."""

import subprocess
import uuid
from pathlib import Path

import pytest

from services.sandbox.cgroup import open_cgroup, reopen_cgroup
from services.sandbox.port import MEBIBYTE, Limits


class TestReal:
    def test_limits_and_kills_everything_inside(self) -> None:
        group = open_cgroup(f"iama-test-{uuid.uuid4().hex[:8]}", Limits(memory_bytes=64 * MEBIBYTE))
        if group is None:
            pytest.skip("this process may not make control groups")
        enter = "; ".join(f"echo $$ > {path}" for path in group.procs_files)
        child = subprocess.Popen(["sh", "-c", f"{enter}; (sleep 60 & sleep 60 & wait)"])
        try:
            while len(group.pids()) < 3:
                assert child.poll() is None
            assert reopen_cgroup(group.record()).pids() == group.pids()
            assert group.kill() and not group.pids()
        finally:
            child.wait(timeout=5)
            assert group.remove()
        assert "memory" in group.enforced


@pytest.fixture
def unified(tmp_path: Path) -> Path:
    """A tree that looks like cgroup v2 with delegation at `/svc`."""
    own = tmp_path / "svc/worker"
    own.mkdir(parents=True)
    for folder, text in ((tmp_path, "cpu memory pids"), (tmp_path / "svc", "memory pids"), (own, "")):
        (folder / "cgroup.controllers").write_text("cpu memory pids")
        (folder / "cgroup.subtree_control").write_text(text)
    (tmp_path / "self").write_text("0::/svc/worker\n")
    return tmp_path


class TestUnified:
    def test_makes_the_group_below_the_nearest_delegating_parent(self, unified: Path) -> None:
        group = open_cgroup("iama-x", Limits(), root=unified, process=unified / "self")
        assert group is not None
        assert group.record() == {"unified": str(unified / "svc/iama-x")}

    def test_returns_none_where_nothing_is_delegated(self, unified: Path) -> None:
        for folder in (unified, unified / "svc"):
            (folder / "cgroup.subtree_control").write_text("")
        assert open_cgroup("iama-x", Limits(), root=unified, process=unified / "self") is None

    def test_reads_the_counters(self, unified: Path) -> None:
        group = open_cgroup("iama-x", Limits(), root=unified, process=unified / "self")
        assert group is not None
        folder = group.folders["unified"]
        (folder / "memory.events").write_text("low 0\noom 1\noom_kill 2\n")
        (folder / "cpu.stat").write_text("usage_usec 5\nnr_throttled 7\n")
        (folder / "memory.peak").write_text("4096\n")
        expected = {"oom_kills": 2, "refused_forks": 0, "throttled_periods": 7, "peak_memory_bytes": 4096}
        assert group.counters() == expected
