"""The jobs: one row of two lines each, with the outcome strip of its tests."""

import reflex as rx

from components.layout.heads import count_bar, spacer
from components.ui.badge import state_badge
from components.ui.blocks import empty_block, loading_rows, problem_block
from components.ui.button import button, link_button
from components.ui.icon import icon
from components.ui.risk_bar import risk_bar
from components.ui.strip import outcome_strip, strip_legend
from components.ui.table import Column, cell, table
from state.jobs_list.list import JobsListState

_COLUMNS = (
    Column("State", "212px"),
    Column("Goal and path"),
    Column("Risk and strategy", "172px"),
    Column("Behaviour, before and after", "200px"),
    Column("Repository", "136px", drop=True),
    Column("Took, started", "112px", number=True),
    Column("Expires", "60px", number=True),
    Column("", "76px"),
)


def job_table() -> rx.Component:
    """Draw the rows, or what stands in their place."""
    rows = table(_COLUMNS, rx.foreach(JobsListState.view.rows, _row), caption="Jobs, newest first", density="two-line")
    waiting = rx.cond(JobsListState.problem.code == "", loading_rows("Loading jobs", rows=12), rx.fragment())
    return rx.el.div(
        problem_block(JobsListState.problem, on_retry=JobsListState.retry),
        rx.cond(
            JobsListState.loaded,
            rx.cond(JobsListState.view.total > 0, rows, rx.cond(JobsListState.is_filtered, _nothing(), _never())),
            waiting,
        ),
        class_name="scroll",
    )


def list_foot() -> rx.Component:
    """Draw how many are shown, the way to more, and what the strip's marks mean."""
    more = button("Load more", size="compact", on_click=JobsListState.load_more)
    return count_bar(
        rx.el.span(JobsListState.view.shown, class_name="secondary"),
        rx.cond(JobsListState.view.has_more, more, rx.fragment()),
        spacer(),
        strip_legend(),
    )


def _row(job: rx.Var) -> rx.Component:
    return rx.el.tr(
        cell(
            state_badge(job.state, count=job.count, wide=True),
            rx.cond(job.reason != "", rx.el.div(job.reason, class_name="job-row__reason code-sm clip")),
        ),
        cell(
            rx.el.a(job.goal, href=job.href, class_name="medium clip job-row__goal", custom_attrs={"data-open": ""}),
            rx.el.div(job.path, class_name="code-sm muted clip"),
        ),
        cell(risk_bar(job.risk), rx.el.div(job.strategy, class_name="text-xs secondary clip")),
        cell(_strip(job)),
        cell(_repository(job), drop=True),
        cell(_took(job), rx.el.div(job.started, class_name="text-xs muted"), number=True),
        cell(
            rx.el.span(job.expires, class_name=["text-xs", rx.cond(job.expires_soon, "text-warning", "secondary")]),
            number=True,
        ),
        cell(link_button("View", job.href, kind="quiet", size="compact"), number=True),
        key=job.job_id,
        custom_attrs={"data-row": job.job_id},
    )


def _strip(job: rx.Var) -> rx.Component:
    return rx.cond(job.has_strip, outcome_strip(job.strip), rx.el.span("no tests yet", class_name="text-xs muted"))


def _repository(job: rx.Var) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            icon("server", size=14, label="Server sandbox"),
            rx.el.span(job.repository, class_name="clip"),
            class_name="row",
        ),
        rx.el.div(job.place, class_name="text-xs muted"),
    )


def _took(job: rx.Var) -> rx.Component:
    counting = rx.el.div(job.took, class_name="text-info medium", custom_attrs={"data-since": job.since})
    return rx.cond(job.since > 0, counting, rx.el.div(job.took))


def _never() -> rx.Component:
    return empty_block(
        "history",
        'No job has run yet. Start one here, or in a terminal: ./iama refactor REPO --scope PATH --goal "…"',
        link_button("New job", "/jobs/new", tag="play", solid=True),
    )


def _nothing() -> rx.Component:
    return empty_block(
        "search",
        "No job matches these filters.",
        button("Clear filters", tag="x", on_click=JobsListState.clear),
    )
