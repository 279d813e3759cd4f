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

_GUEST = Path(__file__).parent / "guest"


def guest_tools() -> Tree:
    """Return the scripts that run inside the sandbox, to be put under `/tools`: standard library only."""
    return {path.name: path.read_bytes() for path in sorted(_GUEST.glob("iama_*.py"))}
