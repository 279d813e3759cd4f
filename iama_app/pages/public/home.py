"""The front door: signed-in people go to their jobs, others to sign-in."""

import reflex as rx

from components.ui.icon import spinner
from iama_app.shells.public import public
from state.account.session import HomeState

ON_LOAD = [HomeState.enter]


def page() -> rx.Component:
    """Draw the named activity while the session is looked up."""
    return public(rx.el.h1("IAMA", class_name="visually-hidden"), spinner("Opening your jobs"))
