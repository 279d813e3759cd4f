"""What every frame has: skip link, connection banner, list of keys, live regions."""

import reflex as rx

from components.layout.connection import connection_banner
from components.layout.keys_help import keys_help


def page_frame(bar: rx.Component, body: rx.Component) -> rx.Component:
    """Put a bar over a body whose main region has the id `main`."""
    return rx.fragment(
        rx.el.a("Skip to content", href="#main", class_name="skip-link", reload_document=True),
        bar,
        connection_banner(),
        body,
        keys_help(),
    )


def main_region(*children: rx.Component) -> rx.Component:
    """Draw the one `main` of the page."""
    return rx.el.main(*children, id="main", class_name="main", tab_index=-1)
