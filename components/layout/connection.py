"""Offline banner: shown while the stream is down; the page keeps its last known state."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from components.ui.icon import icon


def connection_banner() -> rx.Component:
    """Draw the banner while the websocket cannot be reached."""
    return rx.cond(
        has_connection_errors,
        rx.el.div(
            icon("wifi", class_name="reconnecting"),
            rx.el.span("Reconnecting", class_name="alert__title"),
            rx.el.span("What you see is the last known state; it updates by itself.", class_name="secondary"),
            class_name="alert alert--neutral offline",
            role="status",
        ),
        rx.fragment(),
    )
