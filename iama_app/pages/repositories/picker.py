"""W8: repositories."""

import reflex as rx

from components.layout.heads import action_bar, page_head
from components.repositories import picker
from components.ui.button import button
from iama_app.shells.portal import portal, split
from state.account.session import SessionState
from state.repositories.picker import RepositoriesState

ON_LOAD = [SessionState.enter, RepositoriesState.load]


def page() -> rx.Component:
    """Draw accounts, the form, the list and the limits."""
    centre = rx.fragment(picker.github_account(), picker.address_form(), picker.repository_list())
    go_on = button(
        "Start analysis",
        tag="arrow_right",
        kind="primary",
        size="cta",
        disabled=(RepositoriesState.url == "")
        | (RepositoriesState.preflight.done & ~RepositoriesState.preflight.passed),
        on_click=RepositoriesState.go_on,
    )
    reason = rx.cond(
        RepositoriesState.url == "",
        "Choose a repository first.",
        rx.cond(
            RepositoriesState.preflight.done & ~RepositoriesState.preflight.passed,
            "Narrow the scope: the selection is over a limit.",
            "Next: goal and the choices that are frozen at start.",
        ),
    )
    return portal(
        page_head("Repositories", fact="limits bind the selected scope"),
        split(centre, picker.limits_column(), label="Repository limits"),
        action_bar("Your turn", reason, go_on),
        section="repositories",
    )
