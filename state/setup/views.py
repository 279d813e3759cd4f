"""What the set-up screen draws, and how its fields become a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from services.access.schemas import Plan
from services.access.usage import UsageSummary
from services.canon.errors import IamaError
from services.canon.limits import SCOPE_MAX_BYTES, SCOPE_MAX_FILES
from services.jobs.schemas import CreateJobRequest, SourceRequest
from state.account.views import NO_LIMIT, left_words, plan_words
from state.jobs import format as fmt

FIELD_OF_CODE: dict[str, str] = {
    "GIT_URL_NOT_ALLOWED": "url",
    "GIT_REMOTE_UNREACHABLE": "url",
    "REPO_NOT_A_GIT_REPOSITORY": "url",
    "REPO_EMPTY": "url",
    "BRANCH_NOT_FOUND": "branch",
    "GOAL_NOT_UNDERSTOOD": "goal",
    "PATH_SCOPE_REQUIRED": "scope",
    "PATH_SCOPE_INVALID": "scope",
}
_FIELD_OF_LOCATION: dict[str, str] = {"source": "url", "path_scope": "scope", "goal": "goal"}
_SENTENCE_OF_FIELD: dict[str, str] = {
    "url": "Enter the address of a Git repository, such as https://host/owner/name or a folder on this machine.",
    "branch": "This is not a branch name.",
    "scope": "Enter folders or files inside the repository, one a line; a single dot is the whole tree.",
    "goal": "Say in one line what should change.",
}
TIME_LIMITS: tuple[tuple[str, str], ...] = (
    ("", "Standard for the suite"),
    ("60", "1 minute"),
    ("300", "5 minutes"),
    ("900", "15 minutes"),
    ("3600", "60 minutes"),
)
CEILINGS: tuple[tuple[str, str], ...] = (
    ("1", "L1 base only; ask before more"),
    ("2", "Up to L2 advanced, at repair 4 and later"),
    ("3", "Up to L3 premium; Deep Fix is still confirmed each time"),
)
SCOPE_LIMITS = f"{SCOPE_MAX_BYTES // 2**20} MB, {fmt.count(SCOPE_MAX_FILES)} files"


@dataclass(frozen=True)
class SetupErrors:
    """The sentence under each field; empty where nothing is wrong."""

    url: str = ""
    branch: str = ""
    scope: str = ""
    goal: str = ""


@dataclass(frozen=True)
class GoalView:
    """How a goal was understood, or what would be; `requests` are its sentences when there are several."""

    understood: str = ""
    examples: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class BillingView:
    """What the next job is counted against, in words."""

    plan: str = ""
    today: str = ""
    open_jobs: str = ""
    charged: str = ""


def billing_view(plan: Plan, use: UsageSummary, open_jobs: int) -> BillingView:
    """Word the meters: every figure is the ledger's or the plan's."""
    most = plan.concurrent_jobs
    return BillingView(
        plan=plan_words(plan),
        today=f"{use.phase_1.used} started, {left_words(use.phase_1)}",
        open_jobs=f"{open_jobs}, {NO_LIMIT}" if most is None else f"{open_jobs} of {most}",
        charged="nothing" if plan.source == "LOCAL_PLAN" else "your wallet",
    )


def build_request(fields: Mapping[str, Any]) -> CreateJobRequest:
    """Return the request of the form's fields.

    Raises:
        ValidationError: a field has no legal form; `errors_of` words it.
    """
    seconds = str(fields.get("test_timeout_seconds", ""))
    return CreateJobRequest.model_validate(
        {
            "source": {"kind": "GIT", "url": str(fields["url"]).strip(), "branch": _text(fields.get("branch"))},
            "path_scope": split_scope(str(fields["scope"])),
            "goal": str(fields["goal"]),
            "escalation_preauth": {"phase_ceiling": int(fields.get("phase_ceiling") or 1)},
            "own_code": bool(fields.get("own_code")),
            "review_tests": bool(fields.get("review_tests")),
            "test_timeout_seconds": int(seconds) if seconds else None,
        }
    )


def symbol_source(url: str, branch: str, scope: str) -> dict[str, Any] | None:
    """Return the source and scope that names are looked up in; None while the fields do not name one."""
    try:
        source = SourceRequest(url=url.strip(), branch=_text(branch))
    except ValidationError:
        return None
    return {"source": source, "path_scope": split_scope(scope) or ["."]}


def split_scope(text: str) -> list[str]:
    """Return the paths of the scope field: one a line or separated by commas."""
    return [part.strip() for line in text.splitlines() for part in line.split(",") if part.strip()]


def errors_of(error: ValidationError) -> SetupErrors:
    """Word each refused field once."""
    found = SetupErrors()
    for detail in error.errors():
        head = str(detail["loc"][0])
        name = "branch" if detail["loc"][-1] == "branch" else _FIELD_OF_LOCATION.get(head, "goal")
        found = replace(found, **{name: _SENTENCE_OF_FIELD[name]})
    return found


def field_error(error: IamaError) -> SetupErrors | None:
    """Return a refusal at the field it belongs to, or None when it belongs to the page."""
    name = FIELD_OF_CODE.get(error.code)
    return replace(SetupErrors(), **{name: f"{error.sentence} {error.remedy} ({error.code})"}) if name else None


def _text(value: Any) -> str | None:
    text = str(value or "").strip()
    return text or None
