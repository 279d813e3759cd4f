"""RQ as transport: JSON only, ids only, results not kept."""

import os
from collections.abc import Iterable
from typing import Any, cast
from uuid import uuid4

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

REDIS_VARIABLE = "REDIS_URL"
TASK = "workers.tasks.run"
JOB_SECONDS = 4 * 3600
_MARK = "_"


def redis() -> Redis:
    """Return a connection to the transport."""
    return Redis.from_url(os.environ[REDIS_VARIABLE], socket_connect_timeout=5, health_check_interval=30)


def queue(name: str, connection: Redis) -> Queue:
    """Return one of the product's queues."""
    return Queue(name, connection=connection, serializer=JSONSerializer, default_timeout=JOB_SECONDS)


def waiting_steps(connection: Redis, names: Iterable[str]) -> set[str]:
    """Return the ids of work items that have an entry waiting in one of the queues."""
    entries: list[bytes] = []
    for name in names:
        entries += cast("list[bytes]", connection.lrange(f"rq:queue:{name}", 0, -1))
    return {entry.decode().partition(_MARK)[0] for entry in entries}


def _entry_name(payload: dict[str, Any]) -> str:
    """Name an entry after its work item, with a mark of its own: an item may be handed over more than once."""
    return f"{payload.get('step_id', '')}{_MARK}{uuid4().hex[:12]}"


def push(connection: Redis, entries: list[tuple[str, str, dict[str, Any]]]) -> None:
    """Hand (queue, task, payload) entries over in one round trip."""
    if not entries:
        return
    with connection.pipeline() as pipeline:
        for name, task, payload in entries:
            queue(name, connection).enqueue(
                TASK,
                task,
                payload,
                job_id=_entry_name(payload),
                pipeline=pipeline,
                result_ttl=0,
                failure_ttl=0,
                ttl=JOB_SECONDS,
            )
        pipeline.execute()
