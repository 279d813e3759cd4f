"""Test modules get databases of their own, migrated, reached as the application role."""

import asyncio

import psycopg
import redis
from sqlalchemy import text

from services.infra.unit_of_work import global_session
from tests.support.servers import RunningServers


class TestRunningServers:
    def test_clones_do_not_see_each_other(self, servers: RunningServers) -> None:
        with servers.database() as one, servers.database() as other:
            with psycopg.connect(one.admin, autocommit=True) as connection:
                connection.execute("CREATE TABLE only_here (value int)")
            with psycopg.connect(other.admin) as connection:
                assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)

    def test_clone_is_gone_afterwards(self, servers: RunningServers) -> None:
        with servers.database() as urls:
            name = urls.admin.rsplit("/", 1)[1]
        with psycopg.connect(servers.postgres.url) as connection:
            assert connection.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name]).fetchone() == (0,)

    def test_redis_database_is_empty(self, servers: RunningServers) -> None:
        assert redis.Redis.from_url(servers.empty_redis_url()).dbsize() == 0


class TestAppEnv:
    def test_product_reaches_the_migrated_database_as_an_ordinary_role(self, app_env: dict[str, str]) -> None:
        async def ask() -> tuple[str, bool]:
            async with global_session() as session:
                row = (
                    await session.execute(
                        text("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
                    )
                ).one()
                return row[0], row[1]

        assert asyncio.run(ask()) == ("iama_app", False)
        assert app_env["REDIS_URL"].startswith("redis://")
