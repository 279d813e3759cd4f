"""Words and figures of the job screens, from the views of the services."""

from datetime import UTC, datetime, timedelta

import pytest

from services.canon.lifecycle import JobState
from services.canon.vocabulary import JobAction
from state.jobs import format as fmt
from state.jobs import present, present_delivery, present_execution, present_records, present_spec, present_strategy
from tests.support import job_samples as story

S = JobState
NOW = datetime(2026, 3, 3, 14, 22, 40, tzinfo=UTC)


def _track(state: JobState):
    job = story.job(state, NOW)
    attempts = story.attempts(NOW) if job.attempt_total else []
    return job, attempts, present.track_facts(job, story.transitions(state, NOW, story.route_to(state)), attempts, NOW)


class TestFormat:
    @pytest.mark.parametrize(("seconds", "shown"), [(61, "01:01"), (3661, "1:01:01"), (None, "—"), (-5, "00:00")])
    def test_elapsed(self, seconds: float | None, shown: str) -> None:
        assert fmt.elapsed(seconds) == shown

    def test_a_missing_figure_is_a_dash_never_zero(self) -> None:
        assert {fmt.count(None), fmt.of(None, 3), fmt.money(None), fmt.day(None), fmt.digest("")} == {"—"}

    def test_thousands_money_and_times(self) -> None:
        assert (fmt.count(9214), fmt.money(124), fmt.day(NOW)) == ("9\u2009214", "$1.24", "Mar 3 2026, 14:22 UTC")

    def test_ids_of_neighbours_differ_although_they_begin_alike(self) -> None:
        one, two = "01a1fc8c-5ff2-7504-9eb4-3ed44435d851", "01a1fc8c-5fd3-7e65-8fbd-058cc584c011"
        assert (fmt.short_id(one), fmt.short_id(two)) == ("4435d851", "c584c011")


class TestNextStep:
    @pytest.mark.parametrize(
        ("state", "page"),
        [(S.WAITING_STRATEGY, "strategy"), (S.WAITING_SPEC_APPROVAL, "spec"), (S.WAITING_INTERVENTION, "intervene")],
    )
    def test_a_job_that_waits_for_people_leads_to_the_page_that_decides(self, state: JobState, page: str) -> None:
        job, _, track = _track(state)
        assert present.head_view(job, track).next_page == page

    def test_a_job_that_moves_offers_none(self) -> None:
        job, _, track = _track(S.SELF_HEALING)
        assert present.head_view(job, track).next_verb == ""


class TestTrack:
    def test_times_of_states_add_up(self) -> None:
        job, _, track = _track(S.SELF_HEALING)
        total = sum(visit.seconds for visit in track.visits.values())
        assert total == pytest.approx((NOW - job.created_at).total_seconds())

    def test_the_fact_stands_under_the_state_it_was_measured_in(self) -> None:
        _, _, track = _track(S.SELF_HEALING)
        assert track.visits[S.ANALYZING].fact == "AST 94"

    def test_a_state_entered_twice_sums_its_visits(self) -> None:
        job = story.job(S.SELF_HEALING, NOW)
        moves = story.transitions(S.SELF_HEALING, NOW, story.ROUTE)
        back = moves[-1].model_copy(
            update={"from_state": S.SELF_HEALING, "to_state": S.WAITING_INTERVENTION, "at": NOW}
        )
        again = back.model_copy(update={"from_state": S.WAITING_INTERVENTION, "to_state": S.SELF_HEALING})
        found = present.visits(job, [*moves, back, again], NOW + timedelta(seconds=10))
        assert found[S.SELF_HEALING].seconds == pytest.approx(613)

    def test_waiting_for_people_leaves_out_the_time_before_the_start(self) -> None:
        job, _, track = _track(S.SELF_HEALING)
        assert present.map_view(job, track, NOW).waiting == "20:25"

    def test_a_finished_job_has_no_running_clock(self) -> None:
        job, _, track = _track(S.DELIVERED)
        view = present.map_view(job, track, NOW)
        assert view.since == 0.0
        assert view.revision == "Ended, revision 31"


