"""Frame of the portal: top bar, side navigation, main column, and where wanted a detail column."""

import reflex as rx

from components.layout.side_nav import side_nav
from components.layout.top_bar import top_bar
from iama_app.shells.base import main_region, page_frame


def portal(*children: rx.Component, section: str) -> rx.Component:
    """Draw a portal page.

    Args:
        children: From top to bottom: page head, filters, a `.scroll` region, a foot.
        section: Key of the current section.
    """
    body = rx.el.div(side_nav(section), main_region(*children), class_name="frame frame--portal")
    return page_frame(top_bar(section), body)


def split(centre: rx.Component, detail: rx.Component, *, label: str) -> rx.Component:
    """Divide the work area: fluid centre that scrolls, 300 px detail beside it.

    Args:
        label: Names the detail column, such as `Evidence`.
    """
    return rx.el.div(
        rx.el.div(centre, class_name="scroll"),
        rx.el.aside(detail, class_name="detail", aria_label=label),
        class_name="split",
    )
