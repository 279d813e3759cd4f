"""`make bench`: every figure in one command, each in a process of its own.

    python benchmarks/run.py [NAME ...] [--size small|normal] [--list]

Ends with status 1 when a ratio misses its bar at normal size or a benchmark breaks; absolute goals are orientation.
"""

import argparse
import os
import signal
import subprocess
import sys
import time

from benchmarks.figures import MISSED
from benchmarks.machine import ROOT, description, load

BENCHMARKS = {
    "job_transitions": "transitions per second beside DBOS steps per second, same PostgreSQL",
    "transition_overhead": "the transition through Python beside pgbench with the same SQL",
    "rls_tax": "the transition with row-level security beside the same without",
    "audit_append": "a link of the audit chain beside a plain insert",
    "queue_start": "queue throughput beside RQ's SimpleWorker; time to start at 20 jobs/s",
    "api_latency": "answers of the API at 50 requests/s",
    "second_browser": "from a change of state to a second viewer",
    "demo_job": "the demo repository from command to delivery",
    "engine_rename": "whole-project renames on Django beside rope and jedi",
    "engine_filter": "the filter before parsing over 10,000 files beside ripgrep's walk",
    "engine_apply": "the applier in memory and beside git apply; the start of iama edit",
    "first_page": "from a fresh clone to the first page, second start, idle memory",
}


def main() -> int:
    """Run what was asked for and print a summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run; all unless given")
    parser.add_argument("--size", choices=("small", "normal"), default="normal")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and end")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    if asked.list:
        print("\n".join(f"{name:<20} {about}" for name, about in BENCHMARKS.items()))
        return 0
    print(f"{description()}\n", flush=True)
    endings = {name: _run(name, asked.size) for name in asked.names or BENCHMARKS}
    print("\n".join(line for line, _ in endings.values()))
    return int(any(status for _, status in endings.values()))


def _run(name: str, size: str) -> tuple[str, int]:
    print(f"{name}: {BENCHMARKS[name]}\n  load before {load()}", flush=True)
    began = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", f"benchmarks.{name}", "--size", size]
    last = "nothing was printed"
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        for line in process.stdout:
            print(f"  {line.rstrip()}" if not line.startswith(" ") else line.rstrip(), flush=True)
            last = line.strip() or last
    status = process.returncode
    print(f"  load after {load()}, {time.monotonic() - began:.0f} s\n", flush=True)
    if status not in (0, MISSED):
        return f"{name}: BROKEN (status {status})", 1
    return last, int(status == MISSED and size == "normal")


if __name__ == "__main__":
    sys.exit(main())
