"""Dense plain tables: rows of 28, 32, 36 or 44 px, numbers to the right, names to the left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

Density = Literal["facts", "table", "attempts", "two-line"]


@dataclass(frozen=True, slots=True)
class Column:
    """Heading of one column.

    Attributes:
        width: CSS width; empty takes what is left.
        number: Figures, set to the right.
        drop: Left out below 1 400 px.
    """

    title: str
    width: str = ""
    number: bool = False
    drop: bool = False


def table(
    columns: Sequence[Column],
    rows: rx.Component | Sequence[rx.Component],
    *,
    caption: str,
    density: Density = "table",
) -> rx.Component:
    """Draw a table.

    Args:
        rows: `rx.foreach` over rows, or the rows themselves.
        caption: Names the table to readers who cannot see where it stands.
    """
    body = [rows] if isinstance(rows, rx.Component) else list(rows)
    return rx.el.table(
        rx.el.caption(caption, class_name="visually-hidden"),
        rx.el.thead(rx.el.tr(*[_heading(column) for column in columns])),
        rx.el.tbody(*body),
        class_name=f"table table--{density}",
    )


def _heading(column: Column) -> rx.Component:
    title = column.title or rx.el.span("Actions", class_name="visually-hidden")
    look = " ".join(name for name, on in (("number", column.number), ("drop", column.drop)) if on)
    return rx.el.th(title, scope="col", class_name=look, style={"width": column.width} if column.width else {})


def cell(*children: Any, number: bool = False, drop: bool = False, class_name: str = "", **props: Any) -> rx.Component:
    """Draw one cell; `number` sets it to the right, `drop` leaves it out below 1 400 px."""
    look = " ".join(name for name, on in ((class_name, True), ("number", number), ("drop", drop)) if on and name)
    return rx.el.td(*children, class_name=look, **props)


def absent() -> rx.Component:
    """Draw a missing value: an em dash, never a zero."""
    return rx.el.span("—", class_name="muted", aria_label="no value")


def facts(*pairs: tuple[Any, Any]) -> rx.Component:
    """Draw label and figure pairs, the figure to the right."""
    entries = [item for label, value in pairs for item in (rx.el.dt(label), rx.el.dd(value))]
    return rx.el.dl(*entries, class_name="facts")
