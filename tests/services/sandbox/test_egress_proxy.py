"""The egress proxy over its real socket, against real listeners and hand-made client hellos."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from services.sandbox import egress_proxy
from services.sandbox.allowlist import Endpoint
from services.sandbox.egress_proxy import EgressProxy, is_forbidden, is_internal
from services.sandbox.port import LimitHit, NetAttempt
from services.sandbox.tls_hello import NotTlsError, record_length, server_name

Ask = Callable[..., Awaitable[bytes]]


def client_hello(host: str) -> bytes:
    """Return the first bytes a TLS client sends for a host."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=host)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    data = await reader.read(4096)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\nSERVED " + data[:60])
    writer.close()


@pytest.fixture
async def upstream() -> AsyncIterator[int]:
    """A listener on loopback that answers anything; its port."""
    async with await asyncio.start_server(_answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def reports() -> list[NetAttempt | LimitHit]:
    return []


@pytest.fixture
async def ask(tmp_path: Path, upstream: int, reports: list[NetAttempt | LimitHit]) -> AsyncIterator[Ask]:
    """Send a request and, after a 200, more bytes; returns everything that came back."""
    allowed = [
        Endpoint("localhost", upstream, "https", configured=True),
        Endpoint("localhost", upstream, "http", configured=True),
        Endpoint("127.0.0.1", upstream, "https", configured=False),
    ]
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    proxy = EgressProxy(allowed, tmp_path / "log.jsonl", 10_000, reports.append)

    async def send(request: bytes, then: bytes = b"") -> bytes:
        descriptor_path = folder / "proxy.sock"
        short = tmp_path / "s"
        if not short.exists():
            short.symlink_to(descriptor_path.parent)
        reader, writer = await asyncio.open_unix_connection(f"{short}/proxy.sock")
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        if then and answer.startswith(b"HTTP/1.1 200"):
            writer.write(then)
            answer = await asyncio.wait_for(reader.read(), 10)
        elif not then:
            answer += await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    async with proxy.listening(folder):
        yield send


def _log(tmp_path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]


class TestTunnel:
    async def test_carries_tls_for_the_host_that_was_asked_for(
        self, ask: Ask, upstream: int, reports: list[NetAttempt | LimitHit], tmp_path: Path
    ) -> None:
        answer = await ask(f"CONNECT LOCALHOST.:{upstream} HTTP/1.1\r\n\r\n".encode(), client_hello("localhost"))
        assert b"SERVED \x16\x03" in answer
        assert reports == [NetAttempt("localhost", upstream, allowed=True)]
        await asyncio.sleep(0.05)
        assert _log(tmp_path)[0]["event"] == "closed" and int(str(_log(tmp_path)[0]["received"])) > 0

    async def test_cuts_a_tunnel_for_another_server_name(
        self, ask: Ask, upstream: int, reports: list[NetAttempt | LimitHit], tmp_path: Path
    ) -> None:
        answer = await ask(f"CONNECT localhost:{upstream} HTTP/1.1\r\n\r\n".encode(), client_hello("elsewhere.invalid"))
        assert b"SERVED" not in answer
        assert reports == [NetAttempt("localhost", upstream, allowed=False)]
        assert "elsewhere.invalid" in str(_log(tmp_path)[0]["reason"])

    @pytest.mark.parametrize("content", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05aaaaa", b"SSH-2.0-x\r\n"])
    async def test_cuts_what_is_not_tls(self, ask: Ask, upstream: int, content: bytes) -> None:
        assert b"SERVED" not in await ask(f"CONNECT localhost:{upstream} HTTP/1.1\r\n\r\n".encode(), content)

    @pytest.mark.parametrize(
        "request_line",
        [
            "CONNECT localhost:1 HTTP/1.1",
            "CONNECT notlocalhost:{port} HTTP/1.1",
            "CONNECT x.localhost:{port} HTTP/1.1",
            "CONNECT localhost.evil.invalid:{port} HTTP/1.1",
            "CONNECT user@localhost:{port} HTTP/1.1",
            "CONNECT 169.254.169.254:80 HTTP/1.1",
            "CONNECT [::1]:{port} HTTP/1.1",
            "POST http://localhost:{port}/ HTTP/1.1",
            "GET http://user:word@localhost:{port}/ HTTP/1.1",
            "GET http://other.invalid:{port}/ HTTP/1.1",
            "GET / HTTP/1.1",
            "garbage",
        ],
    )
    async def test_refuses_everything_else(
        self, ask: Ask, upstream: int, reports: list[NetAttempt | LimitHit], request_line: str
    ) -> None:
        answer = await ask(request_line.format(port=upstream).encode() + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 403") and b"SERVED" not in answer
        assert len(reports) == 1 and isinstance(reports[0], NetAttempt) and not reports[0].allowed

    async def test_refuses_an_internal_address_of_a_host_nobody_configured(
        self, ask: Ask, upstream: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        async def elsewhere(host: str, port: int) -> list[str]:
            return ["10.0.0.7"] if host == "127.0.0.1" else ["203.0.113.7"]

        monkeypatch.setattr(egress_proxy, "_resolve", elsewhere)
        answer = await ask(f"CONNECT 127.0.0.1:{upstream} HTTP/1.1\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 403") and "10.0.0.7" in str(_log(tmp_path)[0]["reason"])

    async def test_refuses_link_local_addresses_even_of_a_configured_host(
        self, ask: Ask, upstream: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def metadata(host: str, port: int) -> list[str]:
            return ["::ffff:169.254.169.254"]

        monkeypatch.setattr(egress_proxy, "_resolve", metadata)
        answer = await ask(f"CONNECT localhost:{upstream} HTTP/1.1\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 403")

    async def test_refuses_endless_headers(self, ask: Ask) -> None:
        assert (await ask(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n")).startswith(b"HTTP/1.1 502")

    async def test_cuts_and_reports_once_past_the_byte_limit(
        self, ask: Ask, upstream: int, reports: list[NetAttempt | LimitHit]
    ) -> None:
        for _ in range(2):
            await ask(
                f"CONNECT localhost:{upstream} HTTP/1.1\r\n\r\n".encode(), client_hello("localhost") + b"x" * 20_000
            )
        assert reports.count(LimitHit("network")) == 1


class TestForward:
    async def test_forwards_plain_http_to_a_configured_index_only(self, ask: Ask, upstream: int) -> None:
        request = f"GET http://localhost:{upstream}/simple/x/ HTTP/1.1\r\n"
        answer = await ask(request.encode() + b"Host: other\r\nProxy-Authorization: z\r\n\r\n")
        assert b"SERVED GET /simple/x/ HTTP/1.1\r\nHost: localhost:" in answer
        assert b"Proxy-" not in answer


class TestAddresses:
    @pytest.mark.parametrize(
        "address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::ffff:169.254.169.254"]
    )
    def test_forbids_addresses_no_index_can_have(self, address: str) -> None:
        assert is_forbidden(address)

    @pytest.mark.parametrize(
        "address", ["10.1.2.3", "127.0.0.1", "192.168.0.1", "172.31.0.1", "100.64.0.1", "fd00::1", "::1"]
    )
    def test_knows_internal_networks(self, address: str) -> None:
        assert is_internal(address) and not is_forbidden(address)

    def test_lets_public_addresses_pass(self) -> None:
        assert not is_internal("151.101.0.223") and not is_forbidden("2a04:4e42::223")


class TestServerName:
    def test_reads_the_name(self) -> None:
        hello = client_hello("files.example.org")
        assert record_length(hello[:5]) == len(hello) - 5
        assert server_name(hello[5:]) == "files.example.org"

    def test_refuses_every_truncation(self) -> None:
        hello = client_hello("files.example.org")[5:]
        name_end = hello.index(b"files.example.org") + len("files.example.org")
        for length in range(name_end):
            try:
                assert server_name(hello[:length]) != "files.example.org"
            except NotTlsError:
                continue
