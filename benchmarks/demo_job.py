"""The demo repository from the command to its pushed branch: `iama refactor` with `--yes` on a fresh data folder."""

import json
import os
import subprocess
import sys
import time

from benchmarks.figures import finish, goal, is_small
from benchmarks.machine import ROOT
from benchmarks.workplace import FOREIGN, scratch_folder
from services.infra.embedded.demo_repository import ensure_demo_repository

GOAL_SECONDS = 90.0
COMMAND = ("--scope", ".", "--goal", "Clean up", "--yes", "--accept-hazards", "--json")


def main() -> int:
    """Run the job once (it is the same work at either size) and print the seconds.

    Raises:
        RuntimeError: it did not end in DELIVERED.
    """
    is_small()
    with scratch_folder() as folder:
        repository = ensure_demo_repository(folder)
        inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        settings = {"IAMA_DATA": str(folder / "data"), "IAMA_LOCAL_ROOTS": str(folder)}
        command = [sys.executable, "-m", "iama_app.cli", "refactor", str(repository), *COMMAND]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=inherited | settings, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"status {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    answer = json.loads(done.stdout)
    print(f"  {answer['state']}: {len(answer['files'])} files, branch {answer['branch']}")
    print(f"  inside: job {answer['duration_seconds']} s, the rest is starting and stopping the servers")
    return finish(goal("demo_job", seconds, "s", GOAL_SECONDS))


if __name__ == "__main__":
    sys.exit(main())
