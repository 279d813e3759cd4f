"""The set-up form becomes exactly the request that its fields say, or sentences at its fields."""

import pytest
from pydantic import ValidationError

from services.access.schemas import PhaseLimit, Plan
from services.access.usage import PhaseUse, UsageSummary
from services.canon.errors import ERRORS, IamaError
from services.core.clock import now
from state.setup.views import FIELD_OF_CODE, billing_view, build_request, errors_of, field_error, split_scope

FIELDS = {"url": "/srv/git/app", "branch": "", "scope": "src\npkg, tests", "goal": "Clean up", "phase_ceiling": "2"}


class TestBuildRequest:
    def test_carries_every_choice(self) -> None:
        request = build_request({**FIELDS, "own_code": True, "test_timeout_seconds": "300"})
        assert request.source.url == "/srv/git/app" and request.source.branch is None
        assert request.path_scope == ["pkg", "src", "tests"]
        assert request.escalation_preauth.phase_ceiling == 2
        assert request.own_code and request.test_timeout_seconds == 300

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"url": " "}, "url"),
            ({"branch": "--upload-pack=x"}, "branch"),
            ({"scope": "../elsewhere"}, "scope"),
            ({"scope": ""}, "scope"),
            ({"goal": "   "}, "goal"),
        ],
    )
    def test_says_at_the_field_what_is_wrong(self, change: dict[str, str], field: str) -> None:
        with pytest.raises(ValidationError) as refusal:
            build_request({**FIELDS, **change})
        found = errors_of(refusal.value)
        assert getattr(found, field)
        assert [name for name in ("url", "branch", "scope", "goal") if getattr(found, name)] == [field]


class TestSplitScope:
    def test_takes_lines_and_commas(self) -> None:
        assert split_scope(" a \n\nb, c,\n") == ["a", "b", "c"]


class TestFieldError:
    @pytest.mark.parametrize(
        ("code", "field", "next_step"),
        [
            ("GOAL_NOT_UNDERSTOOD", "goal", "examples"),
            ("REPO_NOT_A_GIT_REPOSITORY", "url", "Check the address"),
            ("REPO_EMPTY", "url", "Commit something first"),
            ("BRANCH_NOT_FOUND", "branch", "Check the branch name"),
            ("PATH_SCOPE_INVALID", "scope", "relative path"),
        ],
    )
    def test_places_a_refusal_at_its_field_with_the_next_step(self, code: str, field: str, next_step: str) -> None:
        found = field_error(IamaError(code))
        assert found is not None and next_step in getattr(found, field)

    def test_knows_no_code_that_nothing_raises(self) -> None:
        assert set(FIELD_OF_CODE) <= set(ERRORS)

    def test_leaves_what_belongs_to_no_field_to_the_page(self) -> None:
        assert field_error(IamaError("CONSENT_REQUIRED")) is None


class TestBillingView:
    def test_says_what_the_meters_say(self) -> None:
        limit = PhaseLimit(type="daily", limit=60)
        plan = Plan.model_construct(
            tier="PRO", source="GATEWAY", concurrent_jobs=8, phase_1_limit=limit, cycle_start=now(), cycle_end=now()
        )
        use = UsageSummary.model_construct(phase_1=PhaseUse(used=7, limit=60, reset_type="daily"))
        view = billing_view(plan, use, 4)
        assert (view.plan, view.today, view.open_jobs) == ("Pro plan", "7 started, 53 of 60 left", "4 of 8")
        assert view.charged == "your wallet"

    def test_local_plan_counts_too_and_charges_nothing(self) -> None:
        plan = Plan.model_construct(tier="MAX", source="LOCAL_PLAN", concurrent_jobs=None)
        view = billing_view(plan, UsageSummary.model_construct(phase_1=PhaseUse(used=7)), 2)
        assert (view.plan, view.today, view.open_jobs) == ("Local plan", "7 started, no limit", "2, no limit")
        assert view.charged == "nothing"
