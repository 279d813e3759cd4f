"""The only way out of a building guest: an HTTP proxy on the job's unix socket that connects to package hosts alone.

CONNECT is for https, and the TLS server name must be the host that was asked for. Plain http is forwarded only to an
index the operator configured that way. Names that resolve to private or link-local addresses are refused.
"""

import asyncio
import contextlib
import ipaddress
import json
import os
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from services.sandbox.allowlist import Endpoint, normalise_host
from services.sandbox.port import LimitHit, NetAttempt
from services.sandbox.tls_hello import NotTlsError, record_length, server_name

HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 20.0
IDLE_SECONDS = 120.0
CHUNK = 65536
MAX_CONNECTIONS = 64
MAX_LOG_LINES = 5000

_CONNECT = re.compile(r"CONNECT ([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5}) HTTP/1\.[01]")
_PLAIN = re.compile(r"(GET|HEAD) (http://[^\s]+) HTTP/1\.[01]")
_HOP_HEADERS = ("proxy-", "connection:", "keep-alive:", "host:")

Report = Callable[[NetAttempt | LimitHit], None]


class RefusedError(Exception):
    """A request that is not allowed; the text goes into the log, never to the guest."""

    def __init__(self, reason: str, host: str = "", port: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.host, self.port = reason, host, port


@dataclass(slots=True)
class _Flow:
    """One connection: where it goes and what has passed."""

    host: str = ""
    port: int = 0
    address: str = ""
    sent: int = 0
    received: int = 0
    started: float = field(default_factory=time.monotonic)


INTERNAL_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        *("240.0.0.0/4", "::1/128", "::/128", "fc00::/7", "64:ff9b::/96", "2002::/16"),
    )
)
"""Networks a public package host cannot lie in; an index the operator configured may."""


def is_forbidden(address: str) -> bool:
    """Say whether an address is refused whatever is configured: link-local (metadata services), multicast, none."""
    parsed = _parse(address)
    return parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified


