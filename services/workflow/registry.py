"""Which item kinds have a handler, and so which states this installation can enter."""

from collections.abc import Awaitable, Callable

from services.canon.lifecycle import JobState
from services.canon.tasks import ItemKind
from services.workflow.outcomes import Claim, Outcome, Ports

Handler = Callable[[Claim, Ports], Awaitable[Outcome]]

NOT_ENTERED = frozenset(
    {
        JobState.REPO_SYNC_THROTTLED,
        JobState.GENERATING_ANALYSIS_REPORT,
        JobState.DEEP_FIX_ACTIVE,
        JobState.USER_INTERVENING,
        JobState.CLIENT_HEARTBEAT_LOST,
        JobState.REMOTE_REBASE_VALIDATING,
        JobState.SYNC_APPLY_CONFLICT,
    }
)
"""Legal states whose work is not built here; asking for one answers 409 `STATE_NOT_AVAILABLE`."""

HANDLERS: dict[ItemKind, Handler] = {}


def handles(kind: ItemKind) -> Callable[[Handler], Handler]:
    """Register the handler of an item kind; each kind has exactly one."""

    def register(handler: Handler) -> Handler:
        if kind in HANDLERS:
            raise RuntimeError(f"{kind.value} has two handlers")
        HANDLERS[kind] = handler
        return handler

    return register


def enterable_states() -> frozenset[JobState]:
    """Return the states that a job may enter on this installation."""
    return frozenset(JobState) - NOT_ENTERED
