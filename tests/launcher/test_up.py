"""`iama up` as a user meets it: ready line, sign-in, refusals in one sentence, restarts, clean ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from iama_app.cli.launch_error import LaunchError
from iama_app.cli.up import require_free_port
from services.infra.embedded.processes import free_port
from tests.support.installation import ROOT, Installation, running_installation, start_installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running_installation(tmp_path_factory.mktemp("up") / "data") as running:
        yield running


def _login(url: str, address: str, password: str) -> httpx.Response:
    return httpx.post(f"{url}/api/v1/auth/login", json={"email": address, "password": password}, timeout=20)


def _process(installation: Installation, *words: str) -> int:
    return next(pid for pid, line in sorted(installation.children().items()) if all(word in line for word in words))


class TestRequireFreePort:
    def test_taken_port_is_named(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(LaunchError, match=f"^Port {port} is taken"):
                require_free_port("127.0.0.1", port)

    def test_port_left_a_moment_ago_is_free(self) -> None:
        port = free_port()
        for _ in range(2):
            with socket.socket() as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind(("127.0.0.1", port))
                server.listen()
                with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
                    pass
            require_free_port("127.0.0.1", port)

    def test_foreign_address_is_refused(self) -> None:
        with pytest.raises(LaunchError, match="^Cannot listen on 192.0.2.1"):
            require_free_port("192.0.2.1", 3000)


@pytest.mark.slow
class TestUp:
    def test_announces_where_and_how_to_sign_in(self, installation: Installation) -> None:
        address, password = installation.sign_in
        assert f"IAMA ready at http://localhost:{installation.port}\n" in installation.text
        assert f"Sign in as {address} with the password {password}" in installation.text
        answer = _login(installation.url, address, password)
        assert answer.status_code == 200 and answer.json()["access_token"]

    def test_serves_pages_and_api_on_one_port(self, installation: Installation) -> None:
        page = httpx.get(f"{installation.url}/", timeout=20)
        assert page.status_code == 200 and "text/html" in page.headers["content-type"]
        assert httpx.get(f"{installation.url}/api/openapi.json", timeout=20).json()["openapi"].startswith("3.1")

    def test_listens_on_loopback_only(self, installation: Installation) -> None:
        listening = Path("/proc/net/tcp").read_text()
        assert f"0100007F:{installation.port:04X}" in listening
        assert f"00000000:{installation.port:04X}" not in listening

    def test_secrets_of_administrators_reach_no_child(self, installation: Installation) -> None:
        for pid, command in installation.children().items():
            if "iama_app" in command or "workers.main" in command:
                names = {item.split(b"=")[0] for item in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
                assert not names & {b"DATABASE_URL", b"IAMA_DATABASE_SECRET"}, command

    def test_second_start_on_the_folder_says_so_and_ends(self, installation: Installation) -> None:
        second = start_installation(installation.data, port=free_port())
        assert second.process.wait(30) == 2
        assert f"already runs on the data folder {installation.data}" in second.output.read_text()
        installation.output.write_text(f"IAMA ready at http://localhost:{installation.port}\n")
        assert httpx.get(f"{installation.url}/ping", timeout=20).status_code == 200

    def test_second_start_on_the_port_says_so_and_ends(self, installation: Installation, tmp_path: Path) -> None:
        second = start_installation(tmp_path / "data", port=installation.port)
        assert second.process.wait(30) == 2
        assert second.text == (
            f"iama: Port {installation.port} is taken by another program; set IAMA_PORT to a free one.\n"
        )

    @pytest.mark.parametrize("words", [("granian",), ("workers.main", "scheduler"), ("bin/postgres",)])
    def test_killed_process_comes_back(self, installation: Installation, words: tuple[str, ...]) -> None:
        before = _process(installation, *words)
        os.kill(before, signal.SIGKILL)
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            time.sleep(0.2)
            again = [pid for pid, line in installation.children().items() if all(word in line for word in words)]
            if again and before not in again and _answers(installation):
                return
        pytest.fail(installation.text)


def _answers(installation: Installation) -> bool:
    try:
        return _login(installation.url, "nobody@example.org", "wrong password").status_code == 401
    except httpx.HTTPError:
        return False


@pytest.mark.slow
class TestStop:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_signal_ends_everything_cleanly_and_data_stay(self, tmp_path: Path, number: signal.Signals) -> None:
        with running_installation(tmp_path / "data") as running:
            address, password = running.sign_in
            assert running.stop(number) == 0
            assert running.wait_childless(2) == {}
            assert running.text.endswith("iama: stopped\n")
        log = (tmp_path / "data" / "logs" / "postgres.log").read_text()
        assert "database system is shut down" in log
        started = time.monotonic()
        with running_installation(tmp_path / "data") as again:
            print(f"second start took {time.monotonic() - started:.1f} s at load {os.getloadavg()[0]:.1f}")
            assert _login(again.url, address, password).status_code == 200
            assert password not in again.text

    def test_kill_takes_every_process_with_it(self, tmp_path: Path) -> None:
        with running_installation(tmp_path / "data") as running:
            assert len(running.children()) >= 6
            running.process.kill()
            running.process.wait()
            assert running.wait_childless() == {}

    def test_signal_during_the_start_leaves_nothing(self, tmp_path: Path) -> None:
        starting = start_installation(tmp_path / "data")
        while "starting the database" not in starting.text:
            assert starting.process.poll() is None, starting.text
            time.sleep(0.01)
        assert starting.stop() == 0
        assert starting.wait_childless(2) == {}
        assert "IAMA ready" not in starting.text


class TestSettings:
    @pytest.mark.parametrize(
        ("variable", "value", "words"),
        [
            ("IAMA_PORT", "many", "IAMA_PORT: input should be a valid integer"),
            ("DATABASE_URL", "mysql://host/db", "DATABASE_URL: the address must look like postgresql://"),
            ("REDIS_URL", "host:6379", "REDIS_URL: the address must look like redis://"),
        ],
    )
    def test_unusable_setting_is_named_with_what_would_do(self, variable: str, value: str, words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "iama_app.cli", "up"],
            cwd=ROOT, env=os.environ | {variable: value}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 2 and done.stdout == ""
        assert words in done.stderr and "Traceback" not in done.stderr
