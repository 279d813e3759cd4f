"""Frame of a job: top bar, context rail, then head, band, centre with detail, action bar."""

import reflex as rx

from components.layout.top_bar import top_bar
from iama_app.shells.base import main_region, page_frame


def workspace(*children: rx.Component, rail: rx.Component) -> rx.Component:
    """Draw a job page.

    Args:
        children: From top to bottom: page head, band, `split(...)` or one `.scroll` region, action bar.
        rail: The context rail (`components.layout.rail.rail`).
    """
    body = rx.el.div(rail, main_region(*children), class_name="frame frame--job")
    return page_frame(top_bar("jobs"), body)
