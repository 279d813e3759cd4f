"""Meters, horizontal bars and count cells: all flat, all with the figure printed beside them."""

from typing import Literal

import reflex as rx

Fill = Literal["info", "success", "warning", "danger", "neutral"]
Text = rx.Var[str] | str
Number = rx.Var[int] | rx.Var[float] | int | float


def _width(percent: Number) -> dict[str, Text]:
    if isinstance(percent, rx.Var):
        return {"width": f"{percent}%"}
    return {"width": f"{min(max(percent, 0), 100):g}%"}


def meter(percent: Number, label: Text, *, fill: Fill | rx.Var[str] = "info") -> rx.Component:
    """Draw an 8 px meter.

    Args:
        percent: Share that is filled, 0 to 100.
        label: What is measured, with its figures, for readers who do not see the bar.
        fill: Colour token; from 80 % warning, at 100 % danger (decided where the figure is made).
    """
    return rx.el.div(
        rx.el.span(class_name=["meter__fill", f"meter__fill--{fill}"], style=_width(percent)),
        class_name="meter",
        role="img",
        aria_label=label,
    )


def bar(percent: Number, *, fill: Fill | rx.Var[str] = "neutral") -> rx.Component:
    """Draw a 12 px table bar; the count stands in the next cell."""
    return rx.el.span(
        rx.el.span(class_name=["bar__fill", f"bar__fill--{fill}"], style=_width(percent)),
        class_name="bar",
        aria_hidden="true",
    )


def count_cells(cells: rx.Var[list[str]] | list[str], label: Text) -> rx.Component:
    """Draw one 12 px square for each slot: attempts of ten, identical failures of three, conflicts.

    Args:
        cells: For each slot `empty`, `done`, `active`, `warning`, `success` or `failed`.
        label: The same count in words.
    """
    squares = (
        rx.foreach(cells, lambda cell: rx.el.i(class_name=f"cell cell--{cell}"))
        if isinstance(cells, rx.Var)
        else rx.fragment(*[rx.el.i(class_name=f"cell cell--{cell}") for cell in cells])
    )
    return rx.el.span(squares, class_name="cells", role="img", aria_label=label)