class TestHead:
    def test_repair_never_goes_without_its_count(self) -> None:
        job, _, track = _track(S.SELF_HEALING)
        assert present.head_view(job, track).badge == "SELF HEALING 4/10"

    def test_who_may_only_look_gets_no_controls(self) -> None:
        job, _, track = _track(S.SELF_HEALING)
        head = present.head_view(job.model_copy(update={"available_actions": []}), track)
        assert not (head.can_act or head.can_cancel or head.can_revise)

    def test_a_stopped_job_shows_its_reason(self) -> None:
        job, _, track = _track(S.FALLBACK_REQUIRED)
        assert present.head_view(job, track).reason == "RETRY_BUDGET_EXHAUSTED"

    def test_a_failed_job_says_why_in_a_sentence(self) -> None:
        job, _, track = _track(S.PENDING)
        failed = {"status": S.FAILED, "failure_reason": "LANGUAGE_UNSUPPORTED", "failure_message": "No Python here."}
        assert present.head_view(job.model_copy(update=failed), track).why == "No Python here."
        assert present.head_view(job, track).why == ""

    def test_a_blocked_job_says_which_limits_it_breaks(self) -> None:
        job, _, track = _track(S.PENDING)
        detail = {"violations": [{"code": "REPO_FILE_COUNT_LIMIT_EXCEEDED"}, {"code": "PATH_NOT_FOUND"}]}
        blocked = job.model_copy(update={"status": S.REPO_PRECHECK_BLOCKED, "failure_detail": detail})
        why = present.head_view(blocked, track).why
        assert "too many files. Choose a narrower path." in why and "does not exist at this head" in why


class TestRail:
    def test_names_repository_scope_and_isolation(self) -> None:
        rail = present.rail_view(story.job(S.SELF_HEALING, NOW))
        assert (rail.repository_owner, rail.repository, rail.scope) == ("harbourline/", "freight-billing", "billing/")
        assert rail.isolation_note == "gVisor, level 2 of 3"

    def test_unknown_counts_stay_dashes(self) -> None:
        assert present.rail_view(story.job(S.PENDING, NOW)).tests_count == "—"


class TestExecution:
    def test_a_running_attempt_counts_on_and_shows_no_fingerprint(self) -> None:
        rows = present_execution.attempt_rows(story.attempts(NOW), story.run("BASELINE", 0, story.strip()), NOW)
        assert (rows[-1].running, rows[-1].fingerprint, rows[-1].passed) == (True, "running", "27")
        assert rows[0].kind == "Refactoring"

    def test_identical_failures_fill_cells(self) -> None:
        rows = present_execution.attempt_rows(story.attempts(NOW), None, NOW)
        assert rows[3].same == [True, True, False]

    def test_warns_one_failure_before_the_pause(self) -> None:
        now = present_execution.now_view(story.job(S.SELF_HEALING, NOW), story.attempts(NOW))
        assert now.warning == "One more a41f·7c02 pauses the job."

    def test_failing_tests_come_from_the_newest_finished_attempt(self) -> None:
        now = present_execution.now_view(story.job(S.SELF_HEALING, NOW), story.attempts(NOW))
        assert now.failing_after == "after attempt 3"
        assert now.failing[0].message == "Decimal('412.50') != Decimal('375.00')"

    def test_a_cost_nobody_metered_is_a_dash(self) -> None:
        assert {row.cost for row in present_execution.attempt_rows(story.attempts(NOW), None, NOW)} == {"—"}

    def test_the_own_suite_is_compared_where_nothing_was_generated(self) -> None:
        bare = {"generated_strip": "", "generated_total": 0, "generated_passed": 0, "own_counts": {"passed": 100}}
        run = story.run("BASELINE", 0, story.strip()).model_copy(update={**bare, "own_strip": "p" * 100})
        first = story.attempts(NOW)[0]
        assert first.run is not None
        changed = first.run.model_copy(update={**bare, "own_strip": "p" * 99 + "f"})
        row = present_execution.attempt_rows([first.model_copy(update={"run": changed})], run, NOW)[0]
        assert (row.passed, row.total) == ("100", "/100")
        assert row.strip.label.endswith("1 changed")
        assert present_execution.strip_heading(run) == "100 own tests"


