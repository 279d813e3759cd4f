"""The generated tests of a job: what was written, for which behaviour, and why some behaviours have none."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType
from services.baselines.schemas import CaseMode, GeneratedSuite
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs

router = APIRouter(prefix="/v2/jobs/{job_id}", tags=["spec"])


class GeneratedTest(BaseModel):
    """One test: what it calls, what it expects, where that was seen."""

    test_id: str
    item_id: str
    target: str
    mode: CaseMode
    call: str
    expected: str | None
    raises: str | None
    source: str
    guessed: bool


class SetAsideTest(BaseModel):
    """A test taken out before approval, with the reason."""

    test_id: str
    item_id: str
    reason: str


class GeneratedTests(BaseModel):
    """The newest suite; empty before tests were written."""

    mode: CaseMode | None
    files: dict[str, str]
    items: list[GeneratedTest]
    unobserved: dict[str, str]
    set_aside: list[SetAsideTest]


@router.get("/tests", response_model=GeneratedTests, responses=refusals("JOB_NOT_FOUND", "ARTIFACT_EXPIRED"))
async def get_tests(actor: CallingActor, job_id: UUID) -> GeneratedTests:
    """Generated tests by behaviour, with their source text."""
    async with unit_of_work(actor) as uow:
        await jobs.require_job(uow, job_id)
        artifact_id = await artifacts.find_latest(uow, job_id, ArtifactType.TEST_SUITE)
    if artifact_id is None:
        return GeneratedTests(mode=None, files={}, items=[], unobserved={}, set_aside=[])
    content = await artifacts.read_artifact(actor, artifact_id, job_id)
    return _view(GeneratedSuite.model_validate_json(content))


def _view(suite: GeneratedSuite) -> GeneratedTests:
    items = [
        GeneratedTest(item_id=case.item_key, **{name: getattr(case, name) for name in _CASE_FIELDS})
        for case in suite.cases
    ]
    aside = [
        SetAsideTest(test_id=test.test_id, item_id=test.item_key, reason=test.reason) for test in suite.quarantined
    ]
    files = {path: content.decode("utf-8", errors="replace") for path, content in sorted(suite.files.items())}
    return GeneratedTests(mode=suite.mode, files=files, items=items, unobserved=suite.unobserved, set_aside=aside)


_CASE_FIELDS = ("test_id", "target", "mode", "call", "expected", "raises", "source", "guessed")
