"""Both servers of an installation: started here, or named by the operator's URLs."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from services.infra.embedded.postgres import PostgresServer
from services.infra.embedded.valkey import ValkeyServer

EmbeddedServer = PostgresServer | ValkeyServer
_Server = TypeVar("_Server", PostgresServer, ValkeyServer)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the database's administrator and the Redis-compatible server answer, and which of them are ours."""

    admin_url: str
    redis_url: str
    embedded: tuple[EmbeddedServer, ...]

    @property
    def is_external(self) -> bool:
        """Whether the operator runs the database."""
        return not any(isinstance(server, PostgresServer) for server in self.embedded)


@contextlib.contextmanager
def running_servers(
    folder: Path, *, database_url: str | None = None, redis_url: str | None = None, durable: bool = True
) -> Iterator[Servers]:
    """Start what no URL names, yield the addresses, stop what was started. Call from the main thread.

    Raises:
        EmbeddedStartError: a server could not be started; the other one is stopped again.
    """
    with contextlib.ExitStack() as started:
        embedded: list[EmbeddedServer] = []

        def start(server: _Server) -> _Server:
            server.start()
            started.callback(server.stop)
            embedded.append(server)
            return server

        admin = database_url or start(PostgresServer(folder, durable=durable)).url
        redis = redis_url or start(ValkeyServer(folder, durable=durable)).url
        yield Servers(admin, redis, tuple(embedded))
