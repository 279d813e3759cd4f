"""Every error code: HTTP status, sentence, what to do. The API, states, workers and the reference page read it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """One refusal: status of the HTTP answer, plain sentence, next step, whether a retry may help."""

    http_status: int
    sentence: str
    remedy: str
    retryable: bool = False


def _s(status: int, sentence: str, remedy: str, retryable: bool = False) -> ErrorSpec:
    return ErrorSpec(status, sentence, remedy, retryable)


ERRORS: dict[str, ErrorSpec] = {
    # 400
    "INVALID_EMAIL": _s(400, "This is not an e-mail address.", "Enter an address like name@example.org."),
    "WEAK_PASSWORD": _s(400, "The password is too short.", "Use at least 8 characters."),
    "EMAIL_ALREADY_EXISTS": _s(400, "An account with this address exists.", "Sign in instead."),
    "CURRENT_PASSWORD_INCORRECT": _s(400, "The current password is wrong.", "Enter the current password again."),
    "TOKEN_IN_URL_FORBIDDEN": _s(400, "A token must not be part of a URL.", "Send it in the Authorization header."),
    "MALFORMED_REQUEST": _s(400, "The request could not be read.", "Send a JSON object as the reference shows."),
    # 401
    "AUTHENTICATION_REQUIRED": _s(401, "Sign-in is required.", "Sign in, or send a bearer token."),
    "INVALID_CREDENTIALS": _s(401, "Address or password is wrong.", "Check both and try again."),
    "TOKEN_EXPIRED": _s(401, "The access token has expired.", "Refresh it and repeat the request."),
    "TOKEN_INVALID": _s(401, "The access token is not valid.", "Sign in again."),
    "REFRESH_TOKEN_EXPIRED": _s(401, "The refresh token has expired.", "Sign in again."),
    "REFRESH_TOKEN_INVALID": _s(401, "The refresh token is not valid.", "Sign in again."),
    # 403
    "FORBIDDEN": _s(403, "This is not allowed for you.", "Ask an owner of the workspace."),
    "CROSS_SITE_REQUEST": _s(403, "The request came from another site.", "Use the form on this site."),
    "JOB_OWNERSHIP_VIOLATION": _s(403, "You may see this job but not act on it.", "Ask its owner or a member."),
    "ROLE_INSUFFICIENT": _s(403, "Your role does not allow this.", "Ask an admin of the organisation."),
    "ENTITLEMENT_DENIED": _s(403, "The plan does not include this.", "Choose a plan that does."),
    "ENTITLEMENT_INSUFFICIENT": _s(403, "The plan does not include server execution.", "Choose Pro or above."),
    "CONSENT_REQUIRED": _s(403, "Data processing was not agreed to yet.", "Open the welcome page and agree first."),
    "POLICY_BLOCKED": _s(403, "A policy does not allow this.", "Meet the listed items or change the policy."),
    # 404
    "NOT_FOUND": _s(404, "There is nothing at this address.", "Check the address."),
    "METHOD_NOT_ALLOWED": _s(405, "This address does not take that method.", "See the reference for its methods."),
    "JOB_NOT_FOUND": _s(404, "There is no such job.", "Check the job id."),
    # 409
    "TRANSITION_NOT_ALLOWED": _s(409, "The job's state does not allow this.", "Reload and use an offered action."),
    "STATE_NOT_AVAILABLE": _s(409, "This installation does not enter that state yet.", "Use another offered action."),
    "STATE_REVISION_CONFLICT": _s(409, "Someone already changed this job.", "Reload and decide again.", True),
    "SPEC_REVISION_CONFLICT": _s(409, "The spec was changed meanwhile.", "Choose per field: mine, theirs or merged."),
    "SPEC_NOT_READY": _s(409, "The draft is still being written.", "Wait until it is ready."),
    "SPEC_UNCHANGED": _s(409, "The spec equals the approved revision.", "Change an item before running again."),
    "SPEC_EMPTY": _s(409, "The spec has no behaviour left.", "Keep or write at least one behaviour."),
    "RETRY_BUDGET_EXHAUSTED": _s(409, "All 10 repair attempts are used.", "Revise the spec and run again."),
    "DEEP_FIX_NOT_CANCELLABLE": _s(409, "Deep Fix cannot be cancelled once started.", "Wait for its result."),
    "REMOTE_HEAD_CONFLICT": _s(409, "The branch moved since the start.", "Decide how to go on."),
    "POST_COMMIT_REVERT_BLOCKED": _s(409, "The change was already committed.", "Use the reverse patch."),
    "IDEMPOTENCY_IN_PROGRESS": _s(409, "The first request with this key still runs.", "Wait, then repeat.", True),
    "HAZARD_NOT_ACCEPTED": _s(409, "The change has hazards nobody accepted.", "Accept each hazard at approval."),
    "PUBLISHING_CLOSED": _s(409, "This delivery can no longer be published.", "Download the patch bundle."),
    "ARTIFACT_HASH_MISMATCH": _s(409, "The stored result does not match its hash.", "Report it with the job id."),
    "ADMIN_ALREADY_EXISTS": _s(409, "There is a first administrator already.", "Administrators add each other."),
    # 410, 413
    "ARTIFACT_EXPIRED": _s(410, "The file was deleted at its expiry.", "Run the job again."),
    "ARTIFACT_MISSING": _s(410, "The stored file is gone.", "Restore it from a backup, or run the job again."),
    "BODY_TOO_LARGE": _s(413, "The request is too large.", "Send less than the stated limit."),
    # 422
    "VALIDATION_FAILED": _s(422, "Some fields are not valid.", "Correct the listed fields."),
    "PREVIEW_TIMED_OUT": _s(422, "The preview took too long.", "Narrow the scope or ask for less at once."),
    "GOAL_NOT_UNDERSTOOD": _s(422, "This goal cannot be carried out without a model.", "Use one of the examples."),
    "CHANGE_NOT_SAFE": _s(422, "The change cannot be made safely as asked.", "Widen the scope or ask for less."),
    "SENTENCE_NOT_UNDERSTOOD": _s(422, "No sentence could be turned into an item.", "Write it like an example."),
    "PATH_SCOPE_REQUIRED": _s(422, "No path scope was given.", "Name a folder or file; '.' is the whole tree."),
    "PATH_SCOPE_INVALID": _s(422, "The path scope is not a path inside the repository.", "Use a relative path."),
    "PATH_NOT_FOUND": _s(422, "The path does not exist at this head.", "Check spelling and branch."),
    "REPO_SIZE_LIMIT_EXCEEDED": _s(422, "The selection is too large.", "Choose a narrower path."),
    "REPO_FILE_COUNT_LIMIT_EXCEEDED": _s(422, "The selection has too many files.", "Choose a narrower path."),
    "REPO_NOT_A_GIT_REPOSITORY": _s(422, "There is no Git repository at this place.", "Check the address."),
    "REPO_EMPTY": _s(422, "The repository has no commit.", "Commit something first."),
    "BRANCH_NOT_FOUND": _s(422, "The branch does not exist.", "Check the branch name."),
    "GIT_URL_NOT_ALLOWED": _s(422, "This kind of Git address is not allowed.", "Use https, ssh or an allowed folder."),
    "GIT_REMOTE_UNREACHABLE": _s(422, "The Git remote did not answer.", "Check address and access.", True),
    "LANGUAGE_UNSUPPORTED": _s(422, "There is no Python code in the scope.", "Choose a path with Python sources."),
    "CONTEXT_FILES_BLOCKED": _s(422, "Some files cannot be read as source.", "Leave out the listed files."),
    "CONTEXT_CAP_EXCEEDED": _s(422, "The selection exceeds the context cap.", "Choose a narrower path."),
    "SECRET_DETECTED": _s(422, "A secret stands in the selection.", "Remove or ignore the file."),
    "BRANCH_NAME_INVALID": _s(422, "This is not an allowed branch name.", "Use the proposed name."),
    "IDEMPOTENCY_KEY_REUSED": _s(422, "The key was used for another request.", "Send a new key."),
    # 428, 429
    "REVISION_REQUIRED": _s(428, "The request does not say which revision it saw.", "Send expected_revision."),
    "RATE_LIMITED": _s(429, "Too many requests.", "Wait as the answer says.", True),
    "DAILY_JOB_LIMIT_REACHED": _s(429, "Today's starts are used.", "Wait until the reset.", True),
    # 5xx
    "INTERNAL_ERROR": _s(500, "Something failed on our side.", "Try again; report the reference if it stays.", True),
    "DEPENDENCY_UNAVAILABLE": _s(503, "A part of the installation does not answer.", "Try again shortly.", True),
    "INFRA_FAILURE": _s(503, "The platform failed; nothing is charged.", "Start the job again.", True),
    "SANDBOX_UNAVAILABLE": _s(503, "No sandbox could be started.", "See `iama doctor`.", True),
    "MODEL_PROVIDER_UNAVAILABLE": _s(503, "The model provider did not answer.", "Try again later.", True),
    "MODEL_OUTPUT_INVALID": _s(503, "The model's answer did not fit its schema.", "Try again.", True),
    "VERDICT_FORGED": _s(500, "A test run could not be trusted.", "See the run's log.", False),
    # model and proof
    "BUILD_FAILED": _s(422, "The project could not be built in the sandbox.", "See the build log."),
}


class IamaError(Exception):
    """A refusal with a code of the table.

    Args:
        code: a key of `ERRORS`; subclasses set the class attribute instead.
        sentence: replaces the table's sentence when the case can be said more precisely.
        data: machine-readable details; never source text, secrets or traces.
    """

    code: str = "INTERNAL_ERROR"

    def __init__(self, code: str | None = None, *, sentence: str | None = None, **data: Any) -> None:
        self.code = code or type(self).code
        spec = ERRORS[self.code]
        self.http_status = spec.http_status
        self.sentence = sentence or spec.sentence
        self.remedy = spec.remedy
        self.retryable = spec.retryable
        self.data = data
        super().__init__(f"{self.code}: {self.sentence}")
