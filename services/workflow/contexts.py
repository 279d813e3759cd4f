"""What hosted models were shown for a job, read back from the record of its calls."""

from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from services.engine.context.admission import GUIDANCE
from services.infra.unit_of_work import UnitOfWork
from services.jobs import service as jobs
from services.llm.context.manifest import BlockedFile, ContextManifest, ManifestSlice, PruningReport
from services.tables.evidence import ModelCall
from services.tables.repositories import ContextFilterDecision

MANIFEST_KEY = "context_manifest"


class ContextView(BaseModel):
    """The context of the newest call that sent source; without such a call only what was kept from reading.

    `blocked` joins what the sync filter and the call's own filter kept out, by path.
    """

    model_call_id: UUID | None = None
    stage: str | None = None
    attempt_number: int | None = None
    model_alias: str | None = None
    tokenizer: str | None = None
    cap_tokens: int | None = None
    total_tokens: int | None = None
    slices: list[ManifestSlice] = []
    pruning: PruningReport | None = None
    blocked: list[BlockedFile] = []
    redactions: dict[str, int] = {}


async def find_context(uow: UnitOfWork, job_id: UUID) -> ContextView:
    """Return what the newest hosted call of a job was shown (V1-FR-CTX-003).

    Raises:
        IamaError: as `jobs.require_job`.
    """
    await jobs.require_job(uow, job_id)
    decisions = select(ContextFilterDecision).where(ContextFilterDecision.job_id == job_id)
    blocked = {row.path: _blocked(row) for row in await uow.session.exec(decisions)}
    calls = select(ModelCall).where(ModelCall.job_id == job_id, col(ModelCall.detail).op("?")(MANIFEST_KEY))
    call = (await uow.session.exec(calls.order_by(col(ModelCall.created_at).desc()).limit(1))).first()
    if call is None or call.detail is None:
        return ContextView(blocked=_by_path(blocked))
    manifest = ContextManifest.model_validate(call.detail[MANIFEST_KEY])
    return ContextView(
        model_call_id=call.id,
        stage=call.stage,
        attempt_number=call.attempt_number,
        model_alias=call.model_alias,
        tokenizer=manifest.tokenizer,
        cap_tokens=manifest.cap_tokens,
        total_tokens=manifest.total_tokens,
        slices=manifest.slices,
        pruning=manifest.pruning,
        blocked=_by_path(blocked | {item.path: item for item in manifest.blocked}),
        redactions=manifest.redactions,
    )


def _blocked(row: ContextFilterDecision) -> BlockedFile:
    return BlockedFile(path=row.path, reason_code=row.reason_code, guidance=GUIDANCE.get(row.reason_code, ""))


def _by_path(blocked: dict[str, BlockedFile]) -> list[BlockedFile]:
    return [blocked[path] for path in sorted(blocked)]
