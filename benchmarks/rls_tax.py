"""B3: the database function with row-level security beside the same function on tables without it, same role."""

import asyncio
import sys
from functools import partial

import psycopg
from psycopg import sql

from benchmarks.figures import PAIRS, finish, in_turns, is_small, ratio, show_rates
from benchmarks.job_route import CLIENTS, connect, rate, walk_raw
from benchmarks.workplace import Workplace, running_workplace
from services.infra.migrate import DatabaseUrls, migrate
from tests.support.bench import Bench

BAR = 0.85
_PROTECTED = "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"


def main() -> int:
    """Measure both databases in turns and print the ratio."""
    small = is_small()
    with running_workplace() as place, asyncio.Runner() as runner:
        sides = [_side(runner, urls, 2 if small else 25) for urls in (place.urls, _unprotected(place))]
        protected, bare = in_turns(sides, 2 if small else PAIRS)
        mine = show_rates("with row-level security", protected, "transitions/s")
        theirs = show_rates("without", bare, "transitions/s")
        return finish(ratio("rls_tax", mine / theirs, BAR))


def _unprotected(place: Workplace) -> DatabaseUrls:
    urls = migrate(place.database("unprotected"), place.secret)
    with psycopg.connect(urls.admin, autocommit=True) as connection:
        for (table,) in connection.execute(_PROTECTED).fetchall():
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table)))
    return urls


def _side(runner: asyncio.Runner, urls: DatabaseUrls, jobs: int) -> partial[float]:
    bench = Bench(urls.admin)
    workspaces = [bench.workspace() for _ in range(CLIENTS)]
    connections = runner.run(connect(urls.app, workspaces))
    walks = [partial(walk_raw, *pair) for pair in zip(connections, workspaces, strict=True)]
    return partial(_measure, runner, walks, jobs)


def _measure(runner: asyncio.Runner, walks: list[partial], jobs: int) -> float:  # type: ignore[type-arg]
    return runner.run(rate(walks, jobs))


if __name__ == "__main__":
    sys.exit(main())
