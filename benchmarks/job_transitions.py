"""B1: transitions per second of a six-transition job beside DBOS steps per second, on the same crash-safe PostgreSQL.

Ours: eight clients, each a workspace of its own; every transition is a unit of work through `services.jobs` under
row-level security, with revision check, audit link, feed frame, queue item, outbox row and timers. Theirs: a workflow
of six empty steps, eight threads. Creating the job and the workflow is inside the time on both sides.
"""

import asyncio
import sys
from functools import partial

import uvloop

from benchmarks.dbos_peer import DbosPeer
from benchmarks.figures import PAIRS, finish, in_turns, is_small, ratio, show_rates
from benchmarks.job_route import CLIENTS, connect, rate, walk, walk_raw
from benchmarks.workplace import Workplace, running_workplace
from tests.support.bench import Bench, Workspace

BAR = 5.0


def main() -> int:
    """Measure the three sides in turns and print the ratio."""
    small = is_small()
    with running_workplace() as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        peer = DbosPeer(place.database("dbos_peer"))
        try:
            return _compare(place, runner, peer, jobs=2 if small else 25, pairs=2 if small else PAIRS)
        finally:
            peer.stop()


def _compare(place: Workplace, runner: asyncio.Runner, peer: DbosPeer, *, jobs: int, pairs: int) -> int:
    bench = Bench(place.urls.admin)
    apart = [bench.workspace() for _ in range(CLIENTS)]
    together = [bench.workspace()] * CLIENTS
    connections = runner.run(connect(place.urls.app, apart))

    def ours(workspaces: list[Workspace]) -> float:
        return runner.run(rate([partial(walk, workspace) for workspace in workspaces], jobs))

    def raw() -> float:
        walks = [partial(walk_raw, *pair) for pair in zip(connections, apart, strict=True)]
        return runner.run(rate(walks, jobs * 2))

    sides = (partial(ours, apart), lambda: peer.rate(max(1, jobs // 2)), raw, partial(ours, together))
    mine, theirs, bare, shared = in_turns(sides, pairs)
    transitions = show_rates("through the service", mine, "transitions/s")
    show_rates("one workspace for all clients", shared, "transitions/s")
    function = show_rates("database function through asyncpg", bare, "transitions/s")
    steps = show_rates("DBOS", theirs, "steps/s")
    print(f"  database function beside DBOS: {function / steps:.2f}x")
    return finish(ratio("job_transitions", transitions / steps, BAR))


if __name__ == "__main__":
    sys.exit(main())
