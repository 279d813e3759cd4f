"""Beside the change: hazards to accept one by one, and the operations."""

import reflex as rx

from components.ui.table import facts
from state.preview.preview import PreviewState as State


def detail() -> rx.Component:
    """Draw the detail column."""
    return rx.fragment(_hazards(), _operations(), _source())


def _hazards() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Hazards", class_name="text-md"),
        rx.el.p(State.hazard_line, class_name="text-xs muted", role="status"),
        rx.foreach(State.hazards, _hazard),
        aria_label="Hazards",
    )


def _hazard(row: rx.Var) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox", checked=row.accepted, on_change=State.accept(row.hazard_id), class_name="check__box"
        ),
        rx.el.span(
            row.sentence,
            rx.el.span(row.kind, " · ", rx.el.span(row.place, class_name="mono"), class_name="choice__note"),
            class_name="hazard-text",
        ),
        class_name="choice",
    )


def _operations() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Operations", class_name="text-md"),
        rx.el.p(State.view.operation_fact, class_name="text-xs muted"),
        rx.el.ol(rx.foreach(State.view.operations, _operation)),
        aria_label="Operations",
    )


def _operation(row: rx.Var) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.number, class_name="text-xs muted"),
        rx.el.span(row.op, " ", rx.el.span(row.path, class_name="muted"), class_name="mono text-xs clip"),
        rx.el.span(row.status, class_name=rx.cond(row.tone == "REFUSED", "text-xs text-danger", "text-xs muted")),
        class_name="check-row",
    )


def _source() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Source", class_name="text-md"),
        facts(("Head", rx.el.span(State.view.head, class_name="mono")), ("Branch", State.view.branch)),
        aria_label="Source",
    )
