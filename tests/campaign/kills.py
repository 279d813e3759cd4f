"""The kill matrix: every failpoint of the canon × every working state of the main path × every process to kill."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle

from services.canon.failpoints import Failpoint
from services.canon.lifecycle import JobState
from services.canon.tasks import ENTRY_ITEMS, ITEMS, ItemKind, Queue

_S, _I = JobState, ItemKind

NOT_ON_PATH = frozenset({_S.RECOVERY_PENDING})
"""States with an entry item that a job which ends well does not meet."""

FURTHER_ITEMS: dict[JobState, tuple[ItemKind, ...]] = {
    _S.WAITING_SPEC_APPROVAL: (_I.EXTRACT_SPEC,),
    _S.REFACTORING: (_I.RUN_TESTS,),
    _S.SELF_HEALING: (_I.RUN_TESTS, _I.DELIVERY_GATE),
    _S.DELIVERED: (_I.PUBLISH,),
}
"""Items that follow the entry item, or come with a state that has none."""

PROGRAM_OF_QUEUE = {
    Queue.WORKFLOW: "worker-async",
    Queue.MODELS: "worker-async",
    Queue.GITHUB: "worker-pool",
    Queue.SANDBOX: "worker-pool",
}
TARGETS = {"worker-async": ("child",), "worker-pool": ("child", "parent", "both"), "scheduler": ("child",)}
"""What may be killed: the asyncio worker and the scheduler have no parent but the supervisor itself."""

SCHEDULER_POINTS = (Failpoint.BEFORE_PUBLISH, Failpoint.AFTER_PUBLISH)
POINT_ITEMS: dict[Failpoint, frozenset[ItemKind]] = {
    Failpoint.AFTER_OPEN: frozenset({_I.PROVISION_SANDBOX}),
    Failpoint.AFTER_CALL: frozenset(kind for kind, spec in ITEMS.items() if spec.queue is Queue.MODELS),
}
"""Points that only some kinds of items come to."""

SMALL_PLACES = {
    ("child", _S.ANALYZING): Failpoint.AFTER_CALL,
    ("parent", _S.REMOTE_EXECUTION_QUEUED): Failpoint.AFTER_OPEN,
}
"""Where the small size meets such a point."""

STATELESS_POINTS = (Failpoint.BEFORE_CLAIM, *SCHEDULER_POINTS)
"""Points that are reached without knowing a state; they are armed while the job is in the state."""


class Round(StrEnum):
    """Which processes one job is hit in at every state of its path."""

    CHILD = "child"
    PARENT = "parent"
    BOTH = "both"
    SCHEDULER = "scheduler"


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL: where, in which program, at which state, against whom."""

    program: str
    point: Failpoint
    state: JobState
    target: str

    @property
    def marker(self) -> str:
        """Name of the file that arms it."""
        return f"{self.program}.{self.point.value}.{self.state.value}.{self.target}"

    @property
    def is_stateless(self) -> bool:
        """Whether the process cannot tell in which state it is hit."""
        return self.point in STATELESS_POINTS

    def setting(self, folder: str) -> str:
        """Return the entry of the failpoint variable."""
        name = self.point.value if self.is_stateless else f"{self.point.value}@{self.state.value}"
        return f"{name}={self.target}:{folder}/{self.marker}"


def path_states() -> tuple[JobState, ...]:
    """Return the states of the main path in which work is done, in the order of the canon."""
    return tuple(s for s in JobState if (s in ENTRY_ITEMS or s in FURTHER_ITEMS) and s not in NOT_ON_PATH)


def programs_at(state: JobState, point: Failpoint) -> tuple[str, ...]:
    """Return the programs that come to a point while they work on a job in a state."""
    entry = ENTRY_ITEMS.get(state)
    kinds = [*((entry,) if entry else ()), *FURTHER_ITEMS.get(state, ())]
    kinds = [kind for kind in kinds if kind in POINT_ITEMS.get(point, kinds)]
    return tuple(dict.fromkeys(PROGRAM_OF_QUEUE[ITEMS[kind].queue] for kind in kinds))


def full_table() -> tuple[Kill, ...]:
    """Return every kill there is, generated from the canon's failpoints."""
    return tuple(
        Kill(program, point, state, target)
        for state in path_states()
        for point in Failpoint
        for program in (("scheduler",) if point in SCHEDULER_POINTS else programs_at(state, point))
        for target in TARGETS[program]
    )


def hits(point: Failpoint, round_: Round) -> tuple[Kill, ...]:
    """Return the kills of one job of the full table: one point, one target, every state."""
    return tuple(kill for kill in full_table() if kill.point is point and _round_of(kill) is round_)


def small_round(round_: Round) -> tuple[Kill, ...]:
    """Return the kills of one job of the small size: every state once, the points in turn."""
    offset = list(Round).index(round_)
    common = [p for p in Failpoint if p not in POINT_ITEMS]
    points = _turning([p for p in common if (p in SCHEDULER_POINTS) is (round_ is Round.SCHEDULER)], offset)
    chosen: list[Kill] = []
    for state in path_states():
        point = SMALL_PLACES.get((round_.value, state)) or next(points)
        chosen += [k for k in full_table() if k.state is state and k.point is point and _round_of(k) is round_]
    return tuple(chosen)


def rounds_of(point: Failpoint) -> tuple[Round, ...]:
    """Return the rounds in which a point can be reached."""
    return tuple(round_ for round_ in Round if hits(point, round_))


def _round_of(kill: Kill) -> Round:
    return Round.SCHEDULER if kill.program == "scheduler" else Round(kill.target)


def _turning(points: list[Failpoint], offset: int) -> Iterator[Failpoint]:
    turned = points[offset % len(points) :] + points[: offset % len(points)]
    return cycle(turned)
