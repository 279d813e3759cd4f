"""Outcome strip: before above the axis, after below it; one dashed stroke draws a whole run of ticks."""

import reflex as rx

_REACH = {"generated": (6, 11), "suite": (8, 17)}


def outcome_line(strip: rx.Var, scale: str = "generated") -> rx.Component:
    """Draw one `StripView`.

    Args:
        scale: `generated` for the tests of an attempt, `suite` for the customer's own tests.
    """
    passed, failed = _REACH[scale]
    return rx.el.svg(
        rx.el.svg.line(class_name="outcome-axis", x1=0, x2=strip.width, y1=strip.axis, y2=strip.axis),
        _stroke("passed", strip.passed, strip.dash, passed),
        _stroke("skipped", strip.skipped, strip.dash, 2),
        _stroke("missing", strip.missing, strip.dash, 2),
        _stroke("failed", strip.failed, strip.dash, failed),
        class_name="outcome",
        width=strip.width,
        height=strip.height,
        shape_rendering="crispEdges",
        role="img",
        aria_label=strip.label,
    )


def _stroke(outcome: str, path: rx.Var[str], dash: rx.Var[str], height: int) -> rx.Component:
    return rx.el.svg.path(
        class_name=f"outcome-{outcome}", d=path, stroke_width=height, custom_attrs={"strokeDasharray": dash}
    )


def outcome_legend() -> rx.Component:
    """Draw the three marks a reader meets: held, changed, not run."""
    return rx.el.span(
        _entry("held", "passed", "M0 13.5h6", 6),
        _entry("changed", "failed", "M0 16h6", 11),
        _entry("not run", "missing", "M0 11.5h6", 2),
        class_name="outcome-legend",
    )


def _entry(word: str, outcome: str, path: str, height: int) -> rx.Component:
    mark = rx.el.svg(
        rx.el.svg.line(class_name="outcome-axis", x1=0, x2=6, y1="9.5", y2="9.5"),
        rx.el.svg.path(class_name="outcome-passed", d="M0 5.5h6", stroke_width=6, stroke_dasharray="2 2"),
        rx.el.svg.path(class_name=f"outcome-{outcome}", d=path, stroke_width=height, stroke_dasharray="2 2"),
        class_name="outcome",
        width=6,
        height=22,
        shape_rendering="crispEdges",
        aria_hidden="true",
    )
    return rx.el.span(mark, word)
