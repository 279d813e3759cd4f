"""W2: first-run consent."""

import reflex as rx

from components.account.consent import consent_card
from iama_app.shells.public import public
from state.account.session import SessionState

ON_LOAD = [SessionState.enter]


def page() -> rx.Component:
    """Draw the question."""
    return public(consent_card())
