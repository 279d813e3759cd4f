"""The change itself: how it was understood, refusals, definitions, references by confidence."""

import reflex as rx

from components.jobs.diff_viewer import diff_viewer
from components.jobs.file_list import file_list
from components.layout.heads import panel, panel_head
from components.ui.alert import alert
from components.ui.icon import icon
from components.ui.table import Column, cell, table
from state.preview.preview import PreviewState as State


def understood_section() -> rx.Component:
    """Say what would be done, step by step, and what is refused."""
    said = rx.el.div(
        icon("circle_check", size=14),
        rx.el.span(State.view.understood),
        class_name=["verdict", rx.cond(State.view.refusals.length() > 0, "muted", "text-success")],
    )
    steps = rx.el.ol(rx.foreach(State.view.steps, lambda step: rx.el.li(step, class_name="secondary")))
    return panel(
        "Change",
        rx.foreach(State.view.refusals, _refusal),
        said,
        rx.cond(State.view.steps.length() > 0, steps, rx.fragment()),
        tag="wrench",
        fact=State.view.counts,
    )


def _refusal(row: rx.Var) -> rx.Component:
    place = rx.el.div(rx.el.span(row.location, class_name="mono text-xs"), class_name="secondary")
    remedy = rx.el.div(row.remedy, class_name="secondary")
    return alert("Refused", place, remedy, token="danger", code=row.code)


def symbols_section() -> rx.Component:
    """List the definitions whose text changes."""
    rows = rx.foreach(
        State.view.symbols,
        lambda row: rx.el.tr(
            cell(row.symbol, class_name="mono clip"),
            cell(row.place, class_name="mono text-xs muted clip"),
            cell(row.change),
        ),
    )
    columns = (Column("Definition"), Column("Place"), Column("What happens", width="120px"))
    return panel(
        "Affected symbols",
        rx.cond(
            State.view.symbols.length() > 0,
            table(columns, rows, caption="Definitions whose text changes", density="facts"),
            rx.el.p("No definition changes.", class_name="muted"),
        ),
        tag="code_xml",
        fact=State.view.symbol_fact,
    )


def references_section() -> rx.Component:
    """List the places that name what the change is about, most certain first."""
    return panel(
        "References",
        rx.cond(
            State.view.references.length() > 0,
            rx.foreach(State.view.references, _group),
            rx.el.p("The operations name no definition.", class_name="muted"),
        ),
        tag="search",
        fact=State.view.reference_fact,
    )


def _group(group: rx.Var) -> rx.Component:
    rows = rx.foreach(
        group.rows,
        lambda row: rx.el.tr(
            cell(row.place, class_name="mono text-xs clip"),
            cell(row.text, class_name="mono text-xs muted clip"),
            cell(rx.el.span(row.changes, class_name=rx.cond(row.tone == "muted", "muted", "")), class_name="text-xs"),
        ),
    )
    columns = (Column("Place"), Column("Line"), Column("What happens", width="120px"))
    return rx.el.details(
        rx.el.summary(
            icon("chevron_down", size=14),
            rx.el.span(group.label, class_name="medium"),
            rx.el.span(group.meaning, class_name="text-xs muted grow"),
            rx.el.span(group.count, class_name="text-xs"),
            class_name="fold-head",
        ),
        table(columns, rows, caption="References", density="facts"),
        open=group.is_open,
        class_name="fold",
    )


def diff_section() -> rx.Component:
    """Draw the changed files beside the diff of the chosen one."""
    review = rx.el.div(
        file_list(State.files, State.selection, on_open=State.open_file),
        diff_viewer(State.diff, State.mode, on_mode=State.choose_mode),
        class_name="review review--preview",
    )
    return rx.el.section(
        panel_head("Diff", tag="diff", fact=State.selection.files_line),
        rx.cond(State.files.length() > 0, review, rx.el.p("No file changes.", class_name="panel-body muted")),
        class_name="panel",
        aria_label="Diff",
    )
