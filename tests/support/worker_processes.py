"""The three worker processes of an installation on a database and a Valkey of their own, to be killed at will."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from psycopg.types.json import Jsonb

from services.canon.tasks import ITEMS, ItemKind
from services.core.ids import new_id
from services.infra.migrate import DatabaseUrls
from tests.support.bench import Bench, Workspace

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 40.0


class Installation:
    """Starts, kills and watches `python -m workers.main …`; leases are shortened tenfold."""

    def __init__(self, urls: DatabaseUrls, redis_url: str, folder: Path) -> None:
        self.bench = Bench(urls.admin)
        self.workspace: Workspace = self.bench.workspace()
        self._folder = folder
        self._env = {
            **os.environ,
            "IAMA_APP_DATABASE_URL": urls.worker,
            "REDIS_URL": redis_url,
            "IAMA_DATA": str(folder / "data"),
            "IAMA_CLOCK_SCALE": "0.1",
            "IAMA_POOL_WORKERS": "2",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start processes; each begins a session of its own."""
        for name in names:
            with (self._folder / f"{name.rstrip('2')}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", "workers.main", name.rstrip("2")],
                    cwd=ROOT,
                    env=self._env,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def kill(self, name: str) -> None:
        """End one process with SIGKILL; its children are left to their own devices."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(10)

    def stop(self) -> None:
        """End everything that was started here, children included."""
        descendants = [pid for process in self.processes.values() for pid in children_of(process.pid)]
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        for pid in descendants:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.bench.connection.close()

    def add_probe(self, *, seconds: float = 0, queue: str = "workflow") -> UUID:
        """Give a fresh job one item that waits and ends; returns the item's id."""
        spec, job_id = ITEMS[ItemKind.PROBE], self.bench.job(self.workspace)
        item = {
            "kind": "probe",
            "queue": queue,
            "payload": {"seconds": seconds},
            "tries": spec.tries,
            "limit_seconds": spec.limit_seconds,
        }
        added = self.bench.value(
            "SELECT iama_add_item(%s, %s, 'PENDING', 0, %s, %s)",
            self.workspace.tenant_id,
            job_id,
            new_id().hex,
            Jsonb(item),
        )
        return UUID(str(added))

    def status(self, step_id: UUID) -> str:
        """Return the status of an item."""
        return str(self.bench.step(step_id)["status"])

    def wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds.

        Raises:
            TimeoutError: with the ends of the processes' logs.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.1)
        logs = {path.name: path.read_text()[-1500:] for path in self._folder.glob("*.log")}
        raise TimeoutError(f"{what}: {logs}")

    def wait_until_done_once(self, *steps: UUID) -> None:
        """Wait for items to end, and check that each left exactly one effect."""
        self.wait_for("items end", lambda: all(self.status(step) == "DONE" for step in steps))
        for step in steps:
            job_id = self.bench.step(step)["job_id"]
            assert self.bench.count("job_events", "job_id = %s AND type = 'job_updated'", [job_id]) == 1


def children_of(pid: int) -> list[int]:
    """Return every living descendant of a process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            child = int(entry.parent.name)
            found += [child, *children_of(child)]
    return found
