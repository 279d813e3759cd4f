"""W13: the intervention workspace."""

import reflex as rx

from components.jobs.decision_panel import decision_panel
from components.jobs.frame import cancel_button, job_regions, page_rail
from components.ui.button import link_button
from iama_app.shells.workspace import workspace
from state.account.session import SessionState
from state.jobs.intervene import NOTE_LONGEST
from state.jobs.intervene import InterventionState as State

ON_LOAD = [SessionState.enter, State.enter]


def page() -> rx.Component:
    """Draw why it stopped, the evidence, the last patch, the actions, one line of clarification."""
    run = link_button("Run", "/jobs/" + State.head.job_id + "/execution", tag="history", size="compact")
    body = rx.fragment(
        decision_panel(State.view, on_act=State.decide), rx.cond(State.view.takes_note, _note(), rx.fragment())
    )
    regions = job_regions(State, body, actions=[run, cancel_button(State)], activity="Loading the evidence")
    return workspace(*regions, rail=page_rail(State, "execution"))


def _note() -> rx.Component:
    return rx.el.div(
        rx.el.label("Clarification", html_for="note", class_name="label"),
        rx.el.input(
            id="note",
            default_value=State.note,
            on_blur=State.word_note,
            max_length=NOTE_LONGEST,
            placeholder="One line, recorded with the action",
            class_name="input input--mono grow",
        ),
        class_name="action-bar",
    )
