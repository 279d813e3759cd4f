"""W1: sign-in, for everybody."""

import reflex as rx

from components.account.forms import sign_in_card, trust_statement
from iama_app.shells.public import public
from state.account.session import SessionState
from state.account.sign_in import SignInState

ON_LOAD = [SessionState.enter_public, SignInState.load]


def page() -> rx.Component:
    """Draw the form over the trust statement."""
    return public(sign_in_card(), trust_statement())
