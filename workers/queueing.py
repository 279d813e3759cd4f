"""RQ as transport: JSON only, ids only, results not kept."""

import os
from typing import Any

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

REDIS_VARIABLE = "REDIS_URL"
TASK = "workers.tasks.run"
JOB_SECONDS = 4 * 3600


def redis() -> Redis:
    """Return a connection to the transport."""
    return Redis.from_url(os.environ[REDIS_VARIABLE], socket_connect_timeout=5, health_check_interval=30)


def queue(name: str, connection: Redis) -> Queue:
    """Return one of the product's queues."""
    return Queue(name, connection=connection, serializer=JSONSerializer, default_timeout=JOB_SECONDS)


def push(connection: Redis, entries: list[tuple[str, str, dict[str, Any]]]) -> None:
    """Hand (queue, task, payload) entries over in one round trip."""
    if not entries:
        return
    with connection.pipeline() as pipeline:
        for name, task, payload in entries:
            queue(name, connection).enqueue(
                TASK, task, payload, pipeline=pipeline, result_ttl=0, failure_ttl=0, ttl=JOB_SECONDS
            )
        pipeline.execute()
