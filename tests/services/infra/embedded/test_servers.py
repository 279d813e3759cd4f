"""The embedded servers start private and unshared, keep their data, and never outlive their starter."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from services.infra.embedded import processes
from services.infra.embedded.errors import EmbeddedStartError, start_error
from services.infra.embedded.postgres import PostgresServer
from services.infra.embedded.servers import running_servers
from services.infra.embedded.valkey import ValkeyServer

STARTER = """
import sys, time
from pathlib import Path
from services.infra.embedded.servers import running_servers
with running_servers(Path(sys.argv[1])) as servers:
    print(*[server.process.pid for server in servers.embedded], flush=True)
    time.sleep(120)
"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path_factory.mktemp("postgres"), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    server = ValkeyServer(tmp_path)
    server.start()
    yield server
    server.stop()


def _write_marker(server: PostgresServer, name: str) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute(f"CREATE TABLE {name} (value int)")


class TestPostgres:
    def test_listens_on_loopback_only(self, postgres: PostgresServer) -> None:
        own_name = socket.gethostbyname(socket.gethostname())
        if own_name.startswith("127."):
            addresses = Path("/proc/net/tcp").read_text()
            assert f"0100007F:{postgres.port:04X}" in addresses
            assert f"00000000:{postgres.port:04X}" not in addresses
            return
        with pytest.raises(OSError):
            socket.create_connection((own_name, postgres.port), timeout=2)

    def test_refuses_a_wrong_password(self, postgres: PostgresServer) -> None:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{postgres.port}/postgres")

    def test_password_file_is_private(self, postgres: PostgresServer) -> None:
        files = list(postgres._password_file.parent.iterdir())
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600]

    def test_does_not_run_as_root(self, postgres: PostgresServer) -> None:
        with psycopg.connect(postgres.url) as connection:
            row = connection.execute("SELECT current_setting('is_superuser'), pg_backend_pid()").fetchone()
        assert row is not None and postgres.process is not None
        effective = Path(f"/proc/{postgres.process.pid}/status").read_text()
        capabilities = next(line for line in effective.splitlines() if line.startswith("CapEff"))
        assert int(capabilities.split()[1], 16) == 0

    def test_starts_again_with_port_and_data_after_a_kill(self, tmp_path: Path) -> None:
        server = PostgresServer(tmp_path)
        server.start()
        url = server.url
        _write_marker(server, "kept")
        assert server.process is not None
        server.process.kill()
        server.process.wait(20)
        server.stop()
        server.start()
        assert server.url == url
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        server.stop()

    def test_cluster_of_another_major_version_is_refused_untouched(self, tmp_path: Path) -> None:
        (tmp_path / "pg").mkdir()
        (tmp_path / "pg" / "PG_VERSION").write_text("16\n")
        with pytest.raises(EmbeddedStartError, match="PostgreSQL 16.*data-folder.md"):
            PostgresServer(tmp_path).start()
        assert [entry.name for entry in (tmp_path / "pg").iterdir()] == ["PG_VERSION"]

    def test_first_start_that_was_cut_short_is_made_good(self, tmp_path: Path) -> None:
        (tmp_path / "pg" / "base").mkdir(parents=True)
        server = PostgresServer(tmp_path, durable=False)
        server.start()
        server.stop()
        assert (tmp_path / "pg" / "PG_VERSION").exists()


class TestValkey:
    def test_refuses_strangers(self, valkey: ValkeyServer) -> None:
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=valkey.port).ping()

    def test_keeps_acknowledged_writes_over_a_restart(self, valkey: ValkeyServer) -> None:
        redis.Redis.from_url(valkey.url).set("kept", "yes")
        valkey.stop()
        valkey.start()
        assert redis.Redis.from_url(valkey.url).get("kept") == b"yes"


class TestRunningServers:
    def test_uses_given_servers_and_starts_none(self, tmp_path: Path) -> None:
        given = {"database_url": "postgresql://elsewhere/db", "redis_url": "redis://elsewhere"}
        with running_servers(tmp_path, **given) as servers:
            assert (servers.admin_url, servers.redis_url) == tuple(given.values())
            assert servers.embedded == () and servers.is_external
        assert list(tmp_path.iterdir()) == []

    def test_servers_end_when_their_starter_is_killed(self, tmp_path: Path) -> None:
        starter = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert starter.stdout is not None
        pids = [int(word) for word in starter.stdout.readline().split()]
        assert len(pids) == 2
        starter.kill()
        starter.wait()
        deadline = time.monotonic() + 15
        while any(_is_running(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [pid for pid in pids if _is_running(pid)]
        assert "database system is shut down" in (tmp_path / "logs" / "postgres.log").read_text()

    def test_failing_second_server_takes_the_first_one_down(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[PostgresServer] = []
        real_start = PostgresServer.start

        def note_start(server: PostgresServer) -> None:
            real_start(server)
            started.append(server)

        def refuse(_server: ValkeyServer) -> None:
            raise EmbeddedStartError("no")

        monkeypatch.setattr(PostgresServer, "start", note_start)
        monkeypatch.setattr(ValkeyServer, "start", refuse)
        with pytest.raises(EmbeddedStartError), running_servers(tmp_path, durable=False):
            pass
        assert started and started[0].poll() is not None


class TestStartError:
    @pytest.mark.parametrize("mark", ["could not write: No space left on device", "Disk quota exceeded"])
    def test_names_a_full_disk(self, mark: str) -> None:
        assert str(start_error("PostgreSQL", mark, "")).startswith("The disk is full")

    def test_quotes_the_line_that_says_why(self) -> None:
        log = "LOG: starting\nFATAL:  could not open file\nHINT: none\n"
        assert str(start_error("PostgreSQL", log, "")) == "PostgreSQL did not start: FATAL:  could not open file"


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting a small file system needs root and mount"
)
class TestSmallDisk:
    def test_full_disk_is_said_in_one_sentence_and_leaves_no_half_cluster(self, tmp_path: Path) -> None:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)], capture_output=True, text=True
        )
        if mounted.returncode:
            pytest.skip(f"this machine allows no mounts: {mounted.stderr.strip()}")
        try:
            with pytest.raises(EmbeddedStartError, match="^The disk is full"):
                PostgresServer(tmp_path).start()
            assert not (tmp_path / "pg").exists()
        finally:
            subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return processes.is_alive(pid) and state != "Z"
