"""One asyncio process that serves short items in slots: the model layer is imported once and no child is forked."""

import asyncio
import contextlib
import logging
import os
import signal
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DequeueTimeout
from rq.job import Job
from rq.serializers import JSONSerializer

from services.canon.tasks import Queue as QueueName
from services.infra.wakes import sender
from services.workflow.model_layer import warm_up
from workers.queueing import queue, redis
from workers.registry import TASKS

logger = logging.getLogger(__name__)

QUEUES = (QueueName.WORKFLOW.value, QueueName.MODELS.value)
SLOTS = 8
POP_SECONDS = 1
"""Longest wait for an entry, and so the longest time that stopping an idle worker takes."""
PAUSE_SECONDS = 0.5


class AsyncWorker:
    """Pops jobs while a slot is free; a lost Redis is waited out."""

    def __init__(self, connection: Redis, slots: int = SLOTS) -> None:
        self._connection = connection
        self._free = asyncio.Semaphore(slots)
        self._running: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Take no more jobs."""
        self._stop.set()

    async def serve(self) -> None:
        """Serve until stopped; then give running items a moment and leave the rest to their leases."""
        queues = [queue(name, self._connection) for name in QUEUES]
        while not self._stop.is_set():
            await self._free.acquire()
            job = await self._pop(queues)
            if job is None:
                self._free.release()
                continue
            task = asyncio.create_task(self._run(job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if self._running:
            await asyncio.wait(self._running, timeout=3)

    async def _pop(self, queues: list[Queue]) -> Job | None:
        try:
            found = await asyncio.to_thread(
                Queue.dequeue_any, queues, POP_SECONDS, self._connection, serializer=JSONSerializer
            )
        except DequeueTimeout:
            return None
        except RedisError as error:
            logger.warning("queue not reachable: %s", type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)
            return None
        except Exception:
            logger.exception("a queue entry could not be read")
            return None
        return found[0] if found else None

    async def _run(self, job: Job) -> None:
        name, payload = _arguments(job)
        try:
            answer = await TASKS[name](payload)
            logger.info("%s %s: %s", name, payload, answer)
        except Exception:
            logger.exception("%s %s failed", name, payload)
        finally:
            self._free.release()
            with contextlib.suppress(RedisError):
                await asyncio.to_thread(self._connection.delete, job.key)


def _arguments(job: Job) -> tuple[str, dict[str, Any]]:
    name, payload = job.args
    return str(name), dict(payload)


async def main() -> None:
    """Serve the `workflow` and `models` queues until SIGTERM.

    The model layer is built before the first item: several waiting items would each build one of their own in parallel,
    and the built-in provider answers for the last one registered only. At the end the process leaves at once: taking
    the model library's objects down one by one lasts seconds and saves nothing.
    """
    worker = AsyncWorker(redis())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    await warm_up()
    await worker.serve()
    await sender().finish()
    logging.shutdown()
    os._exit(0)
