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
    branch = branch_field(state, "Empty: the default branch.")
    fields = rx.el.div(address, branch, class_name="form-grid form-grid--source")
    return rx.fragment(fields, scope_field(state, scope_help))


def branch_field(state: Any, help_text: str) -> rx.Component:
    """Draw the branch of a state with `branch`, its error and `type_text`."""
    return _line(state, "branch", "Branch", help_text)


def scope_field(state: Any, help_text: str) -> rx.Component:
    """Draw the scope of a state with `scope`, its error and `type_text`."""
    return text_area(
        "Path scope",
        "scope",
        help_text=help_text,
        error=state.errors.scope,
        value=state.scope,
        on_change=lambda text: state.type_text("scope", text),
        rows="2",
    )


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
