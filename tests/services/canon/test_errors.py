"""Error codes against those typed from the API reference, and against their uses in code."""

import ast
import re
from pathlib import Path

import pytest

from services.canon.errors import ERRORS, IamaError

ROOT = Path(__file__).parents[3]
STATUSES = {
    "INVALID_EMAIL": 400,
    "WEAK_PASSWORD": 400,
    "EMAIL_ALREADY_EXISTS": 400,
    "CURRENT_PASSWORD_INCORRECT": 400,
    "TOKEN_IN_URL_FORBIDDEN": 400,
    "INVALID_CREDENTIALS": 401,
    "TOKEN_EXPIRED": 401,
    "REFRESH_TOKEN_EXPIRED": 401,
    "REFRESH_TOKEN_INVALID": 401,
    "AUTHENTICATION_REQUIRED": 401,
    "FORBIDDEN": 403,
    "JOB_OWNERSHIP_VIOLATION": 403,
    "ENTITLEMENT_DENIED": 403,
    "ENTITLEMENT_INSUFFICIENT": 403,
    "ROLE_INSUFFICIENT": 403,
    "POLICY_BLOCKED": 403,
    "CONSENT_REQUIRED": 403,
    "JOB_NOT_FOUND": 404,
    "NOT_FOUND": 404,
    "SPEC_REVISION_CONFLICT": 409,
    "REMOTE_HEAD_CONFLICT": 409,
    "POST_COMMIT_REVERT_BLOCKED": 409,
    "STATE_REVISION_CONFLICT": 409,
    "TRANSITION_NOT_ALLOWED": 409,
    "STATE_NOT_AVAILABLE": 409,
    "SPEC_NOT_READY": 409,
    "SPEC_UNCHANGED": 409,
    "RETRY_BUDGET_EXHAUSTED": 409,
    "DEEP_FIX_NOT_CANCELLABLE": 409,
    "IDEMPOTENCY_IN_PROGRESS": 409,
    "ARTIFACT_HASH_MISMATCH": 409,
    "ARTIFACT_EXPIRED": 410,
    "ARTIFACT_MISSING": 410,
    "VALIDATION_FAILED": 422,
    "REPO_SIZE_LIMIT_EXCEEDED": 422,
    "REPO_FILE_COUNT_LIMIT_EXCEEDED": 422,
    "PATH_SCOPE_REQUIRED": 422,
    "CONTEXT_FILES_BLOCKED": 422,
    "CONTEXT_CAP_EXCEEDED": 422,
    "SECRET_DETECTED": 422,
    "LANGUAGE_UNSUPPORTED": 422,
    "GIT_URL_NOT_ALLOWED": 422,
    "GIT_REMOTE_UNREACHABLE": 422,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "REVISION_REQUIRED": 428,
    "RATE_LIMITED": 429,
    "DAILY_JOB_LIMIT_REACHED": 429,
    "INTERNAL_ERROR": 500,
    "DEPENDENCY_UNAVAILABLE": 503,
}
"""Codes of the API reference that this product answers with."""


def _written_codes() -> set[str]:
    """Gather every text that stands alone as a value in the product or in a function of its database."""
    return {
        word
        for folder in ("services", "iama_app", "state", "workers", "alembic")
        for path in (ROOT / folder).rglob("*.py")
        if path != ROOT / "services/canon/errors.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in ([node.value] if node.value.isupper() else re.findall(r"'([A-Z_]+)'", node.value))
    }


def _raised_codes() -> dict[str, str]:
    found = {}
    for folder in ("services", "iama_app", "state", "workers"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "IamaError" and node.args:
                    argument = node.args[0]
                    if isinstance(argument, ast.Constant):
                        found[str(argument.value)] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


class TestErrors:
    @pytest.mark.parametrize("code", STATUSES)
    def test_answer_with_the_status_of_the_reference(self, code: str) -> None:
        assert ERRORS[code].http_status == STATUSES[code]

    @pytest.mark.parametrize("code", list(ERRORS))
    def test_say_what_happened_and_what_to_do(self, code: str) -> None:
        spec = ERRORS[code]
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", code)
        assert spec.sentence.endswith(".")
        assert spec.remedy.endswith(".")
        assert 400 <= spec.http_status < 600

    def test_each_has_code_that_raises_it(self) -> None:
        written = _written_codes()
        assert [code for code in ERRORS if code not in written] == []

    def test_raised_anywhere_stand_in_the_table(self) -> None:
        unknown = {code: place for code, place in _raised_codes().items() if code not in ERRORS}
        assert not unknown


class TestIamaError:
    def test_carries_the_tables_words_and_its_data(self) -> None:
        error = IamaError("STATE_REVISION_CONFLICT", current_revision=4)
        assert (error.http_status, error.retryable, error.data) == (409, True, {"current_revision": 4})
        assert error.sentence == ERRORS["STATE_REVISION_CONFLICT"].sentence

    def test_refuses_a_code_outside_the_table(self) -> None:
        with pytest.raises(KeyError):
            IamaError("NO_SUCH_CODE")
