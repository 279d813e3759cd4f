"""Revision rail and side-by-side comparison of two revisions."""

import reflex as rx

from components.jobs.parts import section_head
from components.ui.icon import icon


def revision_rail(revisions: rx.Var[list], head: rx.Var[str], more: rx.Component) -> rx.Component:
    """Draw revisions, newest first.

    Args:
        more: Control that shows all of them instead of the last three.
    """
    return rx.el.section(
        section_head("Revisions", rx.el.span(head, class_name="text-xs muted")),
        rx.el.ol(rx.foreach(revisions, _revision), class_name="revisions"),
        more,
    )


def _revision(one: rx.Var) -> rx.Component:
    return rx.el.li(
        rx.el.span(class_name="revision-dot"),
        rx.el.div(
            rx.el.span(
                rx.el.span(one.name, class_name="mono text-xs medium"), " ", rx.el.span(one.actor, class_name="medium")
            ),
            rx.el.span(one.at, class_name="text-xs muted"),
            class_name="job-between",
        ),
        rx.el.div(one.line, class_name="text-xs secondary"),
        rx.el.div(one.changed, class_name="text-xs muted"),
        class_name=rx.cond(one.is_draft, "revision revision-draft", "revision"),
    )


def linked_tests(title: rx.Var[str], note: rx.Var[str], tests: rx.Var[list]) -> rx.Component:
    """Draw the tests that speak for the opened behaviour."""
    return rx.el.section(
        section_head(title, rx.el.span(note, class_name="text-xs muted")),
        rx.el.ul(
            rx.foreach(
                tests,
                lambda test: rx.el.li(
                    rx.cond(test.tone == "ok", icon("circle_check", size=14), icon("flask_conical", size=14)),
                    rx.el.span(test.name, class_name="code-sm clip grow"),
                    rx.el.span(test.status, class_name="text-xs muted"),
                    class_name="job-tone-" + test.tone,
                ),
            ),
            class_name="linked-tests",
        ),
    )


def revision_comparison(lines: rx.Var[list], before: rx.Var[str], after: rx.Var[str]) -> rx.Component:
    """Draw two revisions side by side, only the fields that differ."""
    return rx.el.table(
        rx.el.caption("Fields that differ", class_name="visually-hidden"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Field", scope="col", style={"width": "112px"}),
                rx.el.th(before, scope="col"),
                rx.el.th(after, scope="col"),
            )
        ),
        rx.el.tbody(
            rx.foreach(
                lines,
                lambda line: rx.el.tr(
                    rx.el.td(line.place, class_name="mono text-xs muted"),
                    rx.el.td(line.before, class_name="compare-before"),
                    rx.el.td(line.after, class_name="compare-after"),
                ),
            )
        ),
        class_name="table revision-table",
    )
