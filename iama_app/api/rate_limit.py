"""Request limits: one bucket per person, per address for public routes, a stricter one for sign-in.

Buckets live in Redis so that all web processes share them; when it does not answer, each process counts by itself
for a few seconds before it asks again. The algorithm is GCRA: one number per bucket, no windows to burst across.
Req: API reference 9.4.
"""

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request

from services.canon.errors import IamaError


@dataclass(frozen=True, slots=True)
class Bucket:
    """`per_minute` requests on average, at most `burst` at once."""

    name: str
    per_minute: int
    burst: int


PERSON = Bucket("person", 12_000, 1_000)
PUBLIC = Bucket("public", 3_000, 500)
SIGN_IN = Bucket("sign-in", 120, 60)

SPARED_SECONDS = 5.0
"""How long a process counts alone after Redis failed to answer."""
MEMORY_MAX_KEYS = 10_000

_GCRA = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local step, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local room = step * burst - (tat - now)
if room < step then return {0, tostring(tat - now), tostring(step - room)} end
tat = tat + step
redis.call('SET', KEYS[1], string.format('%.6f', tat), 'PX', math.ceil((tat - now) * 1000) + 1000)
return {1, tostring(tat - now), '0'}
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request passes, how full the bucket is (seconds of debt), how long to wait."""

    allowed: bool
    debt_seconds: float
    wait_seconds: float


class Redis(Protocol):
    """The one call that the limiter makes."""

    def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Any: ...


class RateLimiter:
    """Counts requests per bucket and key."""

    def __init__(self, redis: Redis | None = None) -> None:
        self.redis = redis
        self._alone_until = 0.0
        self._memory: dict[str, float] = {}

    async def take(self, bucket: Bucket, key: str) -> Verdict:
        """Take one request from a bucket."""
        step = 60 / bucket.per_minute
        name = f"iama:rate:{bucket.name}:{key}"
        if self.redis is not None and time.monotonic() >= self._alone_until:
            try:
                async with asyncio.timeout(0.25):
                    allowed, debt, wait = await self.redis.eval(_GCRA, 1, name, step, bucket.burst)
                return Verdict(bool(allowed), float(debt), float(wait))
            except Exception:  # noqa: BLE001 - whatever ails Redis, requests go on
                self._alone_until = time.monotonic() + SPARED_SECONDS
        return self._take_alone(name, step, bucket.burst)

    def _take_alone(self, name: str, step: float, burst: int) -> Verdict:
        now = time.monotonic()
        if len(self._memory) > MEMORY_MAX_KEYS:
            self._memory = {key: tat for key, tat in self._memory.items() if tat > now}
        tat = max(self._memory.get(name, now), now)
        room = step * burst - (tat - now)
        if room < step:
            return Verdict(False, tat - now, step - room)
        self._memory[name] = tat + step
        return Verdict(True, tat + step - now, 0.0)


async def charge(request: Request, bucket: Bucket, key: str) -> None:
    """Count this request and remember the answer's `RateLimit-*` headers.

    Raises:
        IamaError: `RATE_LIMITED` with `retry_after_seconds`.
    """
    limiter: RateLimiter = request.app.state.limiter
    verdict = await limiter.take(bucket, key)
    remaining = max(0, math.floor(bucket.burst - verdict.debt_seconds * bucket.per_minute / 60))
    request.state.rate_headers = {
        "RateLimit-Limit": str(bucket.burst),
        "RateLimit-Remaining": str(remaining if verdict.allowed else 0),
        "RateLimit-Reset": str(math.ceil(verdict.debt_seconds)),
    }
    if not verdict.allowed:
        raise IamaError("RATE_LIMITED", retry_after_seconds=max(1, math.ceil(verdict.wait_seconds)))


def client_address(request: Request) -> str:
    """Return the address that public buckets count by."""
    return request.client.host if request.client else "unknown"
