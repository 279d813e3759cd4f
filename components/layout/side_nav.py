"""Side navigation of the portal; help stays at the same place on every page."""

import reflex as rx

from components.layout.sections import SECTIONS
from components.ui.icon import icon


def side_nav(section: str) -> rx.Component:
    """Draw the sections; `section` is the key of the current one."""
    links = [
        rx.el.a(icon(entry.tag), entry.title, href=entry.href, aria_current="page" if entry.key == section else "false")
        for entry in SECTIONS
    ]
    return rx.el.aside(
        rx.el.nav(*links, class_name="nav-list", aria_label="Sections"),
        rx.el.div(
            rx.el.button(
                icon("info"), "Keys and help", type="button", class_name="nav-list__off", custom_attrs={"data-help": ""}
            ),
            class_name="nav-list nav-list--foot",
        ),
        class_name="side-nav",
    )
