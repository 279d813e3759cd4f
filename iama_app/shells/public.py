"""Frame of pages for everybody: the wordmark over one centred column."""

import reflex as rx

from components.layout.top_bar import public_bar
from iama_app.shells.base import page_frame


def public(*children: rx.Component) -> rx.Component:
    """Draw a page that needs no sign-in."""
    return page_frame(public_bar(), rx.el.main(*children, id="main", class_name="public", tab_index=-1))
