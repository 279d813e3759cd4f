"""Branch and scope of a job that has not started: the way on where a check blocked it."""

from typing import Any

import reflex as rx

from components.layout.heads import panel
from components.repositories.source_fields import branch_field, scope_field
from components.ui.button import button


def scope_panel(state: Any) -> rx.Component:
    """Draw the form of a state made of `ScopeChangeState`, where its job can still be narrowed."""
    form = rx.el.form(
        scope_field(state, "Folders or files, one a line. The change stays inside; a dot is the whole tree."),
        branch_field(state, "Empty: the branch stays as it is."),
        button("Check again and start", tag="play", kind="primary", type="submit", disabled=state.is_checking),
        on_submit=state.change_scope,
        class_name="stack",
        id="scope-change",
    )
    drawn = panel("Change the scope", form, tag="folder", fact="the job starts when the check passes")
    return rx.cond(state.can_rescope, drawn, rx.fragment())
