"""Lists processes that the marked run started and left behind; ends with 1 when there are any.

Children inherit the mark `IAMA_RUN_MARK` through their environment; sandboxes start with an empty one and are known by
the run's data folder on their command line.
"""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "IAMA_RUN_MARK"
PATIENCE_SECONDS = 10.0


def main() -> int:
    """Wait a little for processes that are about to end, then report the rest."""
    mark, folder = os.environ.get(MARK, ""), os.environ.get("IAMA_DATA", "")
    if not mark or not Path("/proc/self").exists():
        return 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := dict(leftovers(mark, folder))) and time.monotonic() < deadline:
        time.sleep(0.2)
    for pid, command in found.items():
        print(f"left behind: process {pid}: {command}", file=sys.stderr)
    return 1 if found else 0


def leftovers(mark: str, folder: str) -> Iterator[tuple[int, str]]:
    """Yield id and command line of every living process of the run, except this one and those it stands on."""
    own = set(_ancestors(os.getpid()))
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in own:
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if not command:
            continue
        if f"{MARK}={mark}".encode() in environment or (folder and folder in command):
            yield int(entry.name), command


def _ancestors(pid: int) -> Iterator[int]:
    while pid > 1:
        yield pid
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


if __name__ == "__main__":
    sys.exit(main())
