"""Changes of a spec by people: commit, restore, settle, preview of plain words. Rule 4.10 holds for each commit."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from services.access import service as access
from services.canon.errors import IamaError
from services.canon.lifecycle import SPEC_RESTART_STATES, JobState
from services.canon.permissions import Permission
from services.canon.vocabulary import JobAction
from services.core.actor import Actor
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.jobs.service import require_job
from services.llm.rules.sentences import restate
from services.llm.schemas import Half
from services.llm.vocabulary import ModelClass, RouteName
from services.specs import editing
from services.specs import service as specs
from services.specs.schemas import BddItem, ConversionPreview, Resolution, SddItem, SpecView
from services.tables.jobs import RefactorJob
from services.workflow import questions
from services.workflow.actions import ACTIONS
from services.workflow.model_layer import llm_settings
from services.workflow.moves import carry_out

Change = Callable[[UnitOfWork, RefactorJob], Awaitable[SpecView]]


async def edit_spec(
    actor: Actor,
    job_id: UUID,
    *,
    revision_token: str,
    bdd: list[BddItem] | None,
    sdd: list[SddItem] | None,
    kind: str = "HUMAN",
) -> SpecView:
    """Commit whole lists of items; a list that is left out stays. Refusals as `specs.save_revision`."""
    return await _revise(
        actor,
        job_id,
        lambda uow, job: specs.save_revision(uow, job, revision_token=revision_token, bdd=bdd, sdd=sdd, kind=kind),
    )


async def restore_spec(actor: Actor, job_id: UUID, *, number: int, revision_token: str) -> SpecView:
    """Commit an earlier revision's items anew. Refusals as `editing.restore`."""
    return await _revise(
        actor, job_id, lambda uow, job: editing.restore(uow, job, number=number, revision_token=revision_token)
    )


async def resolve_spec(
    actor: Actor, job_id: UUID, *, revision_token: str, resolutions: Sequence[Resolution]
) -> SpecView:
    """Commit the fields that a person settled after a conflict. Refusals as `editing.resolve`."""
    return await _revise(
        actor,
        job_id,
        lambda uow, job: editing.resolve(uow, job, revision_token=revision_token, resolutions=resolutions),
    )


async def _revise(actor: Actor, job_id: UUID, change: Change) -> SpecView:
    """Commit a change; while tests or code are being made the run stops and returns to approval (rule 4.10)."""
    async with unit_of_work(actor) as uow:
        job = await require_job(uow, job_id, Permission.JOBS_ACT, lock=True)
        before = await specs.find_latest(uow, job_id)
        view = await change(uow, job)
        changed = before is not None and before.id != view.revision_id
        if changed and JobState(job.status) in SPEC_RESTART_STATES:
            await carry_out(uow, job, ACTIONS[JobAction.REVISE_SPEC](job, {}))
        return view


async def convert_sentences(
    actor: Actor, job_id: UUID, *, text: str, half: Half, revision_token: str
) -> ConversionPreview:
    """Show what items a person's sentences would be; nothing is stored before they are committed.

    A configured model answers through the model worker; without one, or when it does not answer and policy allows,
    the sentences are restructured here.

    Raises:
        IamaError: `SENTENCE_NOT_UNDERSTOOD` with examples, `SPEC_REVISION_CONFLICT`, and as `specs.require_editable`;
            `MODEL_PROVIDER_UNAVAILABLE` and `MODEL_OUTPUT_INVALID` of a configured model.
    Req: V1-FR-SPEC-002.
    """
    async with unit_of_work(actor) as uow:
        job = await require_job(uow, job_id, Permission.JOBS_ACT)
        head = await specs.require_current(uow, job, revision_token)
        tier = (await access.get_plan(uow)).tier
    if not llm_settings().is_hosted:
        return _restructured(head, text, half)
    try:
        answer = await questions.ask(actor, questions.Question(job_id=job_id, tier=tier, text=text, half=half))
    except IamaError as error:
        if error.code != "MODEL_PROVIDER_UNAVAILABLE" or not llm_settings().allow_fallback:
            raise
        return _restructured(head, text, half)
    origin = "HUMAN" if answer.route == RouteName.RULES else "MODEL"
    return editing.preview(
        head, answer.value, half=half, model_class=answer.model_class, route=answer.route, origin=origin
    )


def _restructured(head: specs.tables.SpecRevision, text: str, half: Half) -> ConversionPreview:
    return editing.preview(
        head, restate(text, half), half=half, model_class=ModelClass.L1, route=RouteName.RULES, origin="HUMAN"
    )
