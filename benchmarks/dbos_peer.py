"""DBOS in a process of its own: a workflow of six steps, each step recorded durably, run by eight threads."""

import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

from dbos import DBOS

from benchmarks.job_route import CLIENTS, ROUTE


@DBOS.step()
def one_step(number: int) -> int:
    """Do nothing, durably."""
    return number


@DBOS.workflow()
def six_steps() -> int:
    """Run as many steps as the job has transitions."""
    return sum(one_step(number) for number in range(len(ROUTE)))


def _launch(url: str) -> None:
    DBOS(config={"name": "peer", "system_database_url": url, "log_level": "ERROR", "run_admin_server": False})
    DBOS.launch()


def _measure(workflows_each: int) -> float:
    def client(_: int) -> None:
        for _ in range(workflows_each):
            six_steps()

    with ThreadPoolExecutor(CLIENTS) as threads:
        began = time.perf_counter()
        list(threads.map(client, range(CLIENTS)))
        return CLIENTS * workflows_each * len(ROUTE) / (time.perf_counter() - began)


class DbosPeer:
    """Keeps the process; `rate` measures once."""

    def __init__(self, url: str) -> None:
        self._process = ProcessPoolExecutor(1, get_context("spawn"), initializer=_launch, initargs=(url,))

    def rate(self, workflows_each: int) -> float:
        """Return steps per second with eight clients."""
        return self._process.submit(_measure, workflows_each).result()

    def stop(self) -> None:
        """End the process."""
        for process in list((self._process._processes or {}).values()):
            process.kill()
        self._process.shutdown(wait=True)
