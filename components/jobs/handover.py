"""Bottom of the delivery screen: how to hand over, under which name, with which provenance."""

from typing import Any

import reflex as rx

from components.ui.button import button
from components.ui.icon import icon_by

_METHOD_TAGS = {
    "PUSH_BRANCH": "git_branch",
    "DRAFT_PR": "git_pull_request",
    "PATCH_BUNDLE": "download",
    "OPEN_IN_IDE": "external_link",
}


def methods(entries: rx.Var[list], chosen: rx.Var[str], on_choose: Any) -> rx.Component:
    """Draw the ways of handing over as a radio group, each with its consequence."""
    return rx.el.div(
        rx.foreach(entries, lambda entry: _method(entry, chosen, on_choose)),
        class_name="methods",
        role="radiogroup",
        aria_label="Delivery method",
    )


def _method(entry: rx.Var, chosen: rx.Var[str], on_choose: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="method",
            value=entry.method,
            checked=chosen == entry.method,
            disabled=~entry.enabled,
            on_change=on_choose(entry.method),
            class_name="job-radio",
        ),
        rx.el.span(
            rx.el.span(
                icon_by(entry.method, _METHOD_TAGS, default="file"),
                rx.el.span(entry.label),
                class_name="row row-4 medium",
            ),
            rx.el.span(entry.line, class_name="method-line"),
            class_name="method-words",
        ),
        class_name=rx.cond(chosen == entry.method, "method method-on", "method"),
    )


def branch_block(
    view: rx.Var, branch: rx.Var[str], editing: rx.Var[bool], *, on_edit: Any, on_done: Any
) -> rx.Component:
    """Draw the branch name with a way to change it, and where review and head stand."""
    shown = rx.el.div(
        rx.el.span(branch, class_name="mono text-xs branch-name"),
        button("Change name", tag="pencil_line", kind="quiet", size="compact", on_click=on_edit),
        class_name="row",
    )
    field = rx.el.form(
        rx.el.input(
            default_value=branch,
            name="branch",
            aria_label="Branch name",
            class_name="input input--mono",
        ),
        button("Use name", size="compact", type="submit"),
        on_submit=on_done,
        class_name="row",
    )
    return rx.el.div(
        rx.el.span("Branch", class_name="label"),
        rx.cond(editing, field, shown),
        rx.el.div(view.branch_line, class_name="text-xs muted"),
        rx.cond(
            view.published != "",
            rx.el.div(view.published, class_name="text-xs medium job-tone-" + view.published_tone, role="status"),
            rx.fragment(),
        ),
        class_name="handover-panel",
    )


def provenance_block(view: rx.Var) -> rx.Component:
    """Draw the trailer and the job id exactly as they will stand in the commit (5.15)."""
    return rx.el.div(
        rx.el.span("Provenance, read only", class_name="label"),
        rx.el.pre(view.provenance, class_name="provenance"),
        rx.el.div(view.evidence_line, class_name="text-xs muted"),
        class_name="handover-panel",
    )
