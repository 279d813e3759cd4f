"""Outcome strip: each test before the change above an axis, after the change below it."""

import reflex as rx

from components.ui.icon import icon


def outcome_strip(strip: rx.Var) -> rx.Component:
    """Draw a strip laid out by `state.strip`.

    Args:
        strip: A `StripView`: width, height, axis and one path each for passed, failed, skipped and not run.
    """
    return rx.el.svg(
        rx.el.path(class_name="strip__axis", d=strip.axis),
        rx.el.path(class_name="strip__passed", d=strip.passed, stroke_width=2),
        rx.el.path(class_name="strip__skipped", d=strip.skipped, stroke_width=2),
        rx.el.path(class_name="strip__not-run", d=strip.not_run, stroke_width=2),
        rx.el.path(class_name="strip__failed", d=strip.failed, stroke_width=2),
        class_name="strip",
        width=strip.width,
        height=strip.height,
        view_box=strip.view_box,
        shape_rendering="crispEdges",
        role="img",
        aria_label=strip.label,
    )


_LEGEND = (
    ("held", "M1 8.5V4.5M4 8.5V4.5M1 10.5V14.5M4 10.5V14.5", "", ""),
    ("changed", "M1 8.5V4.5M4 8.5V4.5", "M1 10.5V18.5M4 10.5V18.5", ""),
    ("not run", "M1 8.5V4.5M4 8.5V4.5", "", "M1 10.5V12.5M4 10.5V12.5"),
)


def strip_legend() -> rx.Component:
    """Draw the three marks a reader meets: held, changed, not run."""
    return rx.el.span(*[_legend_entry(*entry) for entry in _LEGEND], class_name="strip-legend")


def _legend_entry(word: str, passed: str, failed: str, not_run: str) -> rx.Component:
    mark = rx.el.svg(
        rx.el.path(class_name="strip__axis", d="M0 9.5H5"),
        rx.el.path(class_name="strip__passed", d=passed, stroke_width=2),
        rx.el.path(class_name="strip__failed", d=failed, stroke_width=2),
        rx.el.path(class_name="strip__not-run", d=not_run, stroke_width=2),
        class_name="strip",
        width=5,
        height=19,
        view_box="0 0 5 19",
        shape_rendering="crispEdges",
        aria_hidden="true",
    )
    return rx.el.span(mark, word)


def changed_mark(unchanged: bool, words: str) -> rx.Component:
    """Draw the verdict over a strip: nothing changed, or how much did."""
    token = "success" if unchanged else "danger"
    return rx.el.span(
        icon("circle_check" if unchanged else "triangle_alert", size=14), words, class_name=f"verdict text-{token}"
    )
