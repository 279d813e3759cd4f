"""What the web process keeps of root."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iama_app.cli.powers import KEPT, fewer_powers

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root has powers to lose")
_NUMBERS = {"dac_override": 1, "dac_read_search": 2, "net_bind_service": 10}
_SHOW = "print(open('/proc/self/status').read())"


def _status(*arguments: str) -> dict[str, str]:
    done = subprocess.run([*fewer_powers(), *arguments], capture_output=True, text=True, check=True)
    return dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)


@AS_ROOT
class TestFewerPowers:
    def test_leave_files_and_ports_only(self) -> None:
        seen = _status(sys.executable, "-c", _SHOW)
        kept = sum(1 << _NUMBERS[name] for name in KEPT)
        assert {int(seen[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {kept}
        assert (seen["NoNewPrivs"], seen["Uid"].split()[0]) == ("1", "0")

    def test_are_not_regained_by_children(self) -> None:
        asked = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_SHOW!r}])"
        assert int(_status(sys.executable, "-c", asked)["CapEff"], 16) == sum(1 << _NUMBERS[name] for name in KEPT)

    def test_cannot_mount_but_can_read_what_belongs_to_others(self, tmp_path: Path) -> None:
        file = tmp_path / "theirs"
        file.write_text("x")
        file.chmod(0o600)
        os.chown(file, 12345, 12345)
        read = subprocess.run([*fewer_powers(), "cat", str(file)], capture_output=True, text=True, check=False)
        mount = subprocess.run([*fewer_powers(), "mount", "-t", "tmpfs", "none", str(tmp_path)], capture_output=True)
        assert (read.stdout, mount.returncode != 0) == ("x", True)


class TestOrdinaryUser:
    def test_has_nothing_to_lose(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fewer_powers.cache_clear()
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert fewer_powers() == ()
        fewer_powers.cache_clear()
