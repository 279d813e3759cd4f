"""From a change of state to other viewers: two event-stream clients, then the page in a second Chromium profile.

A third party moves the job through `services.jobs`, as the workflow does. The time runs from just before the transition
is asked for; it ends when the second client holds the whole frame, or when the second page's badge has changed in its
document (seen by a `MutationObserver`; page and benchmark share the machine's clock). So it includes the transition,
its commit, the wake-up, the reading, the network and the painting of the state.
"""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.figures import finish, goal, is_small, show_latencies
from benchmarks.product import Product, running_product
from services.canon.lifecycle import JobState
from services.infra.database import APP_URL_VARIABLE, engine
from services.infra.unit_of_work import unit_of_work
from services.infra.wakes import sender
from services.jobs.transitions import Transition, transition
from tests.support.walker import sign_in
from tests.support.web_server import CHROMIUM_FLAGS

GOAL_MILLISECONDS = 500.0
PAUSE_SECONDS = 0.1
TO_AND_FRO = (JobState.REPO_PRECHECK_BLOCKED, JobState.PENDING)
WATCH = """() => {
    window.seenStates = [];
    const note = () => {
        const state = document.querySelector('[data-state-badge]')?.getAttribute('data-state-badge');
        if (state && state !== window.seenStates.at(-1)?.[0]) window.seenStates.push([state, Date.now()]);
    };
    const what = {subtree: true, childList: true, attributes: true, attributeFilter: ['data-state-badge']};
    new MutationObserver(note).observe(document, what);
    note();
}"""


def main() -> int:
    """Move jobs to and fro; print the 95th percentiles at the second client and in the second page."""
    small = is_small()
    with running_product() as product:
        os.environ[APP_URL_VARIABLE] = product.admin_url
        streamed, shown = product.add_jobs(2)
        first, second = asyncio.run(_follow(product, streamed, 10 if small else 100))
        pages = _watch_pages(product, shown, 5 if small else 60)
    show_latencies("first subscriber", first)
    streams = show_latencies("second subscriber", second)
    show_latencies("first page", pages[0])
    p95 = show_latencies("second page", pages[1])
    print(f"  {goal('second subscriber p95', streams, 'ms', GOAL_MILLISECONDS)}")
    return finish(goal("second_browser p95", p95, "ms", GOAL_MILLISECONDS))


async def _move(product: Product, job: UUID, revision: int) -> None:
    async with unit_of_work(product.workspace.platform) as uow:
        await transition(uow, job, revision, Transition(TO_AND_FRO[revision % 2], "bench"))


async def _finish() -> None:
    """Let the last wake-ups out before the event loop ends."""
    await sender().finish()
    await engine().dispose()


async def _follow(product: Product, job: UUID, moves: int) -> list[list[float]]:
    sent: dict[int, float] = {}
    seen: list[dict[int, float]] = [{}, {}]
    ready = [asyncio.Event(), asyncio.Event()]
    async with asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(_subscribe(product, job, moves, seen[number], ready[number]))
        for event in ready:
            await event.wait()
        for revision in range(moves):
            sent[revision + 1] = time.perf_counter()
            await _move(product, job, revision)
            await asyncio.sleep(PAUSE_SECONDS)
    await _finish()
    return [[moment - sent[revision] for revision, moment in one.items()] for one in seen]


async def _subscribe(product: Product, job: UUID, moves: int, seen: dict[int, float], ready: asyncio.Event) -> None:
    """Note when each revision arrived; ends when all did."""
    url = f"{product.installation.url}/api/v2/jobs/{job}/events"
    async with (
        httpx.AsyncClient(headers=product.headers, timeout=60) as client,
        client.stream("GET", url) as stream,
    ):
        async for line in stream.aiter_lines():
            if not line.startswith("data: "):
                continue
            ready.set()
            frame = json.loads(line.removeprefix("data: "))
            if frame.get("event") == "state_change":
                seen[frame["state_revision"]] = time.perf_counter()
            if len(seen) == moves:
                return


def _watch_pages(product: Product, job: UUID, moves: int) -> list[list[float]]:
    """Return the seconds until each move stood in the first and in the second page."""
    sent: list[float] = []
    with _chromium() as browser, _other_loop() as run:
        pages = [_open(browser, product, job) for _ in range(2)]
        for revision in range(moves):
            sent.append(time.time())
            run(_move(product, job, revision))
            for page in pages:
                page.wait_for_function("count => window.seenStates.length > count", arg=revision + 1)
            time.sleep(PAUSE_SECONDS)
        seen = [page.evaluate("window.seenStates") for page in pages]
    return [[moment / 1000 - began for (_, moment), began in zip(one[1:], sent, strict=True)] for one in seen]


@contextmanager
def _other_loop() -> Iterator[Callable[[Coroutine[Any, Any, None]], None]]:
    """Run coroutines on an event loop of another thread: the browser's driver keeps this thread's."""
    with ThreadPoolExecutor(1) as thread:
        runner = thread.submit(asyncio.Runner).result()
        try:
            yield lambda work: thread.submit(runner.run, work).result()
            thread.submit(runner.run, _finish()).result()
        finally:
            thread.submit(runner.close).result()


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        yield browser
        browser.close()


def _open(browser: Browser, product: Product, job: UUID) -> Page:
    """Sign in with a profile of its own and look at the job."""
    page = browser.new_context(base_url=product.installation.url).new_page()
    sign_in(page, *product.installation.sign_in)
    page.goto(f"/jobs/{job}")
    page.locator("[data-state-badge]").first.wait_for()
    page.evaluate(WATCH)
    return page


if __name__ == "__main__":
    sys.exit(main())
