"""Forking RQ workers for sandbox and Git work: a crash or kill of a child touches no other item."""

import asyncio
import ctypes
import gc
import logging
import os
import signal
import sys
from typing import Any

from rq import Worker
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool

from services.canon.tasks import Queue as QueueName
from services.infra.database import engine, is_connection_lost
from services.workflow.runner import rehearse
from workers.queueing import queue, redis

logger = logging.getLogger(__name__)

QUEUES = (QueueName.GITHUB.value, QueueName.SANDBOX.value)
WORKERS_VARIABLE = "IAMA_POOL_WORKERS"
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class PoolWorker(Worker):
    """A worker that notices within seconds that work waits; it never outlives the pool, nor its child it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "worker_ttl": 30, "job_monitoring_interval": 5})

    def work(self, *arguments: Any, **options: Any) -> bool:
        """Serve until told to stop or until the pool is gone; RQ's own scheduler has nothing to do here."""
        die_with_parent()
        return super().work(*arguments, **{**options, "with_scheduler": False})

    def setup_work_horse_signals(self) -> None:
        """Tie the forked child to this worker."""
        super().setup_work_horse_signals()
        die_with_parent()


async def _rehearse() -> None:
    try:
        await rehearse()
    except Exception as error:
        if not is_connection_lost(error):
            raise
        logger.warning("the database does not answer yet: the first items take a little longer")
    finally:
        await engine().dispose()


def main() -> None:
    """Serve the `github` and `sandbox` queues until SIGTERM; what each item needs is made ready before forking."""
    import workers.registry
    import workers.tasks  # noqa: F401  (loaded once before forking)

    asyncio.run(_rehearse())
    gc.freeze()
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    connection = redis()
    pool = WorkerPool(
        [queue(name, connection) for name in QUEUES],
        connection=connection,
        num_workers=int(os.environ.get(WORKERS_VARIABLE, "2")),
        worker_class=PoolWorker,
        serializer=JSONSerializer,
    )
    pool.start()