def is_internal(address: str) -> bool:
    """Say whether an address lies in a network of the site or the machine itself."""
    parsed = _parse(address)
    return any(parsed.version == network.version and parsed in network for network in INTERNAL_NETWORKS)


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read an address; one IPv4 address written as IPv6 counts as what it is."""
    parsed = ipaddress.ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class EgressProxy:
    """The proxy of one build phase.

    Args:
        allowed: endpoints that may be reached.
        log: file that gets one JSON line per connection.
        byte_limit: bytes in both directions over all connections; more cuts everything.
        report: called with each attempt, and with `LimitHit("network")` once.
    """

    def __init__(self, allowed: Iterable[Endpoint], log: Path, byte_limit: int, report: Report) -> None:
        self._allowed = {(item.host, item.port, item.scheme): item for item in allowed}
        self._log_path = log
        self._log: TextIO | None = None
        self._lines = 0
        self._left = byte_limit
        self._limited = False
        self._report = report
        self._open = 0

    @contextlib.asynccontextmanager
    async def listening(self, folder: Path) -> AsyncIterator[None]:
        """Serve on `proxy.sock` in a folder while the block runs."""
        listener = _bind(folder)
        handlers: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._serve(reader, writer))
            handlers.add(task)
            task.add_done_callback(handlers.discard)

        server = await asyncio.start_unix_server(accept, sock=listener, limit=HEAD_BYTES)
        self._log = self._log_path.open("a", encoding="utf-8")
        try:
            yield
        finally:
            server.close()
            for task in list(handlers):
                task.cancel()
            await asyncio.gather(*handlers, return_exceptions=True)
            self._log.close()
            (folder / "proxy.sock").unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        flow = _Flow()
        try:
            if self._open > MAX_CONNECTIONS:
                raise RefusedError("too many connections")
            await self._handle(reader, writer, flow)
            self._note("closed", flow, "")
        except RefusedError as refusal:
            flow.host, flow.port = refusal.host or flow.host, refusal.port or flow.port
            self._note("denied", flow, refusal.reason)
            self._report(NetAttempt(flow.host, flow.port, allowed=False))
            with contextlib.suppress(OSError):
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError) as problem:
            self._note("failed", flow, type(problem).__name__)
            with contextlib.suppress(OSError):
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        finally:
            self._open -= 1
            writer.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flow: _Flow) -> None:
        async with asyncio.timeout(HEAD_SECONDS):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request = head.partition("\r\n")[0]
        if match := _CONNECT.fullmatch(request):
            await self._tunnel(self._endpoint(match.group(1), int(match.group(2)), "https"), reader, writer, flow)
        elif match := _PLAIN.fullmatch(request):
            parts = urlsplit(match.group(2))
            if parts.username is not None or parts.password is not None:
                raise RefusedError("user information in the address", parts.hostname or "")
            endpoint = self._endpoint(parts.hostname or "", _port(parts.netloc), "http")
            target = parts._replace(scheme="", netloc="").geturl() or "/"
            await self._forward(
                endpoint, _origin_head(match.group(1), target, parts.netloc, head), reader, writer, flow
            )
        else:
            raise RefusedError("not a proxy request")

    def _endpoint(self, host: str, port: int, scheme: str) -> Endpoint:
        name = normalise_host(host.strip("[]"))
        endpoint = self._allowed.get((name, port, scheme))
        if endpoint is None:
            raise RefusedError("not on the allowlist", name, port)
        return endpoint

    async def _connect(self, endpoint: Endpoint, flow: _Flow) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Resolve once, check every address, connect to the checked address itself."""
        flow.host, flow.port = endpoint.host, endpoint.port
        async with asyncio.timeout(CONNECT_SECONDS):
            addresses = await _resolve(endpoint.host, endpoint.port)
            await self._check_addresses(endpoint, addresses)
            for address in addresses:
                with contextlib.suppress(OSError):
                    flow.address = address
                    return await asyncio.open_connection(address, endpoint.port)
        raise ConnectionError(endpoint.host)

    async def _check_addresses(self, endpoint: Endpoint, addresses: list[str]) -> None:
        """Refuse internal addresses, except of a configured index and of what lies on the same address as one."""
        for address in addresses:
            if is_forbidden(address):
                raise RefusedError(f"resolves to {address}", endpoint.host, endpoint.port)
        internal = {address for address in addresses if is_internal(address)}
        if internal and not endpoint.configured and not internal <= await self._configured_addresses():
            raise RefusedError(f"resolves to internal {min(internal)}", endpoint.host, endpoint.port)

    async def _configured_addresses(self) -> set[str]:
        known: set[str] = set()
        for item in self._allowed.values():
            if item.configured:
                with contextlib.suppress(OSError):
                    known.update(await _resolve(item.host, item.port))
        return known

    async def _tunnel(
        self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flow: _Flow
    ) -> None:
        upstream_reader, upstream = await self._connect(endpoint, flow)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            async with asyncio.timeout(HEAD_SECONDS):
                header = await reader.readexactly(5)
                try:
                    hello = await reader.readexactly(record_length(header))
                    named = normalise_host(server_name(hello))
                except NotTlsError as problem:
                    raise RefusedError(str(problem), endpoint.host, endpoint.port) from None
            if named != endpoint.host:
                raise RefusedError(f"server name {named!r} differs", endpoint.host, endpoint.port)
            self._report(NetAttempt(endpoint.host, endpoint.port, allowed=True))
            upstream.write(header + hello)
            await self._splice(reader, writer, upstream_reader, upstream, flow)
        finally:
            upstream.close()

    async def _forward(
        self, endpoint: Endpoint, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flow: _Flow
    ) -> None:
        upstream_reader, upstream = await self._connect(endpoint, flow)
        try:
            self._report(NetAttempt(endpoint.host, endpoint.port, allowed=True))
            upstream.write(head)
            await self._copy(upstream_reader, writer, flow, "received")
        finally:
            upstream.close()

    async def _splice(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstream_reader: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
        flow: _Flow,
    ) -> None:
        """Copy both ways until the server's side ends; a guest that stopped sending may still receive."""
        sending = asyncio.ensure_future(self._copy(reader, upstream, flow, "sent"))
        try:
            await self._copy(upstream_reader, writer, flow, "received")
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flow: _Flow, way: str) -> None:
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                data = await reader.read(CHUNK)
            self._left -= len(data)
            if self._left < 0:
                self._cut()
                raise RefusedError("byte limit reached", flow.host, flow.port)
            if not data:
                break
            setattr(flow, way, getattr(flow, way) + len(data))
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    def _cut(self) -> None:
        if not self._limited:
            self._limited = True
            self._report(LimitHit("network"))

    def _note(self, what: str, flow: _Flow, reason: str) -> None:
        if self._log is None or self._log.closed or self._lines >= MAX_LOG_LINES:
            return
        self._lines += 1
        entry = {
            "event": what,
            "host": flow.host,
            "port": flow.port,
            "address": flow.address,
            "sent": flow.sent,
            "received": flow.received,
            "seconds": round(time.monotonic() - flow.started, 3),
            "reason": reason,
        }
        self._log.write(json.dumps(entry) + "\n")
        self._log.flush()


def _bind(folder: Path) -> socket.socket:
    """Bind through the folder's descriptor, since a unix path may only be 107 bytes long."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    listener = socket.socket(socket.AF_UNIX)
    try:
        (folder / "proxy.sock").unlink(missing_ok=True)
        listener.bind(f"/proc/self/fd/{descriptor}/proxy.sock")
        (folder / "proxy.sock").chmod(0o666)
    finally:
        os.close(descriptor)
    return listener


def _port(netloc: str) -> int:
    try:
        return urlsplit(f"//{netloc}").port or 80
    except ValueError:
        raise RefusedError("malformed address") from None


def _origin_head(method: str, target: str, netloc: str, head: str) -> bytes:
    """Rewrite a proxy request for the server itself: one request per connection, host from the checked address."""
    kept = [line for line in head.split("\r\n")[1:] if line and not line.lower().startswith(_HOP_HEADERS)]
    lines = [f"{method} {target} HTTP/1.1", f"Host: {netloc}", "Connection: close", *kept, "", ""]
    return "\r\n".join(lines).encode("latin-1")
