"""A private Valkey (Redis protocol): password per start, loopback only, append-only file, gone with its starter."""

import contextlib
import secrets
import signal
import socket
import subprocess
from pathlib import Path

from services.infra.embedded import processes
from services.infra.embedded.binaries import valkey_binary
from services.infra.embedded.errors import start_error

READY_SECONDS = 30.0
STOP_SECONDS = 10.0


class ValkeyServer:
    """One server in `folder/valkey`; `start` may be called again after it ended and keeps port and password.

    Args:
        durable: False keeps everything in memory, for tests only.
    """

    name = "Valkey"

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        self._data = folder / "valkey"
        self._log = folder / "logs" / "valkey.log"
        self._durable = durable
        self._password = secrets.token_urlsafe(24)
        self.port = port or processes.free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Connection URL with the password of this start."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it answers with its data loaded.

        Raises:
            EmbeddedStartError: disk full, files not writable, no answer in time.
        """
        self._data.mkdir(parents=True, exist_ok=True)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self.process = processes.spawn([valkey_binary(), "-"], self._log, stdin=subprocess.PIPE)
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self.process.stdin as configuration:
            configuration.write(self._configuration().encode())
        if not processes.wait_until(self._answers, self.process, READY_SECONDS):
            self.stop()
            raise start_error(self.name, processes.tail(self._log), "it did not answer in time")

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self.process.poll() if self.process else -1

    def stop(self) -> None:
        """End it; the append-only file holds what was acknowledged."""
        if self.process:
            processes.stop(self.process, signal.SIGTERM, STOP_SECONDS)

    def _configuration(self) -> str:
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "dir": f'"{self._data}"',
            "requirepass": self._password,
            "save": '""',
            "appendonly": "yes" if self._durable else "no",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    def _answers(self) -> bool:
        """Speak the protocol by hand: the client library would double a launcher's memory."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (part := connection.recv(256)):
                answer += part
            return answer == b"+OK\r\n+PONG\r\n"
        return False
