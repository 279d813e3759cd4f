"""Where things lie inside the sandbox, and the helper scripts that are put there."""

from pathlib import Path

from services.core.tree import Tree

WORKSPACE = "/workspace"
DEPENDENCIES = "/deps"
RESULTS = "/out"
TOOLS = "/tools"
COPY = "/tmp/iama"
OVERLAY = f"{DEPENDENCIES}/.iama/generated"
UV = f"{TOOLS}/uv"
PYTHON = "python3"
"""Stands for the interpreter of the session; replaced when a phase is run."""

_GUEST = Path(__file__).parent / "guest"


def guest_tools() -> Tree:
    """Return the scripts that run inside the sandbox, to be put under `/tools`: standard library only."""
    return {path.name: path.read_bytes() for path in sorted(_GUEST.glob("iama_*.py"))}


def guest_file(name: str) -> bytes:
    """Return one file that lives inside the sandbox."""
    return (_GUEST / name).read_bytes()
