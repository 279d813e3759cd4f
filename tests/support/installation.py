"""A whole installation started as a user starts it: `iama up` in a process of its own, on a data folder of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.infra.embedded.processes import free_port, is_alive

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 120.0
STOP_SECONDS = 30.0


@dataclass
class Installation:
    """A started `iama up`; `output` collects what it prints on either stream."""

    process: subprocess.Popen[bytes]
    data: Path
    port: int
    output: Path

    @property
    def url(self) -> str:
        """Where its pages answer."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def text(self) -> str:
        """Everything it printed so far."""
        return self.output.read_text()

    @property
    def sign_in(self) -> tuple[str, str]:
        """Address and password of the installation's own account."""
        address, password = (self.data / "first-sign-in.txt").read_text().split()
        return address, password

    def children(self) -> dict[int, str]:
        """Return id and command line of every process it started, directly or not."""
        found: dict[int, str] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.process.pid:
                with contextlib.suppress(OSError):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    environment = (entry / "environ").read_bytes()
                    if command and (str(self.data) in command or f"IAMA_DATA={self.data}\0".encode() in environment):
                        found[int(entry.name)] = command
        return found

    def wait_ready(self) -> None:
        """Wait for the ready line."""
        deadline = time.monotonic() + READY_SECONDS
        while "IAMA ready at" not in self.text:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"not ready (status {self.process.poll()}):\n{self.text}")
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def wait_childless(self, seconds: float = 20.0) -> dict[int, str]:
        """Return the children that are still there after at most `seconds`."""
        deadline = time.monotonic() + seconds
        while (left := {pid: words for pid, words in self.children().items() if is_alive(pid)}) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.1)
        return left


def start_installation(data: Path, *, port: int | None = None, **settings: str) -> Installation:
    """Start `iama up` without waiting; `settings` are environment variables."""
    chosen = port or free_port()
    foreign = ("DATABASE_URL", "REDIS_URL", "IAMA_ORIGINS")
    inherited = {name: value for name, value in os.environ.items() if name not in foreign}
    output = data.with_name(f"{data.name}.out")
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "iama_app.cli", "up"],
            cwd=ROOT,
            env=inherited | {"IAMA_DATA": str(data), "IAMA_PORT": str(chosen)} | settings,
            stdout=stream,
            stderr=stream,
        )
    return Installation(process, data, chosen, output)


@contextlib.contextmanager
def running_installation(data: Path, **settings: str) -> Iterator[Installation]:
    """Start, wait until ready, and make sure that nothing is left afterwards."""
    installation = start_installation(data, **settings)
    try:
        installation.wait_ready()
        yield installation
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            installation.stop()
        if installation.process.poll() is None:
            installation.process.kill()
            installation.process.wait()
