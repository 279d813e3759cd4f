"""W11b: test and coverage review."""

import reflex as rx

from components.jobs.decision_panel import action_list
from components.jobs.frame import cancel_button, job_regions, page_rail
from components.jobs.parts import section_head
from components.jobs.safety_net import coverage_column, tests_by_behaviour
from iama_app.shells.workspace import workspace
from state.account.session import SessionState
from state.jobs.tests import TestReviewState as State

ON_LOAD = [SessionState.enter, State.enter]


def page() -> rx.Component:
    """Draw the tests by behaviour, coverage beside them, and what can be decided now."""
    decide = rx.el.section(
        section_head("What you can do"), action_list(State.view.actions, State.act), class_name="decision-section"
    )
    centre = rx.el.div(
        rx.cond(State.view.actions.length() > 0, decide, rx.fragment()),
        tests_by_behaviour(State.view.groups, State.view.frozen_line),
        class_name="scroll",
        tab_index=0,
    )
    body = rx.el.div(centre, coverage_column(State.view), class_name="split")
    regions = job_regions(State, body, actions=[cancel_button(State)], activity="Loading the tests")
    return workspace(*regions, rail=page_rail(State, "tests"))
