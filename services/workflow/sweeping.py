"""Erases sandbox volumes that no open job will come back to; run once at start by the launcher."""

import psycopg

from services.sandbox import service as sandbox

_NEEDED = "SELECT sandbox_id FROM remote_execution_sessions WHERE status = 'RUNNING' AND sandbox_id IS NOT NULL"


async def sweep_sandboxes(admin_url: str) -> int:
    """Wipe leftovers of this machine and return how many there were.

    Args:
        admin_url: the administrator's URL, since sessions of every tenant count as needed.
    """
    with psycopg.connect(admin_url) as connection:
        needed = [str(row[0]) for row in connection.execute(_NEEDED).fetchall()]
    return len(await sandbox.sweep_leftovers(needed))
