"""Outcome strip: each test before the change above an axis, after the change below it."""

import reflex as rx


def outcome_strip(strip: rx.Var) -> rx.Component:
    """Draw a laid-out strip.

    Args:
        strip: width, height, axis (pixels), dash (tick and gap) and one path each for passed, failed, skipped and
            missing; `label` says the counts in words.
    """
    return rx.el.svg(
        rx.el.path(class_name="strip__axis", d=f"M0 {strip.axis}H{strip.width}"),
        _ticks("passed", strip.passed, strip.dash, 5),
        _ticks("skipped", strip.skipped, strip.dash, 2),
        _ticks("missing", strip.missing, strip.dash, 2),
        _ticks("failed", strip.failed, strip.dash, 10),
        class_name="strip",
        width=strip.width,
        height=strip.height,
        view_box=f"0 0 {strip.width} {strip.height}",
        shape_rendering="crispEdges",
        role="img",
        aria_label=strip.label,
    )


def _ticks(kind: str, path: rx.Var | str, dash: rx.Var | str, reach: int) -> rx.Component:
    return rx.el.path(class_name=f"strip__{kind}", d=path, stroke_width=reach, stroke_dasharray=dash)


_LEGEND = (
    ("held", "M0 6.5H5M0 12.5H5", "", ""),
    ("changed", "M0 6.5H5", "M0 14.5H5", ""),
    ("not run", "M0 6.5H5", "", "M0 11.5H5"),
)


def strip_legend() -> rx.Component:
    """Draw the three marks a reader meets: held, changed, not run."""
    return rx.el.span(*[_legend_entry(*entry) for entry in _LEGEND], class_name="strip-legend")


def _legend_entry(word: str, passed: str, failed: str, missing: str) -> rx.Component:
    mark = rx.el.svg(
        rx.el.path(class_name="strip__axis", d="M0 9.5H5"),
        _ticks("passed", passed, "2 1", 4),
        _ticks("failed", failed, "2 1", 8),
        _ticks("missing", missing, "2 1", 2),
        class_name="strip",
        width=5,
        height=19,
        view_box="0 0 5 19",
        shape_rendering="crispEdges",
        aria_hidden="true",
    )
    return rx.el.span(mark, word)
