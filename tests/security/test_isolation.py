"""Row-level security: two tenants with a row in every tenant table, seen by each database role."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from services.infra.database_roles import APP_ROLE, APPEND_ONLY, OPERATOR_ROLE, OWNER_ROLE, WORKER_ROLE
from services.infra.migrate import DatabaseUrls
from services.tables import GLOBAL_TABLES, METADATA, tenant_tables
from services.tables.workflow import QUEUE_TABLES
from tests.support.bench import Bench
from tests.support.rows import insert, values_of

TABLES = tenant_tables()
Pair = tuple[UUID, UUID]
Connection = psycopg.Connection[Any]

pytestmark = pytest.mark.usefixtures("tenants")


@pytest.fixture(scope="module")
def tenants(bench: Bench) -> Pair:
    """Two tenants, each with one row in every tenant table (references left open on purpose)."""
    pair = bench.workspace().tenant_id, bench.workspace().tenant_id
    with psycopg.connect(bench.connection.info.dsn, password=bench.connection.info.password) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        for tenant_id in pair:
            for table in TABLES:
                if table not in ("projects", "subscription_tiers"):
                    insert(connection, table, values_of(table, tenant_id))
    return pair


def _login(url: str, tenant_id: UUID | None) -> Connection:
    connection = psycopg.connect(url)
    if tenant_id is not None:
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenant_id)])
        connection.commit()
    return connection


@pytest.fixture(scope="module")
def application(database: DatabaseUrls, tenants: Pair) -> Iterator[Connection]:
    """The application inside the first tenant."""
    with _login(database.app, tenants[0]) as connection:
        yield connection


@pytest.fixture(scope="module")
def worker(database: DatabaseUrls, tenants: Pair) -> Iterator[Connection]:
    """A worker process inside the first tenant."""
    with _login(database.worker, tenants[0]) as connection:
        yield connection


def _count(connection: Connection, table: str, tenant_id: UUID | None = None) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    values: list[Any] = []
    if tenant_id is not None:
        query, values = query + sql.SQL(" WHERE tenant_id = %s"), [tenant_id]
    with connection.transaction():
        row = connection.execute(query, values).fetchone()
    assert row is not None
    return int(row[0])


def _refuses_foreign_insert(connection: Connection, table: str, foreign: UUID) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
        connection.transaction(),
    ):
        insert(connection, table, values_of(table, foreign))


class TestApplicationRole:
    @pytest.mark.parametrize("table", TABLES)
    def test_sees_its_tenants_rows_only(self, application: Connection, tenants: Pair, table: str) -> None:
        own, foreign = tenants
        assert _count(application, table, own) == 1
        assert _count(application, table, foreign) == 0
        assert _count(application, table) == 1

    @pytest.mark.parametrize("table", TABLES)
    def test_inserts_no_row_for_another_tenant(self, application: Connection, tenants: Pair, table: str) -> None:
        _refuses_foreign_insert(application, table, tenants[1])

    @pytest.mark.parametrize("table", [t for t in TABLES if t not in APPEND_ONLY])
    def test_moves_no_row_into_another_tenant(self, application: Connection, tenants: Pair, table: str) -> None:
        query = sql.SQL("UPDATE {} SET tenant_id = %s").format(sql.Identifier(table))
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
            application.transaction(),
        ):
            application.execute(query, [tenants[1]])

    @pytest.mark.parametrize("table", [t for t in TABLES if t not in APPEND_ONLY])
    def test_touches_no_row_of_another_tenant(self, application: Connection, tenants: Pair, table: str) -> None:
        name = sql.Identifier(table)
        with application.transaction(force_rollback=True):
            changed = application.execute(
                sql.SQL("UPDATE {} SET tenant_id = tenant_id WHERE tenant_id = %s").format(name), [tenants[1]]
            )
            deleted = application.execute(sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(name), [tenants[1]])
        assert (changed.rowcount, deleted.rowcount) == (0, 0)

    @pytest.mark.parametrize("table", APPEND_ONLY)
    @pytest.mark.parametrize("verb", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}"])
    def test_changes_no_row_that_is_append_only(self, application: Connection, table: str, verb: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
            application.execute(sql.SQL(verb).format(sql.Identifier(table)))

    @pytest.mark.parametrize("table", TABLES)
    @pytest.mark.parametrize("setting", [None, ""])
    def test_sees_nothing_without_a_tenant(self, database: DatabaseUrls, table: str, setting: str | None) -> None:
        with _login(database.app, None) as connection:
            if setting is not None:
                connection.execute("SELECT set_config('app.tenant_id', %s, false)", [setting])
            assert _count(connection, table) == 0

    def test_changes_no_legal_pair(self, application: Connection) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
            application.execute("INSERT INTO legal_transitions VALUES ('FAILED', 'PENDING')")

    def test_turns_no_trigger_or_isolation_off(self, application: Connection) -> None:
        for statement in (
            "SET session_replication_role = replica",
            "ALTER TABLE refactor_jobs DISABLE TRIGGER guard_job_status",
            "ALTER TABLE refactor_jobs NO FORCE ROW LEVEL SECURITY",
            "SET ROLE iama_migrate",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
                application.execute(statement.encode())


class TestWorkerRole:
    @pytest.mark.parametrize("table", [t for t in TABLES if t not in QUEUE_TABLES])
    def test_sees_its_tenants_rows_only(self, worker: Connection, tenants: Pair, table: str) -> None:
        assert _count(worker, table) == _count(worker, table, tenants[0]) == 1

    @pytest.mark.parametrize("table", [t for t in TABLES if t not in QUEUE_TABLES])
    def test_inserts_no_row_for_another_tenant(self, worker: Connection, tenants: Pair, table: str) -> None:
        _refuses_foreign_insert(worker, table, tenants[1])

    @pytest.mark.parametrize("table", QUEUE_TABLES)
    def test_sees_the_queue_of_every_tenant(self, worker: Connection, tenants: Pair, table: str) -> None:
        assert {_count(worker, table, tenant_id) for tenant_id in tenants} == {1}

    @pytest.mark.parametrize("table", [t for t in TABLES if t not in QUEUE_TABLES])
    def test_sees_nothing_else_without_a_tenant(self, database: DatabaseUrls, table: str) -> None:
        with _login(database.worker, None) as connection:
            assert _count(connection, table) == 0


class TestOwnerRole:
    @pytest.mark.parametrize("table", TABLES)
    def test_is_held_by_isolation_too(self, bench: Bench, table: str) -> None:
        with bench.connection.transaction(force_rollback=True):
            bench.run(f"SET LOCAL ROLE {OWNER_ROLE}")
            assert bench.count(table) == 0

    def test_owns_every_table_and_cannot_sign_in(self, bench: Bench) -> None:
        owners = bench.rows("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert [row["tableowner"] for row in owners] == [OWNER_ROLE]
        assert not bench.value("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", OWNER_ROLE)


class TestCatalog:
    @pytest.mark.parametrize("table", TABLES)
    def test_forces_isolation(self, bench: Bench, table: str) -> None:
        row = bench.row("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", table)
        assert row == {"relrowsecurity": True, "relforcerowsecurity": True}

    def test_knows_every_table(self, bench: Bench) -> None:
        found = {row["tablename"] for row in bench.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        assert found - {"alembic_version"} == {*TABLES, *GLOBAL_TABLES}

    def test_has_no_tenant_column_outside_isolation(self) -> None:
        assert not {t for t in GLOBAL_TABLES if "tenant_id" in METADATA.tables[t].columns}
        assert all("tenant_id" in METADATA.tables[table].columns for table in TABLES)

    @pytest.mark.parametrize("role", [APP_ROLE, WORKER_ROLE])
    def test_gives_serving_roles_no_power(self, bench: Bench, role: str) -> None:
        row = bench.row(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s", role
        )
        assert not any(row.values())
        assert bench.count("pg_class", "relowner = %s::regrole", [role]) == 0
        assert bench.count("pg_proc", "proowner = %s::regrole", [role]) == 0
        assert bench.count("pg_auth_members", "member = %s::regrole", [role]) == 0

    def test_lets_the_operator_read_only(self, bench: Bench) -> None:
        rights = bench.rows(
            "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants WHERE grantee = %s", OPERATOR_ROLE
        )
        assert [row["privilege_type"] for row in rights] == ["SELECT"]

    def test_has_no_function_that_runs_as_its_owner(self, bench: Bench) -> None:
        assert bench.count("pg_proc", "prosecdef AND pronamespace = 'public'::regnamespace") == 0


def _references() -> list[tuple[str, str]]:
    return [
        (table, ",".join(key.column_keys))
        for table in TABLES
        for key in METADATA.tables[table].foreign_key_constraints
        if key.referred_table.name in TABLES
    ]


class TestReferences:
    @pytest.mark.parametrize(("table", "columns"), _references())
    def test_between_tenant_tables_carry_the_tenant(self, table: str, columns: str) -> None:
        assert "tenant_id" in columns.split(",")

    @pytest.mark.parametrize(
        ("table", "column", "parent"),
        [
            ("job_transitions", "job_id", "job"),
            ("workflow_steps", "job_id", "job"),
            ("test_runs", "job_id", "job"),
            ("refactor_jobs", "project_id", "project"),
        ],
    )
    def test_into_another_tenant_are_refused(
        self, bench: Bench, database: DatabaseUrls, table: str, column: str, parent: str
    ) -> None:
        mine, other = bench.workspace(), bench.workspace()
        foreign = {"job": bench.job(other), "project": other.project_id}[parent]
        values = values_of(table, mine.tenant_id)
        if table == "refactor_jobs":
            values |= {"owner_id": mine.user_id, "status": "PENDING", "state_revision": 0}
        with (
            _login(database.app, mine.tenant_id) as connection,
            pytest.raises(psycopg.errors.ForeignKeyViolation),
        ):
            insert(connection, table, {**values, column: foreign})
