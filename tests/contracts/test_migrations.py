"""Migrations run in-process, go down and up again, and leave exactly the schema that the rows describe."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from services.canon.lifecycle import legal_pairs
from services.infra.migrate import alembic_config, downgrade, migrate
from services.tables import METADATA
from tests.support.database import empty_database
from tests.support.servers import RunningServers

_CATALOGUE = """
SELECT 'table ' || tablename FROM pg_tables WHERE schemaname = 'public'
UNION ALL SELECT 'function ' || p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'policy ' || tablename || ' ' || policyname || ' ' || roles::text || ' ' || qual FROM pg_policies
UNION ALL SELECT 'isolation ' || relname FROM pg_class WHERE relforcerowsecurity
UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'grant ' || grantee || ' ' || privilege_type || ' ' || table_name
    FROM information_schema.role_table_grants WHERE table_schema = 'public' AND grantee LIKE 'iama%%'
UNION ALL SELECT 'pair ' || from_state || ' ' || to_state FROM legal_transitions
"""


@pytest.fixture(scope="module")
def scratch(servers: RunningServers) -> Iterator[str]:
    """A migrated database of its own."""
    with empty_database(servers.postgres.url, "migrations") as url:
        migrate(url, servers.secret)
        yield url


def _catalogue(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return sorted(str(row[0]) for row in connection.execute(_CATALOGUE.encode()).fetchall())


class TestUpgrade:
    def test_leaves_the_schema_that_the_rows_describe(self, scratch: str) -> None:
        engine = create_engine(make_url(scratch).set(drivername="postgresql+psycopg"))
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            differences = compare_metadata(context, METADATA)
        engine.dispose()
        assert differences == []

    def test_seeds_the_legal_pairs_of_the_canon(self, scratch: str) -> None:
        with psycopg.connect(scratch) as connection:
            rows = connection.execute("SELECT from_state, to_state FROM legal_transitions").fetchall()
        assert set(rows) == {(source.value, target.value) for source, target in legal_pairs()}

    def test_twice_changes_nothing(self, servers: RunningServers, scratch: str) -> None:
        before = _catalogue(scratch)
        migrate(scratch, servers.secret)
        assert _catalogue(scratch) == before

    def test_has_one_head_and_no_fork(self, scratch: str) -> None:
        script = ScriptDirectory.from_config(alembic_config(scratch))
        assert len(script.get_heads()) == len(script.get_bases()) == 1


class TestDowngrade:
    def test_to_the_base_leaves_nothing_and_an_upgrade_brings_all_of_it_back(
        self, servers: RunningServers, scratch: str
    ) -> None:
        before = _catalogue(scratch)
        downgrade(scratch, "base")
        with psycopg.connect(scratch) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            functions = connection.execute(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            ).fetchall()
        assert tables == [("alembic_version",)]
        assert functions == []
        migrate(scratch, servers.secret)
        assert _catalogue(scratch) == before

    def test_steps_one_by_one_through_every_revision(self, servers: RunningServers, scratch: str) -> None:
        script = ScriptDirectory.from_config(alembic_config(scratch))
        for revision in [step.revision for step in script.walk_revisions()][1:]:
            downgrade(scratch, revision)
        downgrade(scratch, "base")
        migrate(scratch, servers.secret)
        assert "table refactor_jobs" in _catalogue(scratch)
