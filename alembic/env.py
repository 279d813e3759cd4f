"""Runs migrations in-process, as the owning role, under an advisory lock."""

from alembic import context
from sqlalchemy import create_engine, text

from services.infra.database_roles import OWNER_ROLE
from services.tables import METADATA

_LOCK = 8313002


def run() -> None:
    """Apply the requested steps in one transaction each."""
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.execute(text(f"SET ROLE {OWNER_ROLE}"))
        connection.commit()
        context.configure(connection=connection, target_metadata=METADATA, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("RESET ROLE"))
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
        connection.commit()
    engine.dispose()


run()
