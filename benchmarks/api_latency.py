"""Answers of `GET /api/v2/jobs` and `GET /api/v2/jobs/{id}` at 50 requests per second, through granian, signed in.

Open loop: a request is sent at its time whatever became of the earlier ones, and its time counts from when it was due.
"""

import asyncio
import sys
import time
from uuid import UUID

import httpx

from benchmarks.figures import finish, goal, is_small, show_latencies
from benchmarks.product import Product, running_product

PER_SECOND = 50
GOAL_MILLISECONDS = 100.0
JOBS = 50


def main() -> int:
    """Offer both requests in turns and print the 95th percentile of all."""
    small = is_small()
    with running_product() as product:
        jobs = product.add_jobs(JOBS)
        asyncio.run(_offer(product, jobs, 1.0))
        lists, singles = asyncio.run(_offer(product, jobs, 2.0 if small else 20.0))
    show_latencies("GET /api/v2/jobs", lists)
    show_latencies("GET /api/v2/jobs/{id}", singles)
    p95 = show_latencies("both", lists + singles)
    return finish(goal("api_latency p95", p95, "ms", GOAL_MILLISECONDS))


async def _offer(product: Product, jobs: list[UUID], seconds: float) -> tuple[list[float], list[float]]:
    paths = ["/api/v2/jobs", *(f"/api/v2/jobs/{job}" for job in jobs)]
    async with httpx.AsyncClient(base_url=product.installation.url, headers=product.headers, timeout=30) as client:
        began = time.perf_counter()

        async def ask(number: int) -> float:
            due = began + number / PER_SECOND
            await asyncio.sleep(due - time.perf_counter())
            path = paths[0] if number % 2 == 0 else paths[1 + number // 2 % JOBS]
            (await client.get(path)).raise_for_status()
            return time.perf_counter() - due

        answers = await asyncio.gather(*map(ask, range(int(seconds * PER_SECOND))))
    return answers[0::2], answers[1::2]


if __name__ == "__main__":
    sys.exit(main())
