"""What a region shows instead of its content: empty, loading, error or blocked."""

from typing import Any

import reflex as rx

from components.ui.button import button, link_button
from components.ui.icon import icon, spinner

Text = rx.Var[str] | str


def empty_block(tag: str, line: Text, action: rx.Component | None = None) -> rx.Component:
    """Draw what would be here and the one action that creates it."""
    return rx.el.div(
        icon(tag, size=24),
        rx.el.p(line),
        action if action is not None else rx.fragment(),
        class_name="empty",
    )


def loading_rows(activity: Text, *, rows: int = 6, height: int = 44) -> rx.Component:
    """Draw skeleton rows of the real height under the name of what is being fetched.

    Args:
        height: Row height in pixels: 28, 32, 36 or 44.
    """
    lines = [rx.el.div(rx.el.i(), rx.el.i(), rx.el.i(), style={"height": f"{height}px"}) for _ in range(rows)]
    return rx.el.div(
        rx.el.div(spinner(activity), class_name="loading__head"),
        rx.el.div(*lines, class_name="skeleton", aria_hidden="true"),
        class_name="loading",
        role="status",
        aria_live="polite",
    )


def error_block(
    sentence: Text, code: Text, remedy: Text, *, on_retry: Any = None, retryable: rx.Var[bool] | bool = True
) -> rx.Component:
    """Draw what went wrong, its code and the next step, with a retry where one can help."""
    again = button("Try again", tag="rotate_cw", size="compact", on_click=on_retry) if on_retry else rx.fragment()
    return rx.el.div(
        icon("circle_x"),
        rx.el.div(
            rx.el.div(
                rx.el.span(sentence, class_name="alert__title"),
                rx.el.span(code, class_name="code-sm muted"),
                class_name="row row--baseline",
            ),
            rx.el.div(remedy, class_name="secondary"),
            class_name="alert__body",
        ),
        rx.cond(retryable, again, rx.fragment()),
        class_name="alert alert--danger",
        role="alert",
    )


def blocked_panel(action: Text, tier: Text, unlocking_tier: Text) -> rx.Component:
    """Draw an action the plan does not include, and the plan that does."""
    return rx.el.div(
        icon("lock"),
        rx.el.div(
            rx.el.span(action, class_name="alert__title"),
            rx.el.div("Your plan is ", tier, "; ", unlocking_tier, " includes it.", class_name="secondary"),
            class_name="alert__body",
        ),
        link_button("See plans", "/billing", tag="arrow_up", size="compact"),
        class_name="alert alert--neutral",
        role="status",
    )


def problem_block(problem: rx.Var, *, on_retry: Any = None) -> rx.Component:
    """Draw the error block of a page from its `ProblemView` (sentence, code, remedy, retryable), or nothing."""
    return rx.cond(
        problem.code != "",
        error_block(problem.sentence, problem.code, problem.remedy, on_retry=on_retry, retryable=problem.retryable),
        rx.fragment(),
    )


def live_region(polite: Text, assertive: Text = "") -> rx.Component:
    """Announce state changes once, and failures at once, to screen readers."""
    return rx.fragment(
        rx.el.div(polite, class_name="visually-hidden", aria_live="polite", role="status", id="announce"),
        rx.el.div(assertive, class_name="visually-hidden", aria_live="assertive", id="announce-now"),
    )
