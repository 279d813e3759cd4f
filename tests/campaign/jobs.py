"""Drives one job to its end while things are broken around it, and says what it met."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from iama_app.cli.driving import Ended, Wishes, drive
from iama_app.cli.local_client import LocalClient
from iama_app.cli.showing import Display
from services.canon.lifecycle import JobState
from services.canon.vocabulary import ProposalLevel
from services.feed.schemas import Frame
from services.jobs.schemas import CreateJobRequest
from tests.campaign.installation import Installation
from tests.campaign.kills import Kill, path_states
from tests.campaign.till import GOAL, SCOPE

GOES_ON_SECONDS = 60.0
"""How long a job may stand still after a kill."""

Strike = Callable[[JobState, Frame], None]
"""Sees the state that a job is in and each new fact of it."""


@dataclass
class Watch(Display):
    """Arms kills as the job reaches their states, notes when each fired and when the job went on."""

    installation: Installation
    kills: Sequence[Kill] = ()
    strike: Strike | None = None
    frames: list[Frame] = field(default_factory=list)
    fired: dict[Kill, float] = field(default_factory=dict)
    stood_still: dict[Kill, float] = field(default_factory=dict)
    job_id: UUID | None = None
    now_in: JobState = JobState.PENDING

    def __post_init__(self) -> None:
        super().__init__(quiet=True)
        states = path_states()
        for kill in self.kills:
            if not kill.is_stateless or kill.state is states[0]:
                self.installation.arm(kill)

    def frame(self, frame: Frame) -> None:
        """Keep one fact; a change of state arms what waits for it."""
        self.frames.append(frame)
        if frame.type == "state_change":
            self.now_in = JobState(frame.payload["state"])
            for kill in self.kills:
                if kill.is_stateless and _is_next(self.now_in, kill.state) and kill not in self.fired:
                    self.installation.arm(kill)
        if self.strike is not None:
            self.strike(self.now_in, frame)

    def tick(self) -> None:
        """Keep everything alive; hold every kill against the time in which the job must go on."""
        for kill in self.kills:
            if kill not in self.fired and self._was_armed(kill) and not self.installation.is_armed(kill):
                self.fired[kill] = time.time()
                self.installation.forget_restarts()
        for kill, moment in self.fired.items():
            if kill not in self.stood_still:
                self._look(kill, moment)
        self.installation.check()

    def close(self) -> None:
        """The job ended: every kill that fired was got over."""
        self.tick()
        for kill, moment in self.fired.items():
            self.stood_still.setdefault(kill, time.time() - moment)

    def _was_armed(self, kill: Kill) -> bool:
        if not kill.is_stateless or kill.state is path_states()[0]:
            return True
        return any(
            frame.type == "state_change" and _is_next(JobState(frame.payload["state"]), kill.state)
            for frame in self.frames
        )

    def _state_of_work(self) -> str:
        steps = self.installation.rows(
            "SELECT kind, state, status, tries, lost_count, lease_expires_at, available_at, published_at, outcome, "
            "error FROM workflow_steps WHERE job_id = %s ORDER BY created_at DESC LIMIT 4",
            self.job_id,
        )
        return "\n".join([*map(str, steps), self.installation.last_words()])

    def _look(self, kill: Kill, moment: float) -> None:
        alive = self.installation.rows(
            "SELECT 1 FROM workflow_steps WHERE job_id = %s AND heartbeat_at > to_timestamp(%s) LIMIT 1",
            self.job_id,
            moment,
        )
        if alive:
            self.stood_still[kill] = time.time() - moment
        assert time.time() - moment < GOES_ON_SECONDS, f"nothing went on after {kill}\n{self._state_of_work()}"


def _is_next(seen: JobState, awaited: JobState) -> bool:
    states = path_states()
    return seen in states and states.index(seen) + 1 == states.index(awaited) if awaited in states else False


@dataclass(frozen=True, slots=True)
class Driven:
    """A job at its end."""

    ended: Ended
    watch: Watch

    @property
    def job_id(self) -> UUID:
        """The job."""
        return self.ended.view.job_id

    def explain(self) -> str:
        """Say how it ended, for a failing test."""
        lines = [f"{f.seq} {f.type} {f.payload}"[:300] for f in self.watch.frames]
        return f"{self.ended.view.status} {self.ended.reason}\n" + "\n".join(lines[-80:])


class _Enough(Exception):
    """The job is where the test wanted it."""


def drive_job(
    installation: Installation, repository: Path, kills: Sequence[Kill] = (), strike: Strike | None = None
) -> Driven:
    """Create a job on a repository and take it to the pushed branch, with kills armed on its way.

    Args:
        strike: called for every fact, in the process that keeps the installation alive.
    """
    return _drive_all([(Watch(installation, kills, strike), repository)])[0]


def drive_jobs(installation: Installation, ways: Mapping[Path, Sequence[Kill]]) -> list[Driven]:
    """Take one job per repository to its branch, all at once: a kill hits whoever comes to its point first."""
    return _drive_all([(Watch(installation, kills), repository) for repository, kills in ways.items()])


def _drive_all(jobs: Sequence[tuple[Watch, Path]]) -> list[Driven]:
    async def together() -> list[Ended]:
        return list(await asyncio.gather(*(_drive(watch, repository) for watch, repository in jobs)))

    ended = jobs[0][0].installation.run(together())
    for watch, _ in jobs:
        watch.close()
    return [Driven(end, watch) for end, (watch, _) in zip(ended, jobs, strict=True)]


def drive_to(installation: Installation, repository: Path, kills: Sequence[Kill], goal: JobState) -> Watch:
    """Take a job as far as a state, with kills armed on its way, and leave it there."""

    def stop(state: JobState, _frame: Frame) -> None:
        if state is goal:
            raise _Enough

    watch = Watch(installation, kills, stop)
    with contextlib.suppress(_Enough):
        installation.run(_drive(watch, repository))
    watch.close()
    return watch


async def _drive(watch: Watch, repository: Path) -> Ended:
    client = await LocalClient.sign_in()
    await client.consent()
    request = {"source": {"kind": "GIT", "url": repository.as_uri()}, "path_scope": [SCOPE], "goal": GOAL}
    created = await client.create(
        CreateJobRequest.model_validate({**request, "escalation_preauth": {"phase_ceiling": 2}})
    )
    watch.job_id = created.job_id
    wishes = Wishes(ProposalLevel.STANDARD, yes=True, accept_hazards=True)
    return await drive(client, created.job_id, wishes, watch, watch.tick)
