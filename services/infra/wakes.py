"""Wake-ups of other processes: sent after the commit they speak of, coalesced, and allowed to be lost.

`NOTIFY` inside a transaction takes a lock of the whole cluster until the commit is on disk, so that no two such commits
share a write. Here the committed work needs no notice of its own: the relay and the feed's readers look for themselves
every moment, and a wake-up only spares them the wait.
"""

import asyncio
import logging
from collections.abc import Iterable
from uuid import UUID
from weakref import WeakKeyDictionary

from services.infra.database import is_connection_lost, run_alone

logger = logging.getLogger(__name__)

OUTBOX_CHANNEL = "iama_outbox"
FEED_CHANNEL = "iama_feed"
PAUSE_SECONDS = 0.01
"""Least time between two sendings of one process; what is asked for meanwhile travels together."""

_SEND = """
SELECT count(pg_notify(channel, payload)), set_config('synchronous_commit', 'off', true)
FROM unnest($1::text[], $2::text[]) AS wakes(channel, payload)
"""

Wake = tuple[str, str]
OUTBOX: Wake = (OUTBOX_CHANNEL, "")


def feed_wake(tenant_id: UUID, job_id: UUID) -> Wake:
    """Name the readers of a job's feed."""
    return FEED_CHANNEL, f"{tenant_id} {job_id}"


class Sender:
    """Sends the wake-ups of one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Wake, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._not_before = 0.0

    def add(self, wakes: Iterable[Wake]) -> None:
        """Take wake-ups; the first goes out at once."""
        self._waiting |= dict.fromkeys(wakes)
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._send_all(), name="wakes")

    async def finish(self) -> None:
        """Wait until everything taken so far is out."""
        if self._task is not None:
            await self._task

    async def _send_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(max(0.0, self._not_before - loop.time()))
            wakes, self._waiting = self._waiting, {}
            try:
                await _send(wakes)
            except Exception as error:
                if not is_connection_lost(error):
                    logger.exception("%s wake-ups were not sent", len(wakes))
            self._not_before = loop.time() + PAUSE_SECONDS


async def _send(wakes: Iterable[Wake]) -> None:
    channels, payloads = zip(*wakes, strict=True)
    await run_alone(_SEND, channels, payloads)


_SENDERS: WeakKeyDictionary[asyncio.AbstractEventLoop, Sender] = WeakKeyDictionary()


def sender() -> Sender:
    """Return the sender of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _SENDERS:
        _SENDERS[loop] = Sender()
    return _SENDERS[loop]
