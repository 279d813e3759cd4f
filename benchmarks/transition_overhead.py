"""B2: transitions through Python beside `pgbench -M prepared` with the same statement, eight clients on both sides."""

import asyncio
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.figures import PAIRS, finish, in_turns, is_small, ratio, show_rates
from benchmarks.job_route import CLIENTS, RawStep, rate, walk
from benchmarks.workplace import Workplace, running_workplace
from services.canon.lifecycle import JobState
from services.infra.embedded.binaries import postgres_binary
from tests.support.bench import Bench, Workspace

BAR = 0.40
LOOP = (JobState.GENERATING_TESTS, JobState.WAITING_SPEC_APPROVAL)
"""Two states that lead to each other, so that pgbench never reaches an end."""


def main() -> int:
    """Measure both sides in turns and print the ratio."""
    small = is_small()
    with running_workplace() as place, asyncio.Runner() as runner:
        bench = Bench(place.urls.admin)
        workspaces = [bench.workspace() for _ in range(CLIENTS)]

        def ours() -> float:
            return runner.run(rate([partial(walk, workspace) for workspace in workspaces], 2 if small else 25))

        def theirs() -> float:
            return _pgbench(place, _script(place.folder, bench, workspaces), 1 if small else 2)

        mine, peer = in_turns([ours, theirs], 2 if small else PAIRS)
        through = show_rates("through the service", mine, "transitions/s")
        bare = show_rates("pgbench", peer, "transitions/s")
        return finish(ratio("transition_overhead", through / bare, BAR))


def _script(folder: Path, bench: Bench, workspaces: list[Workspace]) -> Path:
    """Write a script in which each client moves a fresh job of its own to and fro."""
    lines = ["\\if :rev = 0"]
    for number, workspace in enumerate(workspaces):
        job = bench.job(workspace, LOOP[1].value)
        lines += [f"\\if :client_id = {number}", f"SELECT '{workspace.tenant_id}' AS tenant, '{job}' AS job \\gset"]
        lines += [f"SELECT set_config('app.tenant_id', '{workspace.tenant_id}', false);", "\\endif"]
    lines += ["\\endif", "\\if :rev % 2 = 0", _call(LOOP[0]), "\\else", _call(LOOP[1]), "\\endif"]
    script = folder / "pgbench.sql"
    script.write_text("\n".join([*lines, "\\set rev :rev + 1", ""]))
    script.chmod(0o644)
    return script


def _call(state: JobState) -> str:
    step = RawStep.towards(state)
    return (
        f"SELECT iama_transition(:tenant, :job, :rev, '{step.state}', 'bench', NULL, '{step.actor}'::jsonb, "
        f"'{{}}'::jsonb, 'measured', '{step.items}'::jsonb, '{step.timers}'::jsonb, '[]'::jsonb);"
    )


def _pgbench(place: Workplace, script: Path, seconds: int) -> float:
    command = [postgres_binary("postgres").with_name("pgbench"), "-n", "-M", "prepared", "-c", CLIENTS, "-j", 1]
    options = ["-T", seconds, "-D", "rev=0", "-f", script, place.urls.app]
    done = subprocess.run([str(word) for word in (*command, *options)], capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or found is None:
        raise RuntimeError(done.stderr)
    return float(found[1])


if __name__ == "__main__":
    sys.exit(main())
