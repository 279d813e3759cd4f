"""Wrapper of the code editor: plain text with syntax, and the comparison of two texts."""

from typing import Any

import reflex as rx

_MODULE = rx.asset("local_editor.jsx", shared=True)

_OPTIONS: dict[str, Any] = {
    "automaticLayout": True,
    "fontFamily": "JetBrains Mono Variable, JetBrains Mono, Menlo, Consolas, monospace",
    "fontLigatures": False,
    "fontSize": 13,
    "lineHeight": 20,
    "minimap": {"enabled": False},
    "renderOverviewRuler": False,
    "scrollBeyondLastLine": False,
}


class _Local(rx.NoSSRComponent):
    library = _MODULE.importable_path
    lib_dependencies: list[str] = ["@monaco-editor/react@4.7.0", "monaco-editor@0.57.0"]
    language: rx.Var[str]
    appearance: rx.Var[str]
    options: rx.Var[dict[str, Any]]


class LocalEditor(_Local):
    """One text."""

    tag = "LocalEditor"
    value: rx.Var[str]
    on_change: rx.EventHandler[rx.event.passthrough_event_spec(str)]  # type: ignore[type-arg,valid-type]


class LocalComparison(_Local):
    """Two texts, what was and what is."""

    tag = "LocalComparison"
    original: rx.Var[str]
    modified: rx.Var[str]


def text_editor(
    value: rx.Var[str] | str, *, language: str = "markdown", on_change: Any = None, read_only: Any = False
) -> rx.Component:
    """Draw an editor for one text.

    Args:
        on_change: Handler that takes the text; it is called 300 ms after the last key.
    """
    events = {"on_change": on_change.debounce(300)} if on_change is not None else {}
    return LocalEditor.create(
        value=value,
        language=language,
        appearance=rx.color_mode,
        options={**_OPTIONS, "wordWrap": "on", "readOnly": read_only},
        **events,
    )


def compare_editor(
    original: rx.Var[str] | str, modified: rx.Var[str] | str, language: rx.Var[str] | str, *, inline: Any = False
) -> rx.Component:
    """Draw two texts beside each other, or one below the other when `inline`; read only."""
    beside = ~inline if isinstance(inline, rx.Var) else not inline
    return LocalComparison.create(
        original=original,
        modified=modified,
        language=language,
        appearance=rx.color_mode,
        options={**_OPTIONS, "readOnly": True, "renderSideBySide": beside},
    )
