"""What a person does with a job: change its scope before the start, and every offered action."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field, StringConstraints, field_validator

from iama_app.api.audited import changed
from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from iama_app.api.models import Body
from iama_app.api.revisions import BIGGEST_REVISION, IfMatch, expected_revision
from iama_app.api.v2.jobs import JobChanged
from services.canon.vocabulary import JobAction, ProposalLevel
from services.jobs.schemas import CreateJobRequest, SourceRequest
from services.workflow import service as workflow

router = APIRouter(prefix="/v2/jobs/{job_id}", tags=["jobs"])
Revision = Annotated[
    int | None,
    Field(default=None, ge=0, le=BIGGEST_REVISION, description="`state_revision` the caller saw; or send `If-Match`."),
]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=300)]
STEERING = (
    "JOB_NOT_FOUND",
    "JOB_OWNERSHIP_VIOLATION",
    "STATE_REVISION_CONFLICT",
    "TRANSITION_NOT_ALLOWED",
    "STATE_NOT_AVAILABLE",
    "REVISION_REQUIRED",
)


class ActionParams(Body):
    """Details of an action; each action reads its own."""

    proposal_id: UUID | None = Field(default=None, description="SELECT_STRATEGY: which one.")
    level: ProposalLevel | None = Field(default=None, description="SELECT_STRATEGY: which one, by its level.")
    revision_token: str | None = Field(default=None, max_length=200, description="APPROVE_SPEC: the revision seen.")
    accepted_hazards: list[ShortText] | None = Field(default=None, max_length=500)
    accept_hazards: bool | None = Field(default=None, description="APPROVE_SPEC: accept every disclosed hazard.")
    targets: list[ShortText] | None = Field(default=None, max_length=500, description="Tests to set aside.")
    note: str | None = Field(default=None, max_length=500, description="One line of clarification.")


class ActionRequest(Body):
    """An action under the revision that the caller saw."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"action": "SELECT_STRATEGY", "expected_revision": 5, "params": {"level": "STANDARD"}}]
        }
    )

    action: JobAction
    expected_revision: Revision
    params: ActionParams = ActionParams()


class ScopeChange(Body):
    """Another branch or scope for a job that has not started."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path_scope": ["src/slugify"], "expected_revision": 1}]})

    path_scope: list[str] | None = Field(default=None, min_length=1, max_length=50)
    branch: str | None = Field(default=None, max_length=255)
    expected_revision: Revision

    @field_validator("path_scope")
    @classmethod
    def _inside(cls, scopes: list[str] | None) -> list[str] | None:
        return None if scopes is None else CreateJobRequest._inside_the_repository(scopes)

    @field_validator("branch")
    @classmethod
    def _branch(cls, branch: str | None) -> str | None:
        return SourceRequest(url="file:///", branch=branch).branch


@router.post(
    "/actions",
    response_model=JobChanged,
    responses=refusals(
        *STEERING,
        "GIT_REMOTE_UNREACHABLE",
        "PATH_NOT_FOUND",
        "BRANCH_NOT_FOUND",
        "REPO_NOT_A_GIT_REPOSITORY",
        "REPO_EMPTY",
        "DAILY_JOB_LIMIT_REACHED",
        "ENTITLEMENT_INSUFFICIENT",
        "SPEC_NOT_READY",
        "SPEC_REVISION_CONFLICT",
        "SPEC_EMPTY",
        "SPEC_UNCHANGED",
        "HAZARD_NOT_ACCEPTED",
        "DEEP_FIX_NOT_CANCELLABLE",
    ),
)
async def act(
    request: Request, actor: CallingActor, job_id: UUID, body: ActionRequest, if_match: IfMatch = None
) -> JobChanged:
    """Do one offered action. The answer is the job as it stands then, with its new `state_revision`.

    The revision keeps an action from being done twice, so it needs no key.
    """
    revision = expected_revision(request, body.expected_revision)
    params = body.params.model_dump(mode="json", exclude_none=True)
    verb = workflow.act(actor, job_id, body.action, expected_revision=revision, params=params)
    return await changed(JobChanged, verb)


@router.patch("", response_model=JobChanged, responses=refusals(*STEERING))
async def change_scope(
    request: Request, actor: CallingActor, job_id: UUID, body: ScopeChange, if_match: IfMatch = None
) -> JobChanged:
    """Change branch or scope before the start; a job blocked by the check returns to `PENDING`."""
    revision = expected_revision(request, body.expected_revision)
    verb = workflow.change_scope(
        actor, job_id, expected_revision=revision, path_scope=body.path_scope, branch=body.branch
    )
    return await changed(JobChanged, verb)
