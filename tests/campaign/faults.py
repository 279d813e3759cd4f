"""What the campaign does to an installation from outside, by name."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis

from tests.campaign.installation import Installation

DOWN_SECONDS = 1.5
"""How long a server stays away before it is started again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One blow and whether everything is up again when it returns."""

    name: str
    blow: Callable[[Installation], None]

    def strike(self, installation: Installation) -> None:
        """Deal it, then let the launcher restart what it must, as on any later round."""
        installation.forget_restarts()
        self.blow(installation)
        installation.check()

    def __str__(self) -> str:
        return self.name


def _flush(installation: Installation) -> None:
    with redis.Redis.from_url(installation.addresses["REDIS_URL"]) as connection:
        connection.flushall()


def _lose_redis(installation: Installation) -> None:
    installation.stop_server("Valkey", signal.SIGKILL)
    time.sleep(DOWN_SECONDS)


def _crash_database(installation: Installation) -> None:
    """Stop PostgreSQL in its mode `immediate`: no checkpoint, recovery at the next start."""
    installation.stop_server("PostgreSQL", signal.SIGQUIT)
    time.sleep(DOWN_SECONDS)


def _kill(program: str) -> Callable[[Installation], None]:
    return lambda installation: installation.kill(program)


FLUSHED = Fault("Redis flushed", _flush)
REDIS_LOST = Fault("Redis killed and restarted", _lose_redis)
DATABASE_CRASHED = Fault("PostgreSQL restarted after an immediate stop", _crash_database)
FAULTS = (
    Fault("asyncio worker killed", _kill("worker-async")),
    FLUSHED,
    DATABASE_CRASHED,
    Fault("scheduler killed", _kill("scheduler")),
    REDIS_LOST,
    Fault("worker pool killed", _kill("worker-pool")),
)
