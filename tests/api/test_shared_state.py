"""What several web processes share through Redis: request limits and stream leases; and life without Redis."""

from datetime import timedelta
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from iama_app.api.rate_limit import Bucket, RateLimiter
from iama_app.api.stream_leases import Lease, StreamLeases
from services.core.clock import now

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLOW = Bucket("slow", per_minute=6, burst=3)


async def _passed(limiters: list[RateLimiter], key: str, times: int) -> int:
    return sum([(await limiters[turn % len(limiters)].take(SLOW, key)).allowed for turn in range(times)])


class TestRateLimiter:
    async def test_counts_across_processes(self, redis_url: str) -> None:
        async with Redis.from_url(redis_url) as one, Redis.from_url(redis_url) as two:
            limiters = [RateLimiter(one), RateLimiter(two)]
            assert await _passed(limiters, "ada", 8) == 3
            assert await _passed(limiters, "bob", 2) == 2
            refused = await limiters[0].take(SLOW, "ada")
            assert 0 < refused.wait_seconds <= 10

    async def test_counts_alone_when_redis_does_not_answer(self) -> None:
        async with Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1) as nobody:
            assert await _passed([RateLimiter(nobody)], "ada", 8) == 3

    async def test_refills_with_time(self) -> None:
        limiter, fast = RateLimiter(), Bucket("fast", per_minute=6_000, burst=2)
        assert [(await limiter.take(fast, "ada")).allowed for _ in range(2)] == [True, True]
        verdict = await limiter.take(fast, "ada")
        assert verdict.allowed or verdict.wait_seconds <= 0.01


class TestStreamLeases:
    async def test_a_renewal_reaches_the_stream_of_another_process(self, redis_url: str) -> None:
        async with Redis.from_url(redis_url) as one, Redis.from_url(redis_url) as two:
            here, there, stream_id = StreamLeases(one), StreamLeases(two), uuid4()
            short = Lease(uuid4(), uuid4(), now() + timedelta(seconds=5))
            longer = Lease(short.user_id, uuid4(), now() + timedelta(minutes=15))
            await here.put(stream_id, short)
            assert await there.find(stream_id) == short
            await there.put(stream_id, longer)
            assert await here.find(stream_id) == longer

    async def test_works_within_one_process_without_redis(self) -> None:
        leases, stream_id = StreamLeases(), uuid4()
        lease = Lease(uuid4(), None, now())
        await leases.put(stream_id, lease)
        assert await leases.find(stream_id) == lease
        leases.close(stream_id)
        assert await leases.find(stream_id) is None
