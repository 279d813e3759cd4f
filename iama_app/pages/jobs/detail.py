"""W7: job detail and audit viewer."""

import reflex as rx

from components.jobs.frame import cancel_button, job_regions, page_rail
from components.jobs.records import audit_table, fact_sections, timeline
from components.jobs.stage_map import stage_map
from components.ui.button import button, link_button
from iama_app.shells.workspace import workspace
from services.canon.vocabulary import ACTION_WORDS, JobAction
from state.account.session import SessionState
from state.jobs.detail import JobDetailState as State

ON_LOAD = [SessionState.enter, State.enter]


def page() -> rx.Component:
    """Draw the track over timeline and audit chain, the facts beside them."""
    centre = rx.el.div(
        timeline(State.transitions), audit_table(State.audit, State.audit_note), class_name="scroll", tab_index=0
    )
    facts = rx.el.aside(fact_sections(State.sections), class_name="detail", aria_label="Evidence")
    body = [stage_map(State.track), rx.el.div(centre, facts, class_name="split")]
    regions = job_regions(State, *body, actions=_actions(), activity="Loading the record", track=False)
    return workspace(*regions, rail=page_rail(State, ""))


def _actions() -> list[rx.Component]:
    word = ACTION_WORDS[JobAction.START]
    start = button(
        word.label,
        tag=word.icon,
        kind="primary",
        size="compact",
        solid=True,
        on_click=State.act(JobAction.START.value),
    )
    strategy = link_button("Strategy", "/jobs/" + State.head.job_id + "/strategy", tag="list_checks", size="compact")
    decide = link_button(
        "Decide", "/jobs/" + State.head.job_id + "/intervene", tag="circle_pause", kind="primary", size="compact"
    )
    scope = link_button("Change scope", "/jobs/" + State.head.job_id + "/execution", tag="folder", size="compact")
    return [
        rx.match(State.head.state, ("PENDING", start), ("REPO_PRECHECK_BLOCKED", scope), strategy),
        rx.cond(State.head.needs_decision, decide, rx.fragment()),
        cancel_button(State),
    ]
