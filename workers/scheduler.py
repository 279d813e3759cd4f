"""The elected process: outbox relay, lease reaper, due timers. It may be lost for an hour; things are then late."""

import asyncio
import contextlib
import json
import logging
import signal
import time
from typing import Any
from uuid import UUID

import asyncpg
from redis import Redis
from redis.exceptions import RedisError

from services.canon.clocks import REAPER_SECONDS, RELAY_IDLE_SECONDS, TIMER_POLL_SECONDS
from services.canon.failpoints import Failpoint
from services.infra.database import database_url
from services.infra.failpoints import reach
from services.infra.settings_clock import scaled
from services.infra.wakes import OUTBOX_CHANNEL
from workers import schedule_queries as sql
from workers.queueing import push, redis, waiting_steps

logger = logging.getLogger(__name__)

ELECTION_KEY = 8313003
ELECTION_SECONDS = 2.0
RECONNECT_SECONDS = 1.0
TIMER_REPEAT_SECONDS = 10.0
BATCH = 500


class Scheduler:
    """Holds the advisory lock and runs the three loops on one database connection each."""

    def __init__(self, transport: Redis) -> None:
        self._transport = transport
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        self._dispatched: dict[UUID, float] = {}

    def stop(self) -> None:
        """End every loop."""
        self._stop.set()
        self._wake.set()

    async def serve(self) -> None:
        """Serve until stopped, reconnecting after database restarts."""
        while not self._stop.is_set():
            try:
                await self._reign()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("database not reachable: %s", type(error).__name__)
            await self._sleep(RECONNECT_SECONDS)

    async def _reign(self) -> None:
        lock = await asyncpg.connect(database_url())
        try:
            while not await lock.fetchval("SELECT pg_try_advisory_lock($1)", ELECTION_KEY):
                if self._stop.is_set():
                    return
                await self._sleep(ELECTION_SECONDS)
            await lock.add_listener(OUTBOX_CHANNEL, self._notice)
            async with asyncio.TaskGroup() as group:
                for step, pause in (
                    (self._relay, RELAY_IDLE_SECONDS),
                    (self._reap, scaled(REAPER_SECONDS)),
                    (self._fire, TIMER_POLL_SECONDS),
                ):
                    group.create_task(self._loop(step, pause))
        except* (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as group_error:
            raise group_error.exceptions[0] from None
        finally:
            with contextlib.suppress(Exception):
                await lock.close(timeout=1)

    async def _loop(self, step: Any, pause: float) -> None:
        connection = await asyncpg.connect(database_url())
        try:
            while not self._stop.is_set():
                try:
                    busy = await step(connection)
                except RedisError as error:
                    logger.warning("queue not reachable: %s", type(error).__name__)
                    busy = False
                if not busy:
                    await self._sleep(pause, wake=self._wake if step == self._relay else None)
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    def _notice(self, *_: object) -> None:
        self._wake.set()

    async def _sleep(self, seconds: float, wake: asyncio.Event | None = None) -> None:
        event = wake or self._stop
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
        if wake and not self._stop.is_set():
            wake.clear()

    async def _relay(self, connection: asyncpg.Connection) -> bool:
        async with connection.transaction():
            rows = await connection.fetch(sql.TAKE_OUTBOX, BATCH)
            await reach(Failpoint.BEFORE_PUBLISH)
            await self._push([(row["queue"], row["task"], _payload(row["payload"])) for row in rows])
            await reach(Failpoint.AFTER_PUBLISH)
            await connection.execute(sql.MARK_STEPS, [row["id"] for row in rows])
            await connection.execute(sql.DROP_OUTBOX, [row["id"] for row in rows])
        return len(rows) == BATCH

    async def _reap(self, connection: asyncpg.Connection) -> bool:
        await connection.execute(sql.RELEASE_LOST_LEASES)
        unclaimed = await connection.fetch(sql.UNCLAIMED)
        if unclaimed:
            waiting = await asyncio.to_thread(waiting_steps, self._transport, {row["queue"] for row in unclaimed})
            await connection.execute(sql.REPUBLISH, [row["id"] for row in unclaimed if str(row["id"]) not in waiting])
        return False

    async def _fire(self, connection: asyncpg.Connection) -> bool:
        moment = time.monotonic()
        self._dispatched = {k: v for k, v in self._dispatched.items() if moment - v < TIMER_REPEAT_SECONDS}
        rows = await connection.fetch(sql.DUE_TIMERS, BATCH)
        due = [row for row in rows if row["id"] not in self._dispatched]
        await self._push(
            [
                ("workflow", "fire_timer", {"timer_id": str(row["id"]), "tenant_id": str(row["tenant_id"])})
                for row in due
            ]
        )
        self._dispatched |= {row["id"]: moment for row in due}
        return False

    async def _push(self, entries: list[tuple[str, str, dict[str, Any]]]) -> None:
        if entries:
            await asyncio.to_thread(push, self._transport, entries)


def _payload(value: object) -> dict[str, Any]:
    return dict(json.loads(value)) if isinstance(value, str) else {}


async def main() -> None:
    """Serve until SIGTERM; a second scheduler waits for the first one's lock."""
    scheduler = Scheduler(redis())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, scheduler.stop)
    await scheduler.serve()
