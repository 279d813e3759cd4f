"""Strategy columns: three proposals on shared rows, so that one fact is compared along one line."""

from typing import Any

import reflex as rx

from components.jobs.parts import nothing_yet
from components.layout.heads import panel_head
from components.ui.icon import icon
from components.ui.meter import bar
from components.ui.risk_bar import risk_bar


def report_line(figures: rx.Var[list], *actions: rx.Component) -> rx.Component:
    """Draw the report line: its downloads, then the figures of the analysis."""
    return rx.el.section(
        rx.el.div(
            rx.el.span("Analysis report", class_name="label"),
            rx.el.div(*actions, class_name="row"),
            class_name="report-cell",
        ),
        rx.foreach(
            figures,
            lambda one: rx.el.div(
                rx.el.span(one.value, class_name="text-xl job-tone-" + one.tone),
                rx.el.span(one.label, class_name="text-xs muted"),
                class_name="report-cell",
            ),
        ),
        class_name="report-line",
        aria_label="Analysis report",
    )


def proposal_grid(
    view: rx.Var, chosen: rx.Var[str], opened: rx.Var[str], *, on_choose: Any, on_open: Any
) -> rx.Component:
    """Draw the comparison.

    Args:
        chosen: Level of the selected column.
        opened: Level whose list of symbols is expanded.
        on_choose: Handler that takes a level.
        on_open: Handler that takes a level and expands or closes its list.
    """
    corner = rx.el.div(
        rx.el.span("Measured at ", rx.el.span(view.measured_at, class_name="mono"), class_name="text-xs muted"),
        class_name="proposal-head proposal-corner",
    )
    return rx.el.div(
        corner,
        rx.foreach(view.proposals, lambda one: _head(one, chosen, on_choose)),
        rx.foreach(view.rows, lambda row: _row(row, chosen)),
        rx.el.div(class_name="compare-label"),
        rx.foreach(view.proposals, lambda one: _expander(one, chosen, opened, on_open)),
        class_name="proposal-grid",
        role="radiogroup",
        aria_label="Strategy",
    )


def _head(one: rx.Var, chosen: rx.Var[str], on_choose: Any) -> rx.Component:
    choice = rx.el.label(
        rx.el.input(
            type="radio",
            name="strategy",
            value=one.level,
            checked=chosen == one.level,
            on_change=on_choose(one.level),
            class_name="job-radio",
        ),
        rx.el.span(one.title, class_name="text-lg"),
        class_name="row",
    )
    equal = rx.cond(one.equal_to != "", rx.el.p(one.equal_to, class_name="text-xs muted"), rx.fragment())
    return rx.el.div(
        rx.el.div(choice, risk_bar(one.risk_word), class_name="job-between"),
        rx.el.p(one.summary, class_name="secondary"),
        equal,
        class_name=["proposal-head", rx.cond(chosen == one.level, "proposal-on", "")],
    )


def _row(row: rx.Var, chosen: rx.Var[str]) -> rx.Component:
    return rx.fragment(
        rx.el.div(row.label, class_name="compare-label"),
        rx.foreach(row.cells, lambda cell: _cell(cell, chosen)),
    )


def _cell(cell: rx.Var, chosen: rx.Var[str]) -> rx.Component:
    size = rx.cond(cell.is_large, "text-lg", "medium")
    reach = rx.el.span(
        rx.foreach(cell.reach, lambda mark: rx.el.i(class_name="reach-cell reach-" + mark)),
        class_name="reach",
        role="img",
        aria_label=cell.words,
    )
    covered = rx.el.span(
        rx.el.span(bar(cell.bar, fill=rx.cond(cell.tone == "bad", "danger", "info")), class_name="compare-bar"),
        rx.el.span(cell.figure, class_name="medium"),
        class_name="row",
    )
    figure = rx.fragment(
        rx.el.span(cell.figure, class_name=[size, "job-tone-" + cell.tone]), rx.el.span(cell.words, class_name="muted")
    )
    return rx.el.div(
        rx.cond(cell.reach.length() > 0, reach, rx.cond(cell.bar >= 0, covered, figure)),
        class_name=["compare-cell", rx.cond(chosen == cell.level, "proposal-on", "")],
    )


def _expander(one: rx.Var, chosen: rx.Var[str], opened: rx.Var[str], on_open: Any) -> rx.Component:
    is_open = opened == one.level
    switch = rx.el.button(
        rx.cond(is_open, icon("chevron_up"), icon("chevron_down")),
        rx.el.span(one.details_line),
        type="button",
        class_name="button button--quiet button--compact",
        aria_expanded=is_open,
        on_click=on_open(one.level),
    )
    names = rx.el.ul(
        rx.foreach(one.details, lambda name: rx.el.li(name, class_name="mono text-xs")), class_name="proposal-names"
    )
    return rx.el.div(
        switch,
        rx.cond(is_open, names, rx.fragment()),
        class_name=["compare-cell compare-last", rx.cond(chosen == one.level, "proposal-on", "")],
    )


def hotspots(rows: rx.Var[list], line: rx.Var[str]) -> rx.Component:
    """Draw where the complexity of the scope sits."""
    headings = (("Function", ""), ("Cyclomatic complexity", ""), ("Value", "number"), ("Lines", "number"))
    head = [rx.el.th(title, scope="col", class_name=look) for title, look in headings]
    table = rx.el.table(
        rx.el.caption("Functions by complexity", class_name="visually-hidden"),
        rx.el.thead(rx.el.tr(*head, rx.el.th("Run by own suite", scope="col", class_name="number"))),
        rx.el.tbody(rx.foreach(rows, _hotspot)),
        class_name="table table--facts",
    )
    return rx.el.section(
        panel_head("Where the complexity sits", tag="scan_search", fact=line),
        rx.cond(rows.length() > 0, table, nothing_yet("No function in the scope was measured.")),
    )


def _hotspot(row: rx.Var) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row.name, class_name="mono text-xs"),
        rx.el.td(bar(row.percent, fill=row.tone)),
        rx.el.td(row.value, class_name="number medium"),
        rx.el.td(row.lines, class_name="number secondary"),
        rx.el.td(row.covered, class_name="number secondary"),
    )
