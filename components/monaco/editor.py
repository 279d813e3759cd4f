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
    default_value: rx.Var[str]
    on_change: rx.EventHandler[rx.event.passthrough_event_spec(str)]  # type: ignore[type-arg,valid-type]


class LocalComparison(_Local):
    """Two texts, what was and what is."""

    tag = "LocalComparison"
    original: rx.Var[str]
    modified: rx.Var[str]


def text_editor(
    value: rx.Var[str] | str, *, label: str, key: rx.Var | str = "", language: str = "markdown", on_change: Any = None
) -> rx.Component:
    """Draw an editor for one text; Tab leaves it, as it leaves every other field.

    Args:
        value: The text to begin with; it is not put back while a person types.
        key: Another key begins again with `value`.
        on_change: Handler that takes the text: 300 ms after the last key, and at once when the focus leaves.
    """
    events = {"on_change": on_change} if on_change is not None else {}
    options = {**_OPTIONS, "wordWrap": "on", "readOnly": on_change is None, "ariaLabel": label, "tabFocusMode": True}
    return LocalEditor.create(
        key=key, default_value=value, language=language, appearance=rx.color_mode, options=options, **events
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
