"""Keeps the installation's processes alive: starts them, restarts a dead one, takes all down together.

Everything is spawned from the main thread, since the kernel ends children when their spawning thread ends.
"""

import contextlib
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from iama_app.cli.launch_error import EXIT_FAILED, LaunchError
from services.infra.embedded import processes

RESTARTS_ALLOWED = 5
RESTART_WINDOW_SECONDS = 60.0
RESTART_DELAYS_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Wait before each restart of a window: what a program stands on may be coming back itself."""

STOP_SECONDS = 20.0
_POLL_SECONDS = 0.1


class Supervised(Protocol):
    """What can be started again after it ended; embedded servers and program processes both can."""

    name: str

    def start(self) -> None:
        """Start it."""

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""

    def stop(self) -> None:
        """End it and everything it left behind."""


@dataclass(slots=True)
class Program:
    """One child process of ours; its output goes to `log`."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it in a process group of its own."""
        self.process = processes.spawn(self.argv, self.log, env=self.env, cwd=self.cwd)

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self.process.poll() if self.process else -1

    def signal_stop(self) -> None:
        """Ask it to end without waiting."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End it, politely first, and kill what is left of its group."""
        if self.process:
            processes.stop(self.process, signal.SIGTERM, STOP_SECONDS)


class StopRequest:
    """Becomes true on SIGINT or SIGTERM; a second signal changes nothing."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def __bool__(self) -> bool:
        return self.signal is not None

    def raise_if_set(self) -> None:
        """End the start-up early."""
        if self:
            raise StartInterrupted

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Note the signal; the loops look at it."""
        self.signal = self.signal or signal.Signals(number)


class StartInterrupted(Exception):
    """A stop was asked for before everything had started."""


@contextlib.contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn SIGINT, SIGTERM and SIGHUP into a flag while the block runs."""
    request = StopRequest()
    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, request) for number in caught}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Supervisor:
    """Watches what it was given until a stop is asked for.

    Args:
        say: receives one sentence per restart.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._watched: list[Supervised] = []
        self._restarts: dict[str, deque[float]] = {}
        self._due: dict[str, float] = {}

    def watch(self, item: Supervised) -> None:
        """Take over something that already runs."""
        self._watched.append(item)

    def start(self, item: Supervised) -> None:
        """Start and watch."""
        self._watched.append(item)
        item.start()

    def check(self) -> None:
        """Restart what ended.

        Raises:
            LaunchError: one of them ended more than five times within a minute.
        """
        for item in self._watched:
            status = item.poll()
            if status is not None and item.name not in self._due:
                self._plan_restart(item, status)
            if item.name in self._due and time.monotonic() >= self._due[item.name]:
                del self._due[item.name]
                item.start()

    def run(self, stop: StopRequest) -> None:
        """Watch until a stop is asked for; raises as `check` does."""
        while not stop:
            self.check()
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End everything: programs first and together, then the servers they stand on, last started first."""
        for item in self._watched:
            if isinstance(item, Program):
                item.signal_stop()
        for item in reversed(self._watched):
            item.stop()

    def _plan_restart(self, item: Supervised, status: int) -> None:
        times = self._restarts.setdefault(item.name, deque())
        times.append(time.monotonic())
        while times[0] < times[-1] - RESTART_WINDOW_SECONDS:
            times.popleft()
        if len(times) > RESTARTS_ALLOWED:
            raise LaunchError(
                f"{item.name} ended {len(times)} times within a minute ({_why(status)}); see the logs folder.",
                EXIT_FAILED,
            )
        self._say(f"{item.name} ended ({_why(status)}) and is started again")
        item.stop()
        self._due[item.name] = time.monotonic() + RESTART_DELAYS_SECONDS[len(times) - 1]


def _why(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
