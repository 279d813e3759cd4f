"""Attempts table: what each attempt changed in the generated tests, its class, fingerprint and cost."""

import reflex as rx

from components.jobs.outcome_strip import outcome_legend, outcome_line
from components.jobs.parts import nothing_yet, running_time
from components.layout.heads import panel_head
from components.layout.words import said
from components.ui.badge import class_chip
from services.canon.segment_words import Term


def attempts_panel(attempts: rx.Var[list], heading: rx.Var[str]) -> rx.Component:
    """Draw the attempts of a job, oldest first.

    Args:
        heading: Title of the strip column: how many generated tests there are.
    """
    table = rx.el.table(
        rx.el.caption("Attempts", class_name="visually-hidden"),
        rx.el.thead(
            rx.el.tr(
                _th("#"),
                _th("Kind"),
                _th("Class"),
                _th("Started", "drop"),
                _th("Took", "number"),
                rx.el.th(heading, scope="col"),
                _th("Passed", "number"),
                _th("Fingerprint"),
                _th("Same"),
                _th("Cost", "number"),
            )
        ),
        rx.el.tbody(rx.foreach(attempts, _row)),
        class_name="table table--attempts attempts",
    )
    return rx.fragment(
        panel_head("Attempts", outcome_legend(), fact=said(Term.ATTEMPTS_NOTE), tag="history"),
        rx.cond(attempts.length() > 0, table, nothing_yet(said(Term.NO_ATTEMPT))),
    )


def _th(title: str, look: str = "") -> rx.Component:
    return rx.el.th(title, scope="col", class_name=look)


def _row(attempt: rx.Var) -> rx.Component:
    return rx.el.tr(
        rx.el.td(attempt.number, class_name="medium"),
        rx.el.td(attempt.kind),
        rx.el.td(rx.cond(attempt.model_class != "", class_chip(attempt.model_class, in_use=attempt.running), "—")),
        rx.el.td(attempt.started, class_name="mono text-xs secondary drop"),
        rx.el.td(
            running_time(attempt.took, attempt.since, rx.cond(attempt.running, "job-tone-info", "")),
            class_name="mono text-xs number",
        ),
        rx.el.td(outcome_line(attempt.strip)),
        rx.el.td(
            rx.el.span(attempt.passed, class_name=rx.cond(attempt.running, "medium job-tone-info", "medium")),
            rx.el.span(attempt.total, class_name="muted"),
            class_name="number",
        ),
        rx.el.td(attempt.fingerprint, class_name="mono text-xs secondary"),
        rx.el.td(
            rx.cond(
                attempt.same.length() > 0,
                rx.el.span(
                    rx.foreach(attempt.same, _same_cell),
                    class_name="cells",
                    role="img",
                    aria_label="Same failure as before",
                ),
                rx.fragment(),
            )
        ),
        rx.el.td(attempt.cost, class_name="number"),
        title=attempt.note,
        custom_attrs={"data-current": attempt.running},
    )


def _same_cell(filled: rx.Var[bool]) -> rx.Component:
    return rx.el.i(class_name=rx.cond(filled, "cell cell--warning", "cell cell--empty"))
