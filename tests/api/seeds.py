"""Jobs at states that a test needs, reached through the real transition function without any worker."""

from uuid import UUID, uuid4

from services.artifacts import service as artifacts
from services.artifacts.packing import pack_tree
from services.artifacts.schemas import ArtifactType
from services.baselines.schemas import CaseMode, GeneratedCase, GeneratedSuite
from services.canon.lifecycle import JobState
from services.core.actor import Actor
from services.core.tree import file_fingerprint
from services.delivery import evidence, rules
from services.engine.diff import unified_patch
from services.engine.document import EditDocument, FileCreate, Operation, SearchReplace, document_to_json
from services.infra.unit_of_work import unit_of_work
from services.jobs.service import require_job
from services.jobs.transitions import Transition, transition
from services.specs import service as specs
from services.tables.evidence import EvidenceRecord, PatchAttempt
from services.tables.jobs import StrategyProposal

S = JobState
TO_STRATEGY = (S.REPO_SYNCING, S.REPO_SYNC_SCRATCH_WIPING, S.ANALYZING, S.WAITING_STRATEGY)
TO_SPEC = (*TO_STRATEGY, S.WAITING_SPEC_APPROVAL)
TO_DELIVERED = (
    *TO_SPEC,
    S.GENERATING_TESTS,
    S.REMOTE_EXECUTION_QUEUED,
    S.REMOTE_EXECUTION_RUNNING,
    S.BASELINE_VALIDATION,
    S.REFACTORING,
    S.SELF_HEALING,
    S.REMOTE_WIPE_VERIFYING,
    S.DELIVERED,
)
TO_FALLBACK = (*TO_DELIVERED[:-2], S.RECOVERY_PENDING, S.FALLBACK_REQUIRED)
BEHAVIOUR = {
    "id": "B-1",
    "title": "Prices are summed",
    "given": "a list of prices",
    "when_action": "total([1, 2]) is called",
    "then_outcome": "it returns 3",
    "evidence": [],
    "origin": "MODEL",
}

BEFORE = {
    "shop/prices.py": b"def total(items):\n    return sum([i for i in items])\n",
    "shop/names.py": b"FIRST = u'a'\n" + b"# kept\n" * 10 + b"LAST = u'b'\n",
}
AFTER = {
    "shop/prices.py": b"def total(items):\n    return sum(items)\n",
    "shop/names.py": b"FIRST = 'a'\n" + b"# kept\n" * 10 + b"LAST = 'b'\n",
}


async def move(actor: Actor, job_id: UUID, states: tuple[JobState, ...]) -> None:
    """Take a job along legal pairs, nothing else happening on the way."""
    for state in states:
        async with unit_of_work(actor) as uow:
            job = await require_job(uow, job_id, lock=True)
            changes = {"head_sha_at_start": "b" * 40} if state is S.REPO_SYNCING else {}
            await transition(uow, job_id, job.state_revision, Transition(state, "seeded", changes=changes))


async def add_proposals(actor: Actor, job_id: UUID) -> UUID:
    """Write the three strategies; return the first."""
    rows = [
        StrategyProposal(
            id=uuid4(), tenant_id=actor.tenant_id, job_id=job_id, level=level, title=level.title(), summary="Seeded.",
            risk_score=risk,
        )
        for risk, level in enumerate(("CONSERVATIVE", "STANDARD", "COMPREHENSIVE"), 1)
    ]  # fmt: skip
    async with unit_of_work(actor) as uow:
        uow.session.add_all(rows)
    return rows[0].id


async def add_spec(actor: Actor, job_id: UUID) -> str:
    """Write a ready first revision; return its token."""
    async with unit_of_work(actor) as uow:
        job = await require_job(uow, job_id, lock=True)
        job.spec_status = "READY"
        uow.session.add(job)
        row = await specs.add_revision(uow, job_id, kind="GENERATED", bdd=[BEHAVIOUR], sdd=[], parent=None)
        return row.revision_token


async def add_attempt(actor: Actor, job_id: UUID) -> None:
    """Write attempt 0."""
    async with unit_of_work(actor) as uow:
        uow.session.add(PatchAttempt(tenant_id=actor.tenant_id, job_id=job_id, attempt_number=0, outcome="PASSED"))


async def add_artifact(actor: Actor, job_id: UUID, kind: ArtifactType, content: bytes, name: str) -> UUID:
    """Store one artifact and return its id."""
    blob = await artifacts.write_blob(actor, content)
    async with unit_of_work(actor) as uow:
        return artifacts.add_artifact(uow, job_id, kind, blob, name=name)


def text_edits() -> list[Operation]:
    """The exact edits between `BEFORE` and `AFTER`."""
    pairs = {
        "shop/prices.py": [("sum([i for i in items])", "sum(items)")],
        "shop/names.py": [("u'a'", "'a'"), ("u'b'", "'b'")],
    }
    return [
        SearchReplace(path=path, base_fingerprint=file_fingerprint(BEFORE[path]), search=old, replace=new)
        for path, edits in pairs.items()
        for old, new in edits
    ]


async def deliver(actor: Actor, job_id: UUID, *, by_text: bool = True) -> None:
    """Take a job to its delivery, with result, patches, evidence and tests; `by_text` as exact edits alone."""
    await move(actor, job_id, TO_DELIVERED)
    operations = text_edits() + ([] if by_text else [FileCreate(path="shop/new.py", content="")])
    document = document_to_json(EditDocument(operations=operations)).encode()
    edits = await add_artifact(actor, job_id, ArtifactType.EDIT_OPERATIONS, document, "edit-document")
    result = pack_tree(rules.pack_sides(BEFORE, AFTER))
    await add_artifact(actor, job_id, ArtifactType.RESULT_TREE, result, "changed-files")
    for kind, sides in ((ArtifactType.PATCH, (BEFORE, AFTER)), (ArtifactType.REVERSE_PATCH, (AFTER, BEFORE))):
        await add_artifact(actor, job_id, kind, unified_patch(*sides).encode(), f"{kind.value.lower()}.patch")
    case = GeneratedCase(
        test_id="t::total", item_key="B-1", target="shop.prices:total", defined_at="shop/prices.py:1",
        call="total([1, 2])", mode=CaseMode.ASSERTION, source="docstring", expected="3",
    )  # fmt: skip
    suite = GeneratedSuite(folder="iama_tests", files={"iama_tests/test_b1.py": b"assert True\n"}, cases=(case,))
    await add_artifact(actor, job_id, ArtifactType.TEST_SUITE, suite.model_dump_json().encode(), "tests")
    record = evidence.statement(dict.fromkeys(AFTER, "0" * 64), {"job": str(job_id)})
    ids = {"tenant_id": actor.tenant_id, "job_id": job_id}
    async with unit_of_work(actor) as uow:
        uow.session.add(
            EvidenceRecord(**ids, artifact_hash="a" * 64, document=record, record_hash=evidence.record_hash(record))
        )
        uow.session.add(PatchAttempt(**ids, attempt_number=0, outcome="APPLIED", document_artifact_id=edits))
