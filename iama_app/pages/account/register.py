"""W1: register, for everybody."""

import reflex as rx

from components.account.forms import register_card, trust_statement
from iama_app.shells.public import public
from state.account.session import SessionState
from state.account.sign_in import SignInState

ON_LOAD = [SessionState.enter_public, SignInState.load]


def page() -> rx.Component:
    """Draw the form over the trust statement."""
    return public(register_card(), trust_statement())
