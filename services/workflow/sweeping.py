"""Erases what killed processes left on this machine and no row will ever name; run at each start, beside the work."""

import asyncio

import psycopg

from services.artifacts import storage
from services.sandbox import service as sandbox

BLOB_GRACE_SECONDS = 86_400.0
"""A sealed file is written before its row; one that has none after a day will never get it."""

_NEEDED = (
    "SELECT sandbox_id FROM remote_execution_sessions WHERE status IN ('QUEUED', 'RUNNING') AND sandbox_id IS NOT NULL"
)
_KEPT = "SELECT storage_key FROM job_artifacts WHERE delete_evidence_hash IS NULL"
_BEGAN = "SELECT extract(epoch FROM min(created_at)) FROM tenants HAVING min(created_at) IS NOT NULL"


async def sweep(admin_url: str) -> tuple[int, int]:
    """Erase sandbox volumes and sealed files that nobody needs; return how many of each there were.

    Args:
        admin_url: the administrator's URL, since rows of every tenant count.
    Req: V1-SEC-08, V2-SEC-10.
    """
    return await sweep_sandboxes(admin_url), await sweep_blobs(admin_url)


async def sweep_sandboxes(admin_url: str) -> int:
    """Wipe volumes of this machine that no open session names, and return how many there were."""
    present = await asyncio.to_thread(sandbox.present_sessions)
    needed = await _column(admin_url, _NEEDED)
    return len(await sandbox.sweep_leftovers(needed, among=present))


async def sweep_blobs(admin_url: str) -> int:
    """Delete sealed files older than a day that no artifact names, and return how many there were.

    Files older than this database stay: they belong to one that was not restored yet, or to another.
    """
    present = await asyncio.to_thread(storage.list_older, BLOB_GRACE_SECONDS)
    began = [float(moment) for moment in await _column(admin_url, _BEGAN)]
    present = {key: made for key, made in present.items() if began and made > began[0]}
    kept = await _column(admin_url, _KEPT)
    gone = [key for key in present if key not in kept]
    for key in gone:
        await storage.delete(key)
    return len(gone)


async def _column(admin_url: str, query: str) -> set[str]:
    """Read after listing what is there: what is made meanwhile is in neither."""
    async with await psycopg.AsyncConnection.connect(admin_url) as connection:
        cursor = await connection.execute(query.encode())
        return {str(row[0]) for row in await cursor.fetchall()}
