"""Evidence column of the execution monitor: what still fails, what is left, which model, which sandbox."""

import reflex as rx

from components.jobs.parts import fact_list, nothing_yet, section_head
from components.ui.badge import class_chip
from components.ui.icon import icon
from components.ui.meter import count_cells


def now_panel(now: rx.Var) -> rx.Component:
    """Draw a `NowView`."""
    return rx.el.aside(
        _failing(now),
        _budget(now),
        rx.el.section(
            section_head(
                "Model route", rx.cond(now.model_class != "", class_chip(now.model_class, in_use=True), rx.fragment())
            ),
            fact_list(now.route),
        ),
        rx.el.section(section_head("Sandbox"), fact_list(now.sandbox)),
        rx.el.section(section_head(now.spec_title, rx.el.span(now.spec_line, class_name="text-xs muted"))),
        class_name="detail",
        aria_label="Evidence now",
    )


def failing_tests(tests: rx.Var[list]) -> rx.Component:
    """Draw `FailingTestView` cards."""
    return rx.foreach(
        tests,
        lambda test: rx.el.div(
            rx.el.div(test.name, class_name="code-sm"),
            rx.el.div(test.message, class_name="code-sm job-tone-bad"),
            rx.el.div(test.location, class_name="code-sm muted"),
            class_name="job-fail",
        ),
    )


def _failing(now: rx.Var) -> rx.Component:
    return rx.el.section(
        section_head("Still failing", rx.el.span(now.failing_after, class_name="text-xs muted")),
        rx.cond(now.failing.length() > 0, failing_tests(now.failing), nothing_yet("No failing test on record.")),
    )


def _budget(now: rx.Var) -> rx.Component:
    rows = rx.el.dl(
        rx.el.dt("Attempts, cycle"),
        rx.el.dd(count_cells(now.attempt_cells, now.attempts_total)),
        rx.el.dt("Attempts, total"),
        rx.el.dd(now.attempts_total, class_name="medium"),
        rx.el.dt("Identical failures"),
        rx.el.dd(count_cells(now.identical_cells, "Identical failures in a row")),
        class_name="facts",
    )
    warning = rx.el.div(icon("triangle_alert"), rx.el.span(now.warning), class_name="job-inline-warning", role="status")
    return rx.el.section(
        section_head("Budget", rx.el.span(now.cycle, class_name="text-xs muted")),
        rows,
        rx.cond(now.warning != "", warning, rx.fragment()),
    )
