"""Diff viewer (5.4): our own hunk list for choosing, the editor's comparison for reading a whole file."""

from typing import Any

import reflex as rx

from components.jobs.file_list import tick_box
from components.jobs.parts import nothing_yet
from components.monaco.editor import compare_editor
from components.ui.icon import icon
from components.ui.tabs import segment, segments

MODES = (("split", "Side by side"), ("unified", "Unified"), ("file", "Whole file"), ("inline", "Whole, inline"))


def diff_viewer(
    view: rx.Var,
    mode: rx.Var[str],
    sources: rx.Var | None = None,
    *,
    on_mode: Any,
    on_hunk: Any = None,
    locked: rx.Var[bool] | bool = True,
) -> rx.Component:
    """Draw the selected file.

    Args:
        view: A `DiffView`.
        mode: split, unified, file or inline.
        sources: The file before and after, filled in the modes `file` and `inline`; None where it is not shown whole.
        on_hunk: Handler that takes a hunk id and includes it or leaves it out; None where nothing is chosen.
    """
    modes = MODES if sources is not None else MODES[:2]
    switch = segments(
        *[segment(text, active=mode == name, on_click=on_mode(name)) for name, text in modes], label="View of the diff"
    )
    head = rx.el.div(
        icon("file_pen"),
        rx.el.span(view.path, class_name="mono text-xs diff-path"),
        rx.el.span(view.added, class_name="text-xs diff-added"),
        rx.el.span(view.removed, class_name="text-xs diff-removed"),
        rx.el.span(class_name="grow"),
        switch,
        rx.el.span(view.fact, class_name="text-xs muted"),
        class_name="panel-head",
    )
    hunks = rx.el.div(
        rx.foreach(view.hunks, lambda hunk: _hunk(hunk, view.by_file, on_hunk, locked)),
        class_name=["diff-body", rx.cond(mode == "unified", "diff-unified", "")],
        tab_index=0,
        role="region",
        aria_label="Hunks",
    )
    shown = (
        hunks if sources is None else rx.cond((mode == "file") | (mode == "inline"), _whole(view, sources, mode), hunks)
    )
    return rx.el.div(
        head,
        rx.cond(
            view.path == "",
            nothing_yet("No file to show."),
            shown,
        ),
        class_name="diff-panel",
    )


def _whole(view: rx.Var, sources: rx.Var, mode: rx.Var[str]) -> rx.Component:
    editor = compare_editor(sources.before, sources.after, view.language, inline=mode == "inline")
    return rx.el.div(editor, class_name="diff-whole")


def _hunk_box(hunk: rx.Var, by_file: rx.Var[bool], on_hunk: Any, locked: rx.Var[bool] | bool) -> rx.Component:
    if on_hunk is None:
        return rx.fragment()
    label = "Include " + hunk.position.to(str)
    box = tick_box(rx.cond(hunk.chosen, "all", "none"), label, on_hunk(hunk.hunk_id), locked)
    return rx.cond(by_file, rx.fragment(), box)


def _hunk(hunk: rx.Var, by_file: rx.Var[bool], on_hunk: Any, locked: rx.Var[bool] | bool) -> rx.Component:
    head = rx.el.div(
        _hunk_box(hunk, by_file, on_hunk, locked),
        rx.el.span(hunk.header, class_name="hunk-header"),
        rx.el.span(class_name="grow"),
        rx.el.span(hunk.position, class_name="text-xs muted"),
        class_name="hunk-head",
    )
    rest = rx.cond(hunk.hidden != "", rx.el.div(hunk.hidden, class_name="hunk-rest"), rx.fragment())
    return rx.el.section(
        head,
        rx.foreach(hunk.lines, _line),
        rest,
        class_name=rx.cond(hunk.chosen, "hunk", "hunk hunk-left-out"),
        aria_label=hunk.position,
        custom_attrs={"data-row": "hunk"},
    )


def _line(line: rx.Var) -> rx.Component:
    return rx.el.div(*_half(line, "left"), *_half(line, "right"), class_name="diff-line")


def _half(line: rx.Var, side: str) -> list[rx.Component]:
    kind, sign = getattr(line, f"{side}_kind"), getattr(line, f"{side}_sign")
    word = getattr(line, f"{side}_word")
    return [
        rx.el.span(getattr(line, f"{side}_number"), class_name=f"diff-number diff-{side} diff-" + kind),
        rx.el.span(
            rx.el.i(sign, role="img", aria_label=kind),
            getattr(line, f"{side}_start"),
            rx.cond(word != "", rx.el.mark(word), rx.fragment()),
            getattr(line, f"{side}_end"),
            class_name=f"diff-code diff-{side} diff-" + kind,
        ),
    ]
