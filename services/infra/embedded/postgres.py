"""A private PostgreSQL: made on first start, scram passwords, loopback only, gone with its starter."""

import contextlib
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

from services.infra.embedded import processes
from services.infra.embedded.accounts import server_account
from services.infra.embedded.binaries import POSTGRES_MAJOR, postgres_binary
from services.infra.embedded.errors import EmbeddedStartError, start_error

SUPERUSER = "postgres"
MAX_CONNECTIONS = 200
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
_FAST_AND_LOSSY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_ABOUT_MEMORY = {"shared_buffers": "64MB", "jit": "off", "max_wal_size": "256MB", "min_wal_size": "32MB"}


class PostgresServer:
    """One cluster in `folder/pg`; `start` may be called again after the server ended and keeps its port.

    Args:
        durable: False turns crash safety off, for tests only.
    """

    name = "PostgreSQL"

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        self._folder = folder
        self._cluster = folder / "pg"
        self._password_file = folder / "keys" / "postgres.password"
        self._log = folder / "logs" / "postgres.log"
        self._durable = durable
        self.port = port or processes.free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The superuser's URL: for migrations only, row-level security does not bind it."""
        password = self._password_file.read_text()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Make the cluster where there is none, start it, wait until it answers.

        Raises:
            EmbeddedStartError: other major version, disk full, files not writable, no answer in time.
        """
        for folder in (self._password_file.parent, self._log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if (self._cluster / "PG_VERSION").exists():
            self._require_same_major()
            self._wait_for_predecessor()
        else:
            self._initialise()
        self._launch()

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self.process.poll() if self.process else -1

    def stop(self) -> None:
        """Shut down fast: open transactions roll back, everything committed is on disk."""
        if self.process:
            processes.stop(self.process, signal.SIGINT, STOP_SECONDS)

    def _require_same_major(self) -> None:
        found = (self._cluster / "PG_VERSION").read_text().strip()
        if found != POSTGRES_MAJOR:
            raise EmbeddedStartError(
                f"The data folder {self._folder} was made with PostgreSQL {found}, this version brings "
                f"{POSTGRES_MAJOR}; restore a backup as docs/runbooks/data-folder.md describes."
            )

    def _wait_for_predecessor(self) -> None:
        """A server whose starter was killed needs a moment to write its last checkpoint."""
        deadline = time.monotonic() + STOP_SECONDS
        while (pid := self._running_pid()) is not None:
            if time.monotonic() > deadline:
                raise EmbeddedStartError(f"Another PostgreSQL (process {pid}) still uses {self._cluster}; stop it.")
            time.sleep(0.05)

    def _running_pid(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self._cluster / "postmaster.pid").read_text().splitlines()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes() if Path("/proc/self").exists() else b"postgres"
            if processes.is_alive(pid) and b"postgres" in command:
                return pid
        return None

    def _initialise(self) -> None:
        shutil.rmtree(self._cluster, ignore_errors=True)  # left by a first start that was cut short
        self._cluster.mkdir(mode=0o700)
        password_for_initdb = self._folder / "pg.password"
        _write_private(self._password_file, secrets.token_urlsafe(24))
        _write_private(password_for_initdb, self._password_file.read_text())
        account = server_account()
        account.hand_over(self._cluster, password_for_initdb)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", "--no-sync"]
        command = [*account.prefix, postgres_binary("initdb"), "-D", self._cluster, "-U", SUPERUSER, *options]
        try:
            made = subprocess.run(
                [*map(str, command), f"--pwfile={password_for_initdb}"], capture_output=True, text=True, cwd="/"
            )
        finally:
            password_for_initdb.unlink()
        if made.returncode:
            shutil.rmtree(self._cluster, ignore_errors=True)
            raise start_error(self.name, made.stdout + made.stderr, "initdb failed")

    def _launch(self) -> None:
        account = server_account()
        account.hand_over(self._cluster)
        self.process = processes.spawn(
            [*account.prefix, postgres_binary("postgres"), "-D", self._cluster, *self._options()],
            self._log,
            cwd="/",
            death_signal=signal.SIGINT,
        )
        if not processes.wait_until(self._answers, self.process, READY_SECONDS):
            self.stop()
            raise start_error(self.name, processes.tail(self._log), "it did not answer in time")

    def _options(self) -> list[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": str(MAX_CONNECTIONS),
            **_ABOUT_MEMORY,
            **({} if self._durable else _FAST_AND_LOSSY),
        }
        return [f"-c{name}={value}" for name, value in options.items()]

    def _answers(self) -> bool:
        command = [postgres_binary("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(list(map(str, command)), cwd="/", check=False).returncode == 0


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_text(text)
