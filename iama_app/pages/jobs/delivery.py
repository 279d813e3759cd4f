"""W14: delivery and diff review."""

import reflex as rx

from components.jobs.diff_viewer import diff_viewer
from components.jobs.evidence_band import evidence_band
from components.jobs.file_list import file_list
from components.jobs.frame import job_regions, page_rail
from components.jobs.handover import branch_block, methods, provenance_block
from components.ui.blocks import empty_block
from components.ui.button import button, link_button
from iama_app.shells.workspace import workspace
from state.account.session import SessionState
from state.jobs.delivery import DeliveryState as State

ON_LOAD = [SessionState.enter, State.enter]


def page() -> rx.Component:
    """Draw the evidence, the files beside the diff, and the ways of handing over."""
    review = rx.el.div(
        file_list(
            State.files, State.selection, on_open=State.open_file, on_toggle=State.toggle_file, locked=State.locked
        ),
        diff_viewer(
            State.diff,
            State.mode,
            State.sources,
            on_mode=State.choose_mode,
            on_hunk=State.toggle_hunk,
            locked=State.locked,
        ),
        class_name="review",
    )
    body = rx.cond(
        State.files.length() > 0,
        rx.fragment(evidence_band(State.evidence), review, _handover()),
        rx.fragment(evidence_band(State.evidence), _nothing()),
    )
    regions = job_regions(State, body, actions=[_expires()], activity="Building the diff")
    return workspace(*regions, rail=page_rail(State, "delivery"))


def _expires() -> rx.Component:
    line = rx.el.span("Patch expires ", State.head.expires, class_name="text-xs muted")
    return rx.cond(State.head.expires != "", line, rx.fragment())


def _nothing() -> rx.Component:
    run = link_button("Go to the run", "/jobs/" + State.head.job_id + "/execution", tag="arrow_right")
    return rx.el.div(empty_block("package_check", "No result to hand over in this state.", run), class_name="scroll")


def _handover() -> rx.Component:
    act = rx.el.div(
        button(
            State.verb,
            tag="git_branch",
            kind="primary",
            size="cta",
            on_click=State.deliver,
            disabled=State.selection.is_empty | ((State.locked | State.is_pushed) & (State.method == "PUSH_BRANCH")),
        ),
        rx.el.span(
            rx.cond(State.handover.closed_reason != "", State.handover.closed_reason, State.selection.summary),
            class_name="text-xs muted",
        ),
        class_name="handover-panel handover-act",
    )
    return rx.el.section(
        methods(State.handover.methods, State.method, State.choose_method),
        branch_block(
            State.handover, State.branch, State.editing_branch, on_edit=State.edit_branch, on_done=State.name_branch
        ),
        provenance_block(State.handover),
        act,
        class_name="handover",
        aria_label="Delivery",
    )
