"""The fields that name a source: address, branch and scope, the same wherever a repository is chosen."""

from typing import Any

import reflex as rx

from components.ui.field import text_area, text_field


def source_fields(state: Any, *, address_help: str, scope_help: str, first: bool = False) -> rx.Component:
    """Draw the fields of a state with `url`, `branch`, `scope`, their `errors`, and the handler `type_text`.

    Args:
        first: The address takes the focus and must be filled before the form can be sent.
    """
    address = _line(
        state, "url", "Git address or folder", address_help, **({"auto_focus": True, "required": True} if first else {})
    )
    scope = text_area(
        "Path scope",
        "scope",
        help_text=scope_help,
        error=state.errors.scope,
        value=state.scope,
        on_change=lambda text: state.type_text("scope", text),
        rows="2",
    )
    branch = _line(state, "branch", "Branch", "Empty: the default branch.")
    return rx.fragment(rx.el.div(address, branch, class_name="form-grid form-grid--source"), scope)


def _line(state: Any, name: str, label: str, help_text: str, **more: Any) -> rx.Component:
    return text_field(
        label,
        name,
        help_text=help_text,
        error=getattr(state.errors, name),
        mono=True,
        value=getattr(state, name),
        on_change=lambda text: state.type_text(name, text),
        **more,
    )
