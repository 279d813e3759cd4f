"""From a fresh clone to the first page by `make run`, a second start, and the memory of the idle installation.

The package caches of this account are used as they are ("warm"); the clone, its virtual environment, its front end and
its data folder are new. Small size leaves the clone out: it starts this checkout twice on a fresh data folder.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import finish, goal, is_small
from benchmarks.machine import ROOT
from benchmarks.workplace import FOREIGN, scratch_folder
from services.infra.embedded.processes import free_port

FIRST_GOAL_SECONDS, SECOND_GOAL_SECONDS, MEMORY_GOAL_MB = 60.0, 10.0, 600.0
PATIENCE_SECONDS = 600.0
SETTLE_SECONDS = 10.0


def main() -> int:
    """Start twice, weigh the second one, print three figures."""
    small = is_small()
    with scratch_folder() as folder:
        began = time.perf_counter()
        checkout = ROOT if small else _clone(folder / "iama")
        with _started(checkout, folder / "data", began) as (_, first):
            print(f"  {goal('first page', first, 's', FIRST_GOAL_SECONDS)}")
        with _started(checkout, folder / "data", time.perf_counter()) as (pid, second):
            time.sleep(1.0 if small else SETTLE_SECONDS)
            memory = _memory_mb(pid)
        print(f"  {goal('second start', second, 's', SECOND_GOAL_SECONDS)}")
        print(f"  {goal('idle memory (PSS)', memory, 'MB', MEMORY_GOAL_MB)}")
    return finish(goal("first_page" if not small else "first_page without the clone", first, "s", FIRST_GOAL_SECONDS))


def _clone(target: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", str(target)], check=True)
    return target


@contextlib.contextmanager
def _started(checkout: Path, data: Path, began: float) -> Iterator[tuple[int, float]]:
    """Run `make run`; yields its process id and the seconds from `began` until a page answered."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name not in (*FOREIGN, "PYTHONPATH", "VIRTUAL_ENV")}
    environment = kept | {"IAMA_DATA": str(data), "IAMA_PORT": str(port), "IAMA_DEMO": "0"}
    output = data.with_name("run.out")
    with output.open("ab") as stream:
        process = subprocess.Popen(["make", "run"], cwd=checkout, env=environment, stdout=stream, stderr=stream)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _has_page(f"http://127.0.0.1:{port}/"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(output.read_text()[-3000:])
            time.sleep(0.05)
        yield process.pid, time.perf_counter() - began
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop what `make` started; make itself then ends."""
    for pid in _children(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    process.wait(60)


def _has_page(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200 and b"<html" in answer.read()
    except OSError:
        return False


def _children(parent: int) -> list[int]:
    listing = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(word) for word in listing.split()]


def _memory_mb(root: int) -> float:
    """Sum the proportional set sizes of a process and everything below it."""
    waiting, total = [root], 0
    while waiting:
        pid = waiting.pop()
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += int(next(line for line in lines if line.startswith("Pss:")).split()[1])
            waiting += _children(pid)
    return total * 1024 / 1e6


if __name__ == "__main__":
    sys.exit(main())
