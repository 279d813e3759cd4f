"""The frame of a job screen: rail, head, notice and problem, then the page's own regions."""

from typing import Any

import reflex as rx

from components.jobs.head import job_head, job_rail
from components.jobs.parts import notice_panel
from components.ui.alert import alert
from components.ui.blocks import live_region, loading_rows, problem_block
from components.ui.button import button
from components.ui.dialog import confirm

_SCRIPT = "/job.js"


def job_regions(
    state: Any, *body: rx.Component, actions: list[rx.Component] | None = None, activity: str, track: bool = True
) -> list[rx.Component]:
    """Return the regions of a job page from top to bottom.

    Args:
        state: A state class made of `JobPageState`.
        body: Band, centre and action bar.
        actions: Controls at the right end of the page head.
        activity: What is being fetched while the page loads.
    """
    loading = rx.el.div(loading_rows(activity, rows=8, height=36), class_name="scroll")
    return [
        rx.el.script(src=_SCRIPT, custom_attrs={"async": True}),
        rx.cond(state.loaded, job_head(state.head, *(actions or []), track=track), rx.fragment()),
        rx.cond(state.head.why != "", alert(state.head.why, token="warning", code=state.head.reason), rx.fragment()),
        notice_panel(state.notice, state.reload),
        problem_block(state.problem, on_retry=state.reload),
        rx.cond(state.loaded, rx.fragment(*body), rx.cond(state.problem.code == "", loading, rx.fragment())),
        live_region(state.head.badge),
        cancel_dialog(state),
    ]


def page_rail(state: Any, current: str) -> rx.Component:
    """Draw the context rail of a page."""
    return job_rail(state.head, state.rail, current)


def cancel_button(state: Any) -> rx.Component:
    """Draw the cancel button where the job can be cancelled."""
    control = button("Cancel job", tag="square", kind="danger", size="compact", on_click=state.ask_cancel)
    return rx.cond(state.head.can_cancel, control, rx.fragment())


def cancel_dialog(state: Any) -> rx.Component:
    """Draw the confirmation before a job is cancelled."""
    return confirm(
        "Cancel this job",
        rx.el.p("“", state.head.goal, "” stops now. The sandbox is erased and the run cannot be resumed."),
        rx.el.p("Log, attempts and evidence are kept; the repository is not touched."),
        is_open=state.confirming,
        on_close=state.keep_job,
        on_confirm=state.cancel_job,
        verb="Cancel job",
        safe="Keep running",
        tag="square",
        name="cancel-job",
    )
