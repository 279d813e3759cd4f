"""The spec as one text, in the bundled editor."""

from typing import Any

import reflex as rx

from components.layout.heads import panel_head
from components.monaco.editor import text_editor
from components.ui.icon import icon

_FORM = "## Id and title, then Given, When, Then; further lines are indented by two spaces. Tab leaves the editor."


def text_view(state: Any, views: rx.Component) -> rx.Component:
    """Draw the editor with how the text was read below it.

    Args:
        state: The page's state class: `text`, `text_round`, `text_problem`, `behaviours_line`, and `take_text`.
        views: Switch between fields and text.
    """
    wrong = rx.fragment(icon("triangle_alert", size=14), rx.el.span(state.text_problem))
    line = rx.cond(state.text_problem != "", wrong, rx.el.span(_FORM))
    return rx.el.section(
        panel_head("Spec as text", views, fact=state.behaviours_line),
        rx.el.div(
            text_editor(
                state.text, label="Spec as text", key="round-" + state.text_round.to(str), on_change=state.take_text
            ),
            class_name="spec-text",
        ),
        rx.el.div(
            line,
            role="status",
            class_name=rx.cond(state.text_problem != "", "spec-text-line job-tone-warn", "spec-text-line muted"),
        ),
        aria_label="Spec as text",
        class_name="spec-text-view",
    )
