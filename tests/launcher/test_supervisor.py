"""A dead child is started again, five times a minute; after that everything stops with a sentence."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iama_app.cli import supervisor as module
from iama_app.cli.launch_error import EXIT_FAILED, LaunchError
from iama_app.cli.supervisor import Program, Supervisor, stop_on_signals
from services.infra.embedded.processes import is_alive

FOREVER = "import time; print('up', flush=True); time.sleep(60)"
WITH_CHILD = (
    "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(p.pid, flush=True); time.sleep(60)"
)
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def _program(folder: Path, code: str, name: str = "child") -> Program:
    return Program(name, [sys.executable, "-c", code], dict(os.environ), folder, folder / f"{name}.log")


def _wait_for_output(program: Program) -> str:
    deadline = time.monotonic() + 10
    while not (program.log.exists() and program.log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return program.log.read_text()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervised(said: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(module, "STOP_SECONDS", 1.0)
    supervisor = Supervisor(said.append)
    yield supervisor
    supervisor.stop()


class TestCheck:
    def test_starts_a_killed_child_again(self, tmp_path: Path, supervised: Supervisor, said: list[str]) -> None:
        program = _program(tmp_path, FOREVER)
        supervised.start(program)
        assert program.process is not None
        first = program.process
        first.kill()
        first.wait()
        supervised.check()
        assert program.process.pid != first.pid and program.poll() is None
        assert said == ["child ended (killed by SIGKILL) and is started again"]

    def test_gives_up_after_five_restarts_a_minute(
        self, tmp_path: Path, supervised: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "RESTART_DELAYS_SECONDS", (0.0,) * 5)
        program = _program(tmp_path, "raise SystemExit(3)")
        supervised.start(program)
        with pytest.raises(LaunchError, match=r"child ended 6 times within a minute \(exit status 3\)") as caught:
            for _ in range(1000):
                supervised.check()
                time.sleep(0.01)
        assert caught.value.exit_status == EXIT_FAILED
        assert len(said) == 5

    def test_waits_longer_before_each_restart(self, tmp_path: Path, supervised: Supervisor) -> None:
        program = _program(tmp_path, "raise SystemExit(3)")
        supervised.start(program)
        started = time.monotonic()
        with pytest.raises(LaunchError):
            while True:
                supervised.check()
                time.sleep(0.01)
        assert time.monotonic() - started > sum(module.RESTART_DELAYS_SECONDS)

    def test_what_the_dead_child_left_is_killed_first(self, tmp_path: Path, supervised: Supervisor) -> None:
        program = _program(tmp_path, WITH_CHILD)
        supervised.start(program)
        grandchild = int(_wait_for_output(program))
        assert program.process is not None
        program.process.kill()
        program.process.wait()
        supervised.check()
        assert not _runs(grandchild)


class TestStop:
    def test_kills_what_does_not_listen(self, tmp_path: Path, supervised: Supervisor) -> None:
        program = _program(tmp_path, DEAF)
        supervised.start(program)
        _wait_for_output(program)
        supervised.stop()
        assert program.poll() == -signal.SIGKILL


class TestStopOnSignals:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_signal_becomes_a_flag_and_handlers_come_back(self, number: signal.Signals) -> None:
        before = signal.getsignal(number)
        with stop_on_signals() as request:
            assert not request
            signal.raise_signal(number)
            assert request and request.signal is number
        assert signal.getsignal(number) is before


def _runs(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return False
        except FileNotFoundError:
            return False
        time.sleep(0.02)
    return is_alive(pid)