class TestStrategy:
    def test_three_columns_in_fixed_order_on_shared_rows(self) -> None:
        view = present_strategy.strategy_view(story.job(S.WAITING_STRATEGY, NOW), story.proposals())
        assert [one.title for one in view.proposals] == ["Conservative", "Standard", "Comprehensive"]
        assert all(len(row.cells) == 3 for row in view.rows)
        assert view.chosen == "STANDARD"

    def test_a_fact_nobody_measured_has_no_row(self) -> None:
        bare = [one.model_copy(update={"facts": {"files_changed": 1}}) for one in story.proposals()]
        labels = [row.label for row in present_strategy.strategy_view(story.job(S.WAITING_STRATEGY, NOW), bare).rows]
        assert labels == ["Files changed", "Hazards"]

    def test_guided_words_leave_technical_rows_out(self) -> None:
        view = present_strategy.strategy_view(story.job(S.WAITING_STRATEGY, NOW), story.proposals(), "A")
        assert not [row.label for row in view.rows if row.is_technical and row.label != "Reach in scope"]

    def test_equal_sets_are_shown_as_equal(self) -> None:
        same = [
            one.model_copy(update={"facts": {**one.facts, "same_as": "CONSERVATIVE" if at else None}})
            for at, one in enumerate(story.proposals())
        ]
        view = present_strategy.strategy_view(story.job(S.WAITING_STRATEGY, NOW), same)
        assert [one.equal_to for one in view.proposals] == ["", *["Same edits as Conservative."] * 2]


class TestDelivery:
    def _view(self, evidence: dict):
        runs = story.run("BASELINE", 0, story.strip()), story.run("REPAIR", 4, story.strip())
        return present_delivery.evidence_view(story.job(S.DELIVERED, NOW), *runs, evidence)

    def test_red_that_stayed_red_is_no_change(self) -> None:
        view = self._view({})
        assert (view.changed_line, view.changed_tone, view.suite_note) == ("0 of 318 changed", "ok", "red stayed red")

    def test_what_was_not_measured_is_a_dash(self) -> None:
        view = self._view({})
        assert (view.score, view.seeds) == ("—", [])
        assert {fact.value for fact in view.baseline if fact.label == "Changed lines run"} == {"—"}

    def test_every_survivor_is_listed_with_its_place(self) -> None:
        view = self._view(story.EVIDENCE)
        assert view.score == "95.3"
        assert view.seeds.count("survived") == 3
        assert view.survivors[0].place == "surcharges.py:88"

    def test_only_accepted_hazards_are_listed(self) -> None:
        hazards = {**story.EVIDENCE["hazards"], "accepted": ["H-2"]}
        assert [one.mark for one in self._view({"hazards": hazards}).hazards] == ["H-2"]

    def test_closed_publishing_locks_the_branch_and_leaves_the_patch(self) -> None:
        job = story.job(S.DELIVERED, NOW, publishing_closed_reason="REMOTE_HEAD_CONFLICT")
        assert [one.enabled for one in present_delivery.methods(job, None)] == [False, True]


class TestSpec:
    def test_a_note_that_nothing_was_seen_is_no_observation(self) -> None:
        spec = story.spec(S.WAITING_SPEC_APPROVAL, NOW)
        note = {"kind": "UNOBSERVED", "path": "a.py", "note": "No test was found."}
        items = [item.model_copy(update={"evidence": [note]}) for item in spec.bdd_items]
        view = present_spec.spec_view(
            story.job(S.WAITING_SPEC_APPROVAL, NOW), spec.model_copy(update={"bdd_items": items})
        )
        rows = present_spec.behaviour_rows([item.model_dump() for item in items], {}, {})
        assert view.coverage[0].value == f"0 of {len(items)}"
        assert not any(row.is_observed for row in rows)
        assert present_spec.linked_tests(items[0].model_dump(), []) == []

    @pytest.mark.parametrize(
        ("state", "is_drafting", "sentence"),
        [
            (S.WAITING_STRATEGY, False, "The spec is drafted after a strategy is chosen."),
            (S.WAITING_SPEC_APPROVAL, True, "The spec is being drafted."),
            (S.FALLBACK_REQUIRED, False, "The job ended before a spec was drafted."),
        ],
    )
    def test_without_a_spec_only_a_job_that_drafts_one_says_so(
        self, state: S, is_drafting: bool, sentence: str
    ) -> None:
        view = present_spec.spec_view(story.job(state, NOW), None)
        assert (view.revision, view.is_drafting, view.locked_reason) == ("", is_drafting, sentence)


