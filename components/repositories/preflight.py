"""The check before a job: two bars against the limits and what is broken."""

import reflex as rx

from components.ui.alert import alert
from components.ui.icon import icon, spinner
from components.ui.meter import meter
from components.ui.table import facts


def preflight_result(verdict: rx.Var, activity: rx.Var[str] | str, *, running: rx.Var[bool]) -> rx.Component:
    """Draw the verdict of a check.

    Args:
        verdict: A `PreflightView`.
        activity: Name of what is going on while `running`.
    """
    idle = rx.el.p("Not measured yet.", class_name="text-xs muted")
    return rx.el.div(
        rx.cond(running, spinner(activity), rx.cond(verdict.done, _measured(verdict), idle)),
        aria_live="polite",
        class_name="stack stack--2 preflight",
    )


def _measured(verdict: rx.Var) -> rx.Component:
    return rx.fragment(
        _limit("Size", verdict.size),
        _limit("Files", verdict.files),
        facts(
            ("Branch", rx.el.span(verdict.branch, class_name="code-sm")),
            ("Head", rx.el.span(verdict.head, class_name="code-sm")),
        ),
        rx.cond(
            verdict.passed,
            rx.el.div(icon("circle_check", size=14), "Inside the limits", class_name="verdict text-success"),
            rx.foreach(verdict.violations, _violation),
        ),
    )


def _limit(name: str, limit: rx.Var) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(name, class_name="secondary"),
            rx.el.span(limit.text, class_name="medium"),
            class_name="limit__head",
        ),
        meter(limit.percent, name + ": " + limit.text, fill=limit.fill),
    )


def _violation(violation: rx.Var) -> rx.Component:
    return alert(
        violation.sentence,
        rx.el.div(violation.remedy, class_name="secondary"),
        token="danger",
        code=violation.code,
    )
