"""A work bench for workflow tests: workspaces and jobs put straight into the tables, and a look past all isolation.

It connects as the administrator, so what it sees is the truth, and what it writes may be a state that no verb allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from services.canon.tasks import ITEMS, ItemKind
from services.core.actor import Actor, Surface, system_actor, user_actor
from services.core.ids import new_id

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Workspace:
    """A person with a personal workspace and the local plan."""

    tenant_id: UUID
    user_id: UUID
    project_id: UUID

    @property
    def person(self) -> Actor:
        """Its owner, signed in."""
        return user_actor(self.user_id, self.tenant_id, Surface.WEB)

    @property
    def platform(self) -> Actor:
        """Platform work inside it."""
        return system_actor(self.tenant_id, "test")


class Bench:
    """Administrator's connection with the shortcuts that tests need; every statement commits at once."""

    def __init__(self, admin_url: str) -> None:
        self.connection = psycopg.connect(admin_url, autocommit=True, row_factory=dict_row)

    def rows(self, query: str, *values: Any) -> list[Row]:
        """Return every row of a query."""
        return self.connection.execute(query.encode(), values).fetchall()

    def row(self, query: str, *values: Any) -> Row:
        """Return the one row of a query."""
        found = self.rows(query, *values)
        assert len(found) == 1, f"{len(found)} rows: {query}"
        return found[0]

    def value(self, query: str, *values: Any) -> Any:
        """Return the one value of a query."""
        return next(iter(self.row(query, *values).values()))

    def run(self, query: str, *values: Any) -> int:
        """Execute a statement and return the number of rows it touched."""
        return self.connection.execute(query.encode(), values).rowcount

    def insert(self, table: str, **columns: Any) -> None:
        """Insert one row; dictionaries and lists of dictionaries become JSON."""
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(sql.Placeholder() for _ in columns),
        )
        self.connection.execute(statement, [Jsonb(v) if isinstance(v, dict) else v for v in columns.values()])

    def workspace(self) -> Workspace:
        """Make a person, a workspace, its plan and its default project."""
        made = Workspace(new_id(), new_id(), new_id())
        self.insert("users", id=made.user_id, email=f"{made.user_id.hex}@example.org")
        self.insert("tenants", id=made.tenant_id, kind="PERSONAL", user_id=made.user_id)
        self.run(
            "INSERT INTO subscription_tiers (tenant_id, user_id, tier, context_cap, operating_mode, status, source, "
            "billing_cycle_start, billing_cycle_end) "
            "VALUES (%s, %s, 'MAX', 200000, 'PROFESSIONAL', 'ACTIVE', 'LOCAL_PLAN', now(), now() + interval '30 days')",
            made.tenant_id,
            made.user_id,
        )
        self.insert(
            "projects", id=made.project_id, tenant_id=made.tenant_id, owner_id=made.user_id, name="P", is_default=True
        )
        return made

    def job(self, workspace: Workspace, status: str = "PENDING", **columns: Any) -> UUID:
        """Put a job into a state with the trigger off; returns its id."""
        job_id = new_id()
        base = {
            "source_kind": "GIT",
            "goal": "Clean up",
            "execution_mode": "REMOTE_SANDBOX",
            "test_network_mode": "MOCKED",
            "origin_surface": "API",
            "billing_subject": "USER",
            "delivery_policy": "DRAFT_PR",
            "repo_label": "a/b",
            "target_paths": ["."],
        }
        ids = {"id": job_id, "tenant_id": workspace.tenant_id, "project_id": workspace.project_id}
        with self.connection.transaction():
            self.run("SET LOCAL session_replication_role = replica")
            self.insert(
                "refactor_jobs", **{**ids, "owner_id": workspace.user_id, "status": status}, **{**base, **columns}
            )
        return job_id

    def put(self, job_id: UUID, **columns: Any) -> None:
        """Set columns of a job with the trigger off."""
        assignments = ", ".join(f"{name} = %s" for name in columns)
        values = [Jsonb(v) if isinstance(v, dict) else v for v in columns.values()]
        with self.connection.transaction():
            self.run("SET LOCAL session_replication_role = replica")
            self.run(f"UPDATE refactor_jobs SET {assignments} WHERE id = %s", *values, job_id)

    def item(self, workspace: Workspace, job_id: UUID, kind: ItemKind, **columns: Any) -> UUID:
        """Put a work item of the job's present state on its queue's table, without an outbox row."""
        step_id, spec = new_id(), ITEMS[kind]
        job = self.row("SELECT status, state_revision FROM refactor_jobs WHERE id = %s", job_id)
        base = {
            "step_key": f"{job['state_revision']}:{kind.value}:{step_id.hex[-6:]}",
            "kind": kind.value,
            "queue": spec.queue.value,
            "state": job["status"],
            "state_revision": job["state_revision"],
            "tries_allowed": spec.tries,
            "backoff_seconds": spec.backoff_seconds,
            "limit_seconds": spec.limit_seconds,
        }
        ids = {"id": step_id, "tenant_id": workspace.tenant_id, "job_id": job_id}
        self.insert("workflow_steps", **{**ids, **base, **columns})
        return step_id

    def expire(self, step_id: UUID) -> None:
        """Let the lease on an item run out."""
        self.run("UPDATE workflow_steps SET lease_expires_at = now() - interval '1 second' WHERE id = %s", step_id)

    def step(self, step_id: UUID) -> Row:
        """Return one work item."""
        return self.row("SELECT * FROM workflow_steps WHERE id = %s", step_id)

    def steps(self, job_id: UUID) -> list[Row]:
        """Return the work items of a job, oldest first."""
        return self.rows("SELECT * FROM workflow_steps WHERE job_id = %s ORDER BY created_at, id", job_id)

    def state(self, job_id: UUID) -> Row:
        """Return the job's row."""
        return self.row("SELECT * FROM refactor_jobs WHERE id = %s", job_id)

    def session(self, workspace: Workspace, job_id: UUID, **columns: Any) -> UUID:
        """Add a living, built sandbox session of a job."""
        session_id = new_id()
        base = {
            "sandbox_provider": "bubblewrap",
            "isolation_type": "BUBBLEWRAP",
            "level": "SHARED_KERNEL",
            "status": "RUNNING",
            "network_policy": "BUILD_ALLOWLIST",
            "built": True,
        }
        ids = {"id": session_id, "tenant_id": workspace.tenant_id, "job_id": job_id}
        self.insert("remote_execution_sessions", **{**ids, **base, **columns})
        return session_id

    def count(self, table: str, where: str = "true", values: Sequence[Any] = ()) -> int:
        """Count rows."""
        return int(self.value(f"SELECT count(*) FROM {table} WHERE {where}", *values))