class TestRecords:
    def test_an_audited_move_says_from_where_to_where_and_why(self) -> None:
        body = {
            "at": "2026-03-03T13:36:40+00:00",
            "seq": 5,
            "tenant_id": "t",
            "old_state": "PENDING",
            "new_state": "REPO_SYNCING",
            "trigger": "handed_over",
            "reason_code": None,
            "branch": "main",
        }
        event = story.audit(NOW)[0].model_copy(update={"body": body})
        assert present_records.audit_rows([event], "")[0].line == "Pending → Repo syncing, handed over, branch main"

    def test_a_link_that_does_not_fit_is_marked(self) -> None:
        events = story.audit(NOW)
        events[2] = events[2].model_copy(update={"prev_hash": "0" * 64})
        assert [row.is_linked for row in present_records.audit_rows(events, "")] == [True, True, False, True, True]

    def test_an_expired_artifact_keeps_its_row_without_download(self) -> None:
        rows = present_records.artifact_rows(story.artifacts(NOW), NOW, {"PATCH", "LOG_BUNDLE"})
        assert [(row.can_download, row.expires_tone) for row in rows] == [
            (False, ""),
            (False, "warn"),
            (True, ""),
            (False, "mut"),
        ]

    def test_a_pause_names_the_cause_and_offers_what_the_service_offers(self) -> None:
        job = story.job(S.WAITING_INTERVENTION, NOW)
        view = present_records.decision_view(job, story.attempts(NOW, True, False), None, NOW)
        assert view.title == "The same failure came back 3 times"
        assert [one.action for one in view.actions][0] == JobAction.CONTINUE_STANDARD_REPAIR
        assert JobAction.CANCEL not in [one.action for one in view.actions]
        assert view.deadline_left == "55:00"

    def test_a_behaviour_without_test_is_listed_with_the_reason(self) -> None:
        spec = story.spec(S.SELF_HEALING, NOW)
        view = present_records.safety_net(story.job(S.SELF_HEALING, NOW), None, spec.bdd_items, story.suite())
        assert [(one.name, one.why) for one in view.uncovered] == [
            ("Minimum charge applies after all surcharges", "no call with literal arguments")
        ]


class TestGuidedWords:
    def _words(self, segment: str) -> str:
        job = story.job(S.DELIVERED, NOW).model_copy(
            update={
                "baseline_mode": "CHARACTERIZATION",
                "execution_mode": "LOCAL_NATIVE",
                "test_network_mode": "ENTERPRISE_ALLOWLIST",
            }
        )
        views = [
            present.rail_view(job, segment=segment),
            present_delivery.evidence_view(job, None, None, {}, segment),
            present_delivery.handover_view(job, bundle_bytes=None, published=None, record_hash=None, segment=segment),
            present_spec.spec_view(job, story.spec(S.DELIVERED, NOW), segment),
            present_strategy.strategy_view(job, story.proposals(), segment).figures,
            present_records.safety_net(job, None, [], None, segment),
            present_records.detail_sections(job, [], None, None, segment),
        ]
        return " ".join(str(view) for view in views)

    TECHNICAL = (
        "AST confidence",
        "SDD, ",
        "Local Native",
        "FQDN allowlist",
        "Characterization",
        "One commit",
        "the head",
    )

    def test_a_guided_reader_meets_no_technical_word(self) -> None:
        assert [word for word in self.TECHNICAL if word in self._words("A")] == []

    @pytest.mark.parametrize("segment", ["B", "C"])
    def test_a_developer_and_an_enterprise_meet_all_of_them(self, segment: str) -> None:
        assert [word for word in self.TECHNICAL if word not in self._words(segment)] == []
