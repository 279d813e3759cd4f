"""Behaviour and structure lists of the spec workbench."""

from typing import Any

import reflex as rx

from components.jobs.parts import nothing_yet
from components.ui.button import button, icon_button
from components.ui.icon import icon

_PARTS = (("Given", "given"), ("When", "when"), ("Then", "then"))


def behaviour_list(items: rx.Var[list], state: Any, editable: rx.Var[bool]) -> rx.Component:
    """Draw behaviours, the opened one with its parts.

    Args:
        state: The page's state class: `opened`, `editing`, and the handlers `open_item`, `edit_item`, `save_item`,
            `delete_item`, `move_item`.
    """
    return rx.cond(
        items.length() > 0,
        rx.el.ol(rx.foreach(items, lambda item: _behaviour(item, state, editable)), class_name="behaviours"),
        nothing_yet("No behaviour yet: describe the first one above."),
    )


def _behaviour(item: rx.Var, state: Any, editable: rx.Var[bool]) -> rx.Component:
    is_open = state.opened == item.item_id
    conflict = rx.el.span(
        icon("git_compare_arrows", size=14),
        rx.el.span(item.conflict),
        class_name="row row-4 text-xs medium job-tone-warn",
    )
    unobserved = rx.el.span("unobserved", class_name="text-xs job-tone-warn")
    head = rx.el.div(
        rx.el.span(icon("grip_vertical"), class_name="behaviour-grip"),
        rx.el.button(
            rx.el.span(item.mark, class_name="mono text-xs muted"),
            rx.el.span(item.title, class_name=rx.cond(is_open, "medium behaviour-title", "behaviour-title")),
            type="button",
            class_name="behaviour-open",
            on_click=state.open_item(item.item_id),
            aria_expanded=is_open,
            custom_attrs={"data-open": "true"},
        ),
        rx.cond(item.conflict != "", conflict, rx.fragment()),
        rx.cond(item.is_observed, rx.fragment(), unobserved),
        rx.cond(editable & is_open, _item_tools(item, state), rx.fragment()),
        rx.el.span(item.planned, class_name="behaviour-planned"),
        rx.el.span(item.own, class_name="behaviour-own"),
        class_name="behaviour-head",
    )
    body = rx.cond(state.editing == item.item_id, _form(item, state), _parts(item))
    return rx.el.li(
        head,
        rx.cond(is_open, body, rx.fragment()),
        class_name=rx.cond(is_open, "behaviour behaviour-on", "behaviour"),
        custom_attrs={"data-row": "behaviour"},
    )


def _item_tools(item: rx.Var, state: Any) -> rx.Component:
    return rx.el.span(
        icon_button("arrow_up", "Move up", small=True, on_click=state.move_item(item.item_id, -1)),
        icon_button("arrow_down", "Move down", small=True, on_click=state.move_item(item.item_id, 1)),
        icon_button("pencil_line", "Edit behaviour", small=True, on_click=state.edit_item(item.item_id)),
        icon_button("trash_2", "Delete behaviour", small=True, on_click=state.delete_item(item.item_id)),
        class_name="behaviour-tools",
    )


def _parts(item: rx.Var) -> rx.Component:
    rows = [
        rx.fragment(rx.el.dt(word), rx.el.dd(getattr(item, name), class_name="behaviour-part")) for word, name in _PARTS
    ]
    seen = rx.el.span(
        rx.foreach(
            item.seen,
            lambda fact: rx.el.span(
                rx.el.span(fact.label, class_name="mono text-xs"), rx.el.span(fact.value), class_name="row row-4"
            ),
        ),
        class_name="behaviour-seen",
    )
    return rx.el.dl(*rows, rx.el.dt("Seen in"), rx.el.dd(seen), class_name="behaviour-body")


def _form(item: rx.Var, state: Any) -> rx.Component:
    fields = [
        rx.fragment(
            rx.el.label(word, html_for=f"edit-{name}"),
            rx.el.textarea(
                id=f"edit-{name}",
                name=name,
                default_value=getattr(item, name),
                class_name="input input--area",
                rows="2",
            ),
        )
        for word, name in _PARTS
    ]
    return rx.el.form(
        *fields,
        rx.el.span(),
        rx.el.div(
            button("Keep in draft", tag="circle_check", size="compact", type="submit"),
            button("Leave as it was", size="compact", kind="quiet", on_click=state.edit_item("")),
            class_name="row",
        ),
        on_submit=state.save_item,
        class_name="behaviour-body behaviour-form",
    )


def structure_table(items: rx.Var[list]) -> rx.Component:
    """Draw the structure items."""
    headings = (("Id", "56px"), ("Component", "190px"), ("Responsibility", "34%"), ("Interface, stays callable", ""))
    table = rx.el.table(
        rx.el.caption("Structure", class_name="visually-hidden"),
        rx.el.thead(
            rx.el.tr(
                *[rx.el.th(name, scope="col", style={"width": width} if width else {}) for name, width in headings]
            )
        ),
        rx.el.tbody(
            rx.foreach(
                items,
                lambda item: rx.el.tr(
                    rx.el.td(item.mark, class_name="mono text-xs muted"),
                    rx.el.td(item.component, class_name="mono text-xs"),
                    rx.el.td(item.responsibility, title=item.responsibility),
                    rx.el.td(item.interface, class_name="mono text-xs secondary", title=item.interface),
                ),
            )
        ),
        class_name="table table--facts",
    )
    return rx.cond(items.length() > 0, table, nothing_yet("No structure item in this revision."))
