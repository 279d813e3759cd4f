"""Real processes, a database and a queue server of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.infra.embedded.valkey import ValkeyServer
from tests.support.servers import RunningServers
from tests.support.worker_processes import Installation


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A queue server that keeps nothing and may be stopped."""
    server = ValkeyServer(tmp_path_factory.mktemp("valkey"), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def installation(
    servers: RunningServers, valkey: ValkeyServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """All three worker processes, running."""
    folder: Path = tmp_path_factory.mktemp("workers")
    with servers.database() as urls:
        made = Installation(urls, valkey.url, folder)
        made.start("async", "pool", "scheduler")
        try:
            yield made
        finally:
            made.stop()
