"""Record tables: transitions, the audit chain, artifacts, titled blocks of facts."""

from typing import Any

import reflex as rx

from components.jobs.parts import fact_list, nothing_yet, section_head
from components.layout.heads import panel_head
from components.ui.badge import state_badge
from components.ui.button import button


def _table(
    caption: str, headings: tuple[tuple[str, str], ...], rows: rx.Component, look: str = "table"
) -> rx.Component:
    head = [rx.el.th(title, scope="col", style={"width": width} if width else {}) for title, width in headings]
    return rx.el.table(
        rx.el.caption(caption, class_name="visually-hidden"),
        rx.el.thead(rx.el.tr(*head)),
        rx.el.tbody(rows),
        class_name=look,
    )


def timeline(rows: rx.Var[list]) -> rx.Component:
    """Draw every transition with its actor, surface, duration and reason."""
    headings = (
        ("Rev", "56px"),
        ("At, UTC", "80px"),
        ("From", "152px"),
        ("To", "236px"),
        ("Stood", "64px"),
        ("Who", "104px"),
        ("Why", ""),
    )
    body = rx.foreach(
        rows,
        lambda row: rx.el.tr(
            rx.el.td(row.seq, class_name="mono text-xs muted"),
            rx.el.td(row.at, class_name="mono text-xs"),
            rx.el.td(row.source, class_name="text-xs secondary"),
            rx.el.td(state_badge(row.target)),
            rx.el.td(row.elapsed, class_name="mono text-xs"),
            rx.el.td(row.actor, " ", rx.el.span(row.surface, class_name="text-xs muted")),
            rx.el.td(row.reason, class_name="text-xs secondary", title=row.reason),
        ),
    )
    return rx.el.section(
        panel_head("Timeline", tag="history"),
        rx.cond(rows.length() > 0, _table("Transitions", headings, body), nothing_yet("No transition yet.")),
    )


def audit_table(rows: rx.Var[list], note: rx.Var[str]) -> rx.Component:
    """Draw the audit events of a job as a chain, the newest at the bottom."""
    headings = (("", "28px"), ("Seq", "56px"), ("At, UTC", "80px"), ("Event", "152px"), ("Who", "104px"), ("What", ""))
    body = rx.foreach(
        rows,
        lambda row: rx.el.tr(
            rx.el.td(rx.el.span(class_name="chain-link"), class_name="chain-cell"),
            rx.el.td(row.seq, class_name="mono text-xs muted"),
            rx.el.td(row.at, class_name="mono text-xs"),
            rx.el.td(row.event, class_name="mono text-xs"),
            rx.el.td(row.actor),
            rx.el.td(row.line, class_name="text-xs secondary", title=row.line),
            rx.el.td(row.hash, class_name="mono text-xs muted"),
            class_name=rx.cond(row.is_linked, "", "chain-broken"),
        ),
    )
    return rx.el.section(
        panel_head("Audit", tag="file_check_2", fact=note),
        rx.cond(
            rows.length() > 0,
            _table("Audit events", (*headings, ("Hash", "96px")), body, "table table--facts"),
            nothing_yet("No audited event, or your role cannot read the audit log."),
        ),
    )


def artifact_table(rows: rx.Var[list], on_download: Any) -> rx.Component:
    """Draw artifacts; an expired one keeps its row.

    Args:
        on_download: Handler that takes an artifact id.
    """
    headings = (
        ("Type", "220px"),
        ("Hash", "112px"),
        ("Size", "80px"),
        ("Created", "184px"),
        ("Expires", "184px"),
        ("Retention", "96px"),
        ("", ""),
    )
    body = rx.foreach(
        rows,
        lambda row: rx.el.tr(
            rx.el.td(row.kind),
            rx.el.td(row.hash, class_name="mono text-xs secondary"),
            rx.el.td(row.size, class_name="number"),
            rx.el.td(row.created, class_name="text-xs secondary"),
            rx.el.td(row.expires, class_name="text-xs job-tone-" + row.expires_tone),
            rx.el.td(row.policy, class_name="mono text-xs muted"),
            rx.el.td(
                rx.cond(
                    row.can_download,
                    button(
                        "Download", tag="download", kind="quiet", size="compact", on_click=on_download(row.artifact_id)
                    ),
                    rx.el.span("—", class_name="muted"),
                )
            ),
        ),
    )
    return rx.cond(
        rows.length() > 0,
        _table("Artifacts", headings, body),
        nothing_yet("No artifact yet: the first is the pinned source, stored when the repository was fetched."),
    )


def fact_sections(sections: rx.Var[list]) -> rx.Component:
    """Draw titled blocks of facts below each other in the detail column."""
    return rx.foreach(
        sections,
        lambda one: rx.el.section(
            section_head(one.title, rx.el.span(one.note, class_name="text-xs muted")),
            rx.cond(one.facts.length() > 0, fact_list(one.facts), nothing_yet(one.empty)),
        ),
    )
