"""A migrated database that tests share which only need people of their own in it."""

from collections.abc import Iterator

import pytest

from services.infra.database import APP_URL_VARIABLE
from services.infra.migrate import DatabaseUrls
from services.infra.paths import DATA_VARIABLE
from tests.support.servers import RunningServers


@pytest.fixture(scope="session")
def database(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseUrls]:
    """Point this process at a database and a data folder that identity and API tests share."""
    with servers.database() as urls, pytest.MonkeyPatch.context() as patch:
        patch.setenv(APP_URL_VARIABLE, urls.app)
        patch.setenv(DATA_VARIABLE, str(tmp_path_factory.mktemp("data")))
        yield urls
