"""404: absent and forbidden look alike."""

import reflex as rx

from components.ui.blocks import empty_block
from components.ui.button import link_button
from iama_app.shells.public import public


def page() -> rx.Component:
    """Draw what is missing and the way back."""
    return public(
        rx.el.h1("There is nothing at this address", class_name="text-lg"),
        empty_block(
            "search",
            "It was removed, it never was, or it belongs to somebody else. Code: NOT_FOUND",
            link_button("All jobs", "/jobs", tag="arrow_left"),
        ),
    )
