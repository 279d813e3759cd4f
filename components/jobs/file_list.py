"""Files of the change with their counts and what of each is chosen."""

from typing import Any

import reflex as rx

from components.ui.icon import icon, icon_by

_CHANGE_TAGS = {"ADDED": "file_plus_2", "DELETED": "file_minus_2", "MODIFIED": "file_pen", "RENAMED": "file_pen"}


def tick_box(status: rx.Var[str], label: rx.Var[str] | str, on_click: Any, locked: rx.Var[bool] | bool) -> rx.Component:
    """Draw a 24 px box: `all` or `some` is ticked, `none` is open."""
    return rx.el.button(
        rx.cond(status == "none", icon("square"), icon("square_check_big")),
        type="button",
        role="checkbox",
        aria_checked=rx.match(status, ("none", "false"), ("some", "mixed"), "true"),
        aria_label=label,
        class_name=["tick-box", rx.cond(status == "none", "", "tick-box-on")],
        on_click=on_click,
        disabled=locked,
        custom_attrs={"data-key": "x"},
    )


def file_list(
    files: rx.Var[list], selection: rx.Var, *, on_open: Any, on_toggle: Any = None, locked: rx.Var[bool] | bool = True
) -> rx.Component:
    """Draw the list.

    Args:
        on_open: Handler that takes a path and shows its diff.
        on_toggle: Handler that takes a path and includes it or leaves it out; None where nothing is chosen.
        locked: The choice cannot be changed any more.
    """
    head = rx.el.div(
        rx.el.span(selection.files_line, class_name="medium"),
        rx.el.span(selection.added, class_name="text-xs diff-added"),
        rx.el.span(selection.removed, class_name="text-xs diff-removed"),
        rx.el.span(class_name="grow"),
        rx.el.span("hunks", class_name="text-xs muted") if on_toggle is not None else rx.fragment(),
        class_name="panel-head",
    )
    notice = rx.el.div(icon("triangle_alert"), rx.el.span(selection.notice), class_name="selection-note", role="status")
    return rx.el.div(
        head,
        rx.el.ul(
            rx.foreach(files, lambda row: _file(row, on_open, on_toggle, locked)),
            class_name="file-list",
            aria_label="Changed files",
        ),
        rx.cond(selection.notice != "", notice, rx.fragment()),
        class_name="file-panel",
    )


def _file(row: rx.Var, on_open: Any, on_toggle: Any, locked: rx.Var[bool] | bool) -> rx.Component:
    chooses = on_toggle is not None
    folder = rx.el.div(icon("folder", size=14), rx.el.span(row.folder), class_name="file-folder")
    line = rx.el.div(
        tick_box(row.status, "Include " + row.path.to(str), on_toggle(row.path), locked) if chooses else rx.fragment(),
        rx.el.button(
            icon_by(row.change, _CHANGE_TAGS, default="file", size=14),
            rx.el.span(row.name, class_name="file-name"),
            rx.el.span(row.added, class_name="text-xs diff-added"),
            rx.el.span(row.removed, class_name="text-xs diff-removed"),
            rx.el.span(row.chosen, class_name="file-chosen") if chooses else rx.fragment(),
            type="button",
            class_name="file-open",
            on_click=on_open(row.path),
            aria_current=rx.cond(row.selected, "true", "false"),
            custom_attrs={"data-open": "true"},
        ),
        class_name=["file-row file-" + row.status, rx.cond(row.selected, "file-selected", "")],
        custom_attrs={"data-row": "file"},
    )
    return rx.el.li(rx.cond(row.folder != "", folder, rx.fragment()), line)
