"""B5: one link of a hash chain per commit beside one plain insert of the same columns per commit, one connection."""

import json
import sys
import time

import psycopg

from benchmarks.figures import PAIRS, finish, in_turns, is_small, ratio, show_rates
from benchmarks.workplace import running_workplace
from services.core.ids import new_id
from tests.support.bench import Bench

BAR = 0.33
BODY = json.dumps({"old_state": "ANALYZING", "new_state": "WAITING_STRATEGY", "trigger": "bench", "note": "x" * 160})
PLAIN = (
    "CREATE TABLE plain_events AS SELECT tenant_id, seq, event_type, job_id, actor_id, body, prev_hash, event_hash, "
    "created_at FROM audit_events WHERE false"
)
INSERT = (
    "INSERT INTO plain_events VALUES (%s, %s, 'bench', NULL, NULL, %s::jsonb, '\\x00'::bytea, '\\x00'::bytea, now())"
)


def main() -> int:
    """Measure both in turns and print the ratio."""
    small = is_small()
    count = 20 if small else 400
    with running_workplace() as place:
        tenant = Bench(place.urls.admin).workspace().tenant_id
        with psycopg.connect(place.urls.admin, autocommit=True) as connection:
            connection.execute(PLAIN)
            connection.execute("GRANT ALL ON plain_events TO PUBLIC")
        with psycopg.connect(place.urls.app, autocommit=True) as connection:
            connection.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenant)])

            def chained() -> float:
                return _rate(connection, "SELECT iama_audit(%s, 'bench', NULL, NULL, %s::jsonb)", (tenant, BODY), count)

            def plain() -> float:
                return _rate(connection, INSERT, (new_id(), 1, BODY), count)

            links, rows = in_turns([chained, plain], 2 if small else PAIRS)
        mine = show_rates("chained links", links, "rows/s")
        theirs = show_rates("plain inserts", rows, "rows/s")
        return finish(ratio("audit_append", mine / theirs, BAR))


def _rate(connection: psycopg.Connection, statement: str, values: tuple[object, ...], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        connection.execute(statement.encode(), values)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
