"""Five commands race on one job in every order: one winner per revision, a refusal with its code for the others."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState, is_legal
from services.canon.vocabulary import JobAction
from services.infra.migrate import DatabaseUrls
from services.infra.unit_of_work import unit_of_work
from services.repositories.schemas import Preflight
from services.specs import service as specs
from services.specs.schemas import BddItem
from services.workflow import service as workflow
from tests.support.bench import Bench, Workspace

RANDOM_ORDERS = 100
LOSING_CODES = {"STATE_REVISION_CONFLICT", "TRANSITION_NOT_ALLOWED", "SPEC_REVISION_CONFLICT", "SPEC_NOT_READY"}
"""The last is an edit's, where a choice of strategy won and the draft is being made anew."""

MOVERS = frozenset({"cancel", "start", "select", "approve"})
"""Commands under the state's revision; `edit` stands under the spec's own token."""

_S = JobState


@dataclass(frozen=True, slots=True)
class Racer:
    """One job, what a caller saw of it, and the commands that race on it."""

    workspace: Workspace
    job_id: UUID
    token: str

    async def command(self, name: str, pause_seconds: float = 0) -> tuple[str, str | None]:
        """Give one command as the caller who saw revision 0; answers with the refusal's code or None."""
        await asyncio.sleep(pause_seconds)
        try:
            await _COMMANDS[name](self)
        except IamaError as error:
            return name, error.code
        return name, None

    async def act(self, action: JobAction, **params: Any) -> None:
        """Act under the revision seen."""
        await workflow.act(self.workspace.person, self.job_id, action, expected_revision=0, params=params)

    async def edit(self) -> None:
        """Edit the spec under the token seen."""
        bdd = [_behaviour("as a person edited it")]
        await workflow.edit_spec(self.workspace.person, self.job_id, revision_token=self.token, bdd=bdd, sdd=None)


_COMMANDS: dict[str, Callable[[Racer], Awaitable[None]]] = {
    "cancel": lambda racer: racer.act(JobAction.CANCEL),
    "start": lambda racer: racer.act(JobAction.START),
    "select": lambda racer: racer.act(JobAction.SELECT_STRATEGY, level="STANDARD"),
    "approve": lambda racer: racer.act(JobAction.APPROVE_SPEC, revision_token=racer.token),
    "edit": lambda racer: racer.edit(),
}


def _behaviour(outcome: str) -> BddItem:
    return BddItem(id="B-01", title="Totals", given="a till", when_action="a total is asked for", then_outcome=outcome)


async def _place(bench: Bench, workspace: Workspace, state: JobState) -> Racer:
    ready = {"spec_status": "READY"} if state is not _S.PENDING else {}
    job_id = bench.job(workspace, state.value, **ready)
    bench.insert(
        "strategy_proposals", id=job_id, tenant_id=workspace.tenant_id, job_id=job_id, generation=0, level="STANDARD",
        title="Standard", summary="", risk_score=1,
    )  # fmt: skip
    async with unit_of_work(workspace.platform) as uow:
        row = await specs.add_revision(
            uow, job_id, kind="GENERATED", bdd=[_behaviour("the sum is given").model_dump()], sdd=[], parent=None
        )
    return Racer(workspace, job_id, row.revision_token)


def _assert_linear(bench: Bench, racer: Racer, begun_in: JobState, answers: Sequence[tuple[str, str | None]]) -> None:
    refused = {code for _, code in answers if code is not None}
    assert refused <= LOSING_CODES, f"{refused - LOSING_CODES} in {answers}"
    winners = [name for name, code in answers if code is None]
    assert sum(name in MOVERS for name in winners) <= 1, f"two winners on one revision: {answers}"
    moves = bench.rows(
        "SELECT state_revision, from_state, to_state FROM job_transitions WHERE job_id = %s ORDER BY state_revision",
        racer.job_id,
    )
    assert [move["state_revision"] for move in moves] == list(range(1, len(moves) + 1))
    states = [begun_in.value, *(move["to_state"] for move in moves)]
    assert [move["from_state"] for move in moves] == states[:-1]
    assert all(is_legal(JobState(a), JobState(b)) for a, b in zip(states, states[1:], strict=False))
    assert bench.state(racer.job_id)["status"] == states[-1]
    numbers = [row["number"] for row in bench.rows(
        "SELECT number FROM spec_revisions WHERE job_id = %s ORDER BY number", racer.job_id
    )]  # fmt: skip
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == 1 + ("edit" in winners)


@pytest.fixture(scope="module")
def loop(app_env: dict[str, str]) -> Iterator[asyncio.Runner]:
    """One event loop for every race of this module, with the module's database behind it."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def bench(database_urls: DatabaseUrls) -> Iterator[Bench]:
    """An administrator's look at the module's database."""
    made = Bench(database_urls.admin)
    yield made
    made.connection.close()


@pytest.fixture
def workspace(bench: Bench) -> Workspace:
    """A person with a workspace nobody else uses."""
    return bench.workspace()


@pytest.fixture
def preflight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer the measuring of a repository at once: it is no part of the race."""

    async def measured(_job: object) -> Preflight:
        await asyncio.sleep(0)
        return Preflight("main", "main", "0" * 40, 1, 1, 1, 1, {})

    monkeypatch.setattr(workflow, "_preflight", measured)


@pytest.mark.usefixtures("preflight")
class TestRaces:
    @pytest.mark.parametrize("state", [_S.PENDING, _S.WAITING_STRATEGY, _S.WAITING_SPEC_APPROVAL])
    def test_every_order_of_five_has_one_winner(
        self, loop: asyncio.Runner, bench: Bench, workspace: Workspace, state: JobState
    ) -> None:
        async def race_all() -> Counter[str]:
            won: Counter[str] = Counter()
            for order in permutations(_COMMANDS):
                racer = await _place(bench, workspace, state)
                answers = await asyncio.gather(*(racer.command(name) for name in order))
                _assert_linear(bench, racer, state, answers)
                won.update(name for name, code in answers if code is None)
            return won

        won = loop.run(race_all())
        assert sum(won[name] for name in MOVERS) >= 120 - won["edit"]
        assert won["cancel"]

    @pytest.mark.parametrize("seed", [1, 2])
    def test_random_orders_with_repeats_have_one_winner(
        self, loop: asyncio.Runner, bench: Bench, workspace: Workspace, seed: int
    ) -> None:
        chance = random.Random(seed)

        async def race_all() -> None:
            for _ in range(RANDOM_ORDERS // 2):
                state = chance.choice([_S.PENDING, _S.WAITING_STRATEGY, _S.WAITING_SPEC_APPROVAL])
                racer = await _place(bench, workspace, state)
                names = chance.choices(list(_COMMANDS), k=chance.randint(2, 8))
                answers = await asyncio.gather(*(racer.command(n, chance.uniform(0, 0.01)) for n in names))
                _assert_linear(bench, racer, state, answers)

        loop.run(race_all())
