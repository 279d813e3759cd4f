"""Where a job stands on its track: which stations it shows, in which order, with which times.

The order is the longest path through the route graph, so a state a job was sent back to stays left of what follows
it. Repair and every pause inside it share one place, the siding, with a cell for each attempt of the budget.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from services.canon.lifecycle import STATE_KINDS, JobState, StateKind
from services.canon.vocabulary import STATE_WORDS
from state.jobs import format as fmt
from state.jobs import siding
from state.jobs.siding import RepairFacts, draw_siding
from state.jobs.views import SidingView, StageMapView, StationView, TrackMark, TrackView

_S = JobState

SIDING_STATES = frozenset(
    {
        _S.SELF_HEALING,
        _S.WAITING_ESCALATION_DECISION,
        _S.WAITING_INTERVENTION,
        _S.DEEP_FIX_ACTIVE,
        _S.USER_INTERVENING,
    }
)

ROUTES: dict[str, tuple[JobState, ...]] = {
    "GIT": (
        _S.PENDING,
        _S.REPO_SYNCING,
        _S.REPO_SYNC_SCRATCH_WIPING,
        _S.ANALYZING,
        _S.WAITING_STRATEGY,
        _S.WAITING_SPEC_APPROVAL,
        _S.GENERATING_TESTS,
        _S.REMOTE_EXECUTION_QUEUED,
        _S.REMOTE_EXECUTION_RUNNING,
        _S.BASELINE_VALIDATION,
        _S.REFACTORING,
        _S.SELF_HEALING,
        _S.REMOTE_WIPE_VERIFYING,
        _S.DELIVERED,
    ),
    "LOCAL": (
        _S.PENDING,
        _S.ANALYZING,
        _S.WAITING_STRATEGY,
        _S.WAITING_SPEC_APPROVAL,
        _S.GENERATING_TESTS,
        _S.BASELINE_VALIDATION,
        _S.REFACTORING,
        _S.SELF_HEALING,
        _S.DELIVERED,
    ),
}
"""The stations a job drives through when nothing goes wrong, by kind of source."""

_EDGES: tuple[tuple[JobState, JobState], ...] = (
    (_S.PENDING, _S.REPO_PRECHECK_BLOCKED),
    (_S.REPO_PRECHECK_BLOCKED, _S.REPO_SYNCING),
    (_S.REPO_SYNCING, _S.REPO_SYNC_THROTTLED),
    (_S.REPO_SYNC_THROTTLED, _S.REPO_SYNC_SCRATCH_WIPING),
    (_S.ANALYZING, _S.GENERATING_ANALYSIS_REPORT),
    (_S.GENERATING_ANALYSIS_REPORT, _S.WAITING_STRATEGY),
    (_S.BASELINE_VALIDATION, _S.BASELINE_VALIDATION_FAILED),
    (_S.BASELINE_VALIDATION_FAILED, _S.REFACTORING),
    (_S.SELF_HEALING, _S.RECOVERY_PENDING),
    (_S.SELF_HEALING, _S.CLIENT_HEARTBEAT_LOST),
    (_S.CLIENT_HEARTBEAT_LOST, _S.RECOVERY_PENDING),
    (_S.RECOVERY_PENDING, _S.REMOTE_HEAD_CONFLICT),
    (_S.SELF_HEALING, _S.REMOTE_HEAD_CONFLICT),
    (_S.REMOTE_HEAD_CONFLICT, _S.REMOTE_REBASE_VALIDATING),
    (_S.REMOTE_REBASE_VALIDATING, _S.REMOTE_WIPE_VERIFYING),
    (_S.REMOTE_WIPE_VERIFYING, _S.FALLBACK_REQUIRED),
    (_S.REMOTE_WIPE_VERIFYING, _S.FAILED),
    (_S.DELIVERED, _S.SYNC_APPLY_CONFLICT),
    (_S.DELIVERED, _S.FALLBACK_REQUIRED),
    (_S.FALLBACK_REQUIRED, _S.FAILED),
)
"""What may lie beside the plain route, as edges of one acyclic graph."""

_BAD_ENDS = (_S.FALLBACK_REQUIRED, _S.FAILED)
_FULL_WIDTH, _STATION, _SQUEEZED = 1188, 64, 28
_SQUEEZED_AT_1280 = 5


@dataclass(frozen=True)
class Visit:
    """How long a job stood in one state altogether, and the one figure that visit is remembered by."""

    state: JobState
    seconds: float
    fact: str = ""


@dataclass(frozen=True)
class TrackFacts:
    """Everything the stage map is drawn from; `since` is the epoch second at which the present state began."""

    state: JobState
    source_kind: str = "GIT"
    target: JobState | None = None
    visits: Mapping[JobState, Visit] = field(default_factory=dict)
    repair: RepairFacts = field(default_factory=RepairFacts)
    since: float = 0.0


@cache
def _ranks() -> dict[JobState, int]:
    """Give each state the length of the longest path that leads to it."""
    edges = [*_EDGES, *((a, b) for route in ROUTES.values() for a, b in zip(route, route[1:], strict=False))]
    ranks = dict.fromkeys(JobState, 0)
    for _ in JobState:
        for source, target in edges:
            ranks[target] = max(ranks[target], ranks[source] + 1)
    return ranks


def place(state: JobState) -> JobState:
    """Return the station a state is shown at: the siding for repair and its pauses, else itself."""
    return _S.SELF_HEALING if state in SIDING_STATES else state


def stations(facts: TrackFacts) -> list[JobState]:
    """List the stations of a job in driving order: those it visited and those that lie ahead."""
    here = place(facts.state)
    ending = facts.state if facts.state in _BAD_ENDS else facts.target if facts.target in _BAD_ENDS else None
    shown = {place(state) for state in facts.visits} | {here}
    if ending:
        shown |= {ending}
    else:
        shown |= set(ROUTES.get(facts.source_kind, ROUTES["GIT"]))
    shown -= {end for end in _BAD_ENDS if end is not ending}
    shown.add(_S.SELF_HEALING)
    order = _ranks()
    return sorted(shown, key=lambda state: (order[state], state.value))


def stage_map(facts: TrackFacts, summary: StageMapView | None = None) -> StageMapView:
    """Lay the track out.

    Args:
        summary: Carries the words of the band's head (started, elapsed, waiting, revision), taken over as they are.
    """
    base = summary or StageMapView()
    order = stations(facts)
    turn, here = order.index(_S.SELF_HEALING), order.index(place(facts.state))
    drawn = [_station(facts, state, at, here) for at, state in enumerate(order)]
    before, after = drawn[:turn], drawn[turn + 1 :]
    before = _squeeze(before, len(after))
    siding = _siding(facts, here, turn)
    done = sum(one.status == "done" for one in drawn) - (siding.status == "skipped" and here > turn)
    ahead = len(order) - 1 - here
    active = "1 active, " if STATE_KINDS[facts.state] is not StateKind.TERMINAL else ""
    return StageMapView(
        before=before,
        siding=siding,
        after=after,
        columns=_columns(before, len(after), ("always",)),
        columns_narrow=_columns(before, len(after), ("always", "at-1280")),
        summary=f"{done} done, {active}{ahead} ahead of {len(JobState)} states",
        started=base.started,
        elapsed=base.elapsed,
        since=base.since,
        waiting=base.waiting,
        revision=base.revision,
    )


def mini_track(facts: TrackFacts) -> TrackView:
    """Draw the track as one line of squares, the present one larger and hollow."""
    order = stations(facts)
    here = order.index(place(facts.state))
    marks = [_mark(at, here) for at in range(len(order))]
    end, middle = 5 + 10 * (len(order) - 1), 5 + 10 * here
    return TrackView(
        marks=marks,
        width=end + 6,
        done_path=f"M5 8H{middle}",
        todo_path=f"M{middle} 8H{end + 1}",
        label=f"Stage {here + 1} of {len(order)}",
    )


def _siding(facts: TrackFacts, here: int, turn: int) -> SidingView:
    outcomes = list(facts.repair.outcomes)
    status = "active" if here == turn else "todo" if here < turn else "done" if outcomes else "skipped"
    visits = [facts.visits[state] for state in SIDING_STATES if state in facts.visits]
    seconds = sum(visit.seconds for visit in visits) if visits else None
    shown = facts.state if facts.state in SIDING_STATES else _S.SELF_HEALING
    return draw_siding(facts.repair, shown, status, seconds, facts.since if status == "active" else 0.0)


def _station(facts: TrackFacts, state: JobState, at: int, here: int) -> StationView:
    visit, word = facts.visits.get(state), STATE_WORDS[state]
    return StationView(
        state=state.value,
        label=word.label.capitalize(),
        status=_status(facts.state, at, here),
        tone=word.token,
        elapsed=fmt.elapsed(visit.seconds) if visit and STATE_KINDS[state] is not StateKind.TERMINAL else "",
        fact=_fact(visit) if visit else "",
        since=facts.since if at == here and STATE_KINDS[state] is not StateKind.TERMINAL else 0.0,
    )


def _fact(visit: Visit) -> str:
    """Fit a fact to its station: the scope is on the rail, and tests are only written here, not kept yet."""
    words = visit.fact.removesuffix(" in scope")
    return words.replace(" tests", " written") if visit.state is _S.GENERATING_TESTS else words


def _status(present: JobState, at: int, here: int) -> str:
    if at > here:
        return "todo"
    if at < here or present is _S.DELIVERED:
        return "done"
    return "stopped" if present in _BAD_ENDS else "active"


def _squeeze(before: list[StationView], after: int) -> list[StationView]:
    room = _FULL_WIDTH - siding.WIDTH - after * 68
    wide = max((room - _SQUEEZED * len(before)) // (_STATION - _SQUEEZED), 0)
    always = max(len(before) - wide, 0)
    narrow = max(always, min(_SQUEEZED_AT_1280, len(before)))
    kinds = ["always"] * always + ["at-1280"] * (narrow - always) + [""] * (len(before) - narrow)
    return [StationView(**{**one.__dict__, "squeeze": kind}) for one, kind in zip(before, kinds, strict=True)]


def _columns(before: Iterable[StationView], after: int, squeezed: Collection[str]) -> str:
    widths = [f"{_SQUEEZED}px" if one.squeeze in squeezed else "minmax(28px, 64px)" for one in before]
    return " ".join([*widths, f"{siding.WIDTH}px", *["minmax(60px, 72px)"] * after])


def _mark(at: int, here: int) -> TrackMark:
    middle = 5 + 10 * at
    if at == here:
        return TrackMark(f"{middle - 4.5:g}", "3.5", 9, "active")
    return TrackMark(f"{middle - 2.5:g}", "5.5", 5, "done" if at < here else "todo")
