"""Kills this process at a named point, once, when a test asked for it."""

import os
import signal
from pathlib import Path

from services.canon.failpoints import Failpoint

VARIABLE = "IAMA_FAILPOINT"
"""`name[@STATE]=target:marker-file` where target is child, parent or both; fires when the marker can be removed."""


async def reach(point: Failpoint, state: str | None = None) -> None:
    """Die here with SIGKILL if the environment names this point (and state) and its marker file still exists."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    name, _, rest = wanted.partition("=")
    target, _, marker = rest.partition(":")
    if name not in (point.value, f"{point.value}@{state}"):
        return
    try:
        Path(marker).unlink()
    except FileNotFoundError:
        return
    victims = {"child": [os.getpid()], "parent": [os.getppid()], "both": [os.getppid(), os.getpid()]}
    for pid in victims[target]:
        os.kill(pid, signal.SIGKILL)
