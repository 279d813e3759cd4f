"""Kills this process at a named point, once, when a test asked for it."""

import os
import signal
from pathlib import Path

from services.canon.failpoints import Failpoint

VARIABLE = "IAMA_FAILPOINT"
"""`name[@STATE]=target:marker-file`, several of them separated by `;`; target is child, parent or both. Each fires
when its marker can be removed."""


async def reach(point: Failpoint, state: str | None = None) -> None:
    """Die here with SIGKILL if the environment names this point (and state) and a marker file of it still exists."""
    for wanted in filter(None, os.environ.get(VARIABLE, "").split(";")):
        name, _, rest = wanted.partition("=")
        target, _, marker = rest.partition(":")
        if name in (point.value, f"{point.value}@{state}") and _remove(Path(marker)):
            _kill(target)


def _remove(marker: Path) -> bool:
    try:
        marker.unlink()
    except FileNotFoundError:
        return False
    return True


def _kill(target: str) -> None:
    victims = {"child": [os.getpid()], "parent": [os.getppid()], "both": [os.getppid(), os.getpid()]}
    for pid in victims[target]:
        os.kill(pid, signal.SIGKILL)
