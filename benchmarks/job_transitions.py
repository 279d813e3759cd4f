"""B1: transitions per second of a six-transition job beside DBOS steps per second, on the same crash-safe PostgreSQL.

Ours: eight clients, each a workspace of its own; every transition is `services.jobs.transitions.transition_alone`, one
statement that is its own transaction under row-level security, with revision check, audit link, feed frame, queue item,
outbox row and timers. Theirs: a workflow of six empty steps, eight threads. Creating the job and the workflow is inside
the time on both sides.

Printed beside it: the same transitions in a unit of work each, as where other rows commit with them; all clients in one
workspace, whose audit chain orders them; the database function alone, without the service.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial

import uvloop

from benchmarks.dbos_peer import DbosPeer
from benchmarks.figures import PAIRS, finish, in_turns, is_small, ratio, show_rates
from benchmarks.job_route import CLIENTS, connect, rate, walk, walk_alone, walk_raw
from benchmarks.workplace import Workplace, running_workplace
from tests.support.bench import Bench, Workspace

BAR = 5.0
Walk = Callable[[Workspace], Awaitable[None]]


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

    def ours(one: Walk, workspaces: list[Workspace]) -> float:
        return runner.run(rate([partial(one, workspace) for workspace in workspaces], jobs))

    def raw() -> float:
        walks = [partial(walk_raw, *pair) for pair in zip(connections, apart, strict=True)]
        return runner.run(rate(walks, jobs * 2))

    sides = (
        partial(ours, walk_alone, apart),
        lambda: peer.rate(max(1, jobs // 2)),
        partial(ours, walk, apart),
        raw,
        partial(ours, walk_alone, together),
    )
    mine, theirs, united, bare, shared = in_turns(sides, pairs)
    transitions = show_rates("each by itself", mine, "transitions/s")
    inside = show_rates("each in a unit of work", united, "transitions/s")
    show_rates("one workspace for all clients", shared, "transitions/s")
    function = show_rates("database function through asyncpg", bare, "transitions/s")
    steps = show_rates("DBOS", theirs, "steps/s")
    print(f"  in a unit of work beside DBOS: {inside / steps:.2f}x")
    print(f"  database function beside DBOS: {function / steps:.2f}x")
    return finish(ratio("job_transitions", transitions / steps, BAR))


if __name__ == "__main__":
    sys.exit(main())
