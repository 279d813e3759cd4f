"""Job log (5.11): follows its tail, locks when the reader scrolls up, loads earlier lines on request."""

from typing import Any

import reflex as rx

from components.jobs.parts import nothing_yet
from components.layout.heads import panel_head
from components.ui.button import button


def log_panel(
    settled: rx.Var[list],
    tail: rx.Var[list],
    earlier: rx.Var[str],
    following: rx.Var[bool],
    *,
    on_earlier: Any,
    on_follow: Any,
    on_pin: Any,
) -> rx.Component:
    """Draw the log.

    Args:
        settled: Older lines, which no paint sends again.
        tail: The newest lines.
        earlier: Words of the button that loads older lines; empty when the first line is shown.
        on_pin: Handler that stops following; the page script presses it when the reader scrolls up.
        following: False once the reader pinned the view; the page script scrolls only while it is true.
    """
    follow = button(
        rx.cond(following, "Following", "Pinned"),
        tag="pin",
        kind="quiet",
        size="compact",
        on_click=on_follow,
        aria_pressed=~following,
        custom_attrs={"data-key": "l"},
    )
    older = button(earlier, tag="chevron_up", kind="quiet", size="compact", on_click=on_earlier)
    copy = button("Copy", tag="copy", kind="quiet", size="compact", custom_attrs={"data-copy": "#job-log"})
    return rx.fragment(
        panel_head("Log", rx.cond(earlier != "", older, rx.fragment()), copy, follow, tag="terminal"),
        rx.el.div(
            rx.foreach(settled, _line),
            rx.cond(tail.length() > 0, rx.foreach(tail, _line), nothing_yet("No line yet.")),
            id="job-log",
            class_name="job-log",
            role="log",
            aria_live="off",
            aria_label="Job log",
            tab_index=0,
            custom_attrs={"data-following": following},
        ),
        rx.el.button(
            "Pin the log",
            type="button",
            id="job-log-pin",
            class_name="visually-hidden",
            tab_index=-1,
            aria_hidden="true",
            on_click=on_pin,
        ),
    )


def _line(line: rx.Var) -> rx.Component:
    return rx.el.div(
        rx.el.span(line.at, class_name="muted"),
        rx.el.span(line.level, class_name="job-tone-" + line.tone),
        rx.el.span(line.text),
        class_name="job-log-line",
        key=line.seq,
    )
