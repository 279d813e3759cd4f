"""Alert panel: in place, full width, there until its cause is gone."""

from typing import Literal

import reflex as rx

from components.ui.icon import icon

Token = Literal["warning", "danger", "info", "success", "neutral"]
Text = rx.Var[str] | str

_TAGS: dict[Token, str] = {
    "warning": "triangle_alert",
    "danger": "circle_x",
    "info": "info",
    "success": "circle_check",
    "neutral": "info",
}


def alert(
    title: Text,
    *children: rx.Component,
    token: Token = "info",
    tag: str | None = None,
    code: Text = "",
    action: rx.Component | None = None,
) -> rx.Component:
    """Draw an alert with its title, supporting lines and at most one action.

    Args:
        token: Colour of edge and tint; `danger` and `warning` are announced at once.
        code: Machine-readable code, in small mono after the title.
    """
    return rx.el.div(
        icon(tag or _TAGS[token]),
        rx.el.div(
            rx.el.div(
                rx.el.span(title, class_name="alert__title"),
                rx.el.span(code, class_name="code-sm muted") if isinstance(code, rx.Var) or code else rx.fragment(),
                class_name="row row--baseline",
            ),
            *children,
            class_name="alert__body",
        ),
        action if action is not None else rx.fragment(),
        class_name=f"alert alert--{token}",
        role="alert" if token in ("danger", "warning") else "status",
    )
