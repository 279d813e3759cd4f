"""W12: the execution monitor."""

import reflex as rx

from components.jobs.attempts import attempts_panel
from components.jobs.frame import cancel_button, job_regions, page_rail
from components.jobs.log_panel import log_panel
from components.jobs.now_panel import now_panel
from components.jobs.scope_panel import scope_panel
from components.jobs.stage_map import stage_map
from components.ui.button import link_button
from iama_app.shells.workspace import workspace
from state.account.session import SessionState
from state.jobs.execution import ExecutionMonitorState as State

ON_LOAD = [SessionState.enter, State.enter]


def page() -> rx.Component:
    """Draw the map over attempts and log, the evidence beside them."""
    centre = rx.el.div(
        attempts_panel(State.attempts, State.strip_heading),
        log_panel(
            State.log_settled,
            State.log_tail,
            State.log_earlier,
            State.following,
            on_earlier=State.load_earlier,
            on_follow=State.toggle_follow,
            on_pin=State.pin_log,
        ),
        class_name="stack execution-centre",
    )
    body = [stage_map(State.track), scope_panel(State), rx.el.div(centre, now_panel(State.now), class_name="split")]
    actions = [_next_step(), _edit_spec(), cancel_button(State)]
    regions = job_regions(State, *body, actions=actions, activity="Loading the run", track=False)
    return workspace(*regions, rail=page_rail(State, "execution"))


def _base() -> rx.Var[str]:
    return "/jobs/" + State.head.job_id


def _next_step() -> rx.Component:
    link = link_button(
        State.head.next_verb, _base() + "/" + State.head.next_page, tag="arrow_right", kind="primary", size="compact"
    )
    return rx.cond(State.head.next_verb != "", link, rx.fragment())


def _edit_spec() -> rx.Component:
    link = link_button("Edit spec", _base() + "/spec", tag="pencil_line", size="compact")
    return rx.cond(State.head.can_revise, link, rx.fragment())
