"""W9, before the start: what the change would do, hazards to accept one by one, the diff."""

import reflex as rx

from components.layout.heads import action_bar, page_head, spacer
from components.preview import change
from components.preview.detail import detail
from components.ui.blocks import empty_block, loading_rows, problem_block
from components.ui.button import button, link_button
from components.ui.field import filter_select
from iama_app.shells.portal import portal, split
from state.account.session import SessionState
from state.preview.preview import PreviewState as State
from state.preview.views import LEVELS

ON_LOAD = [SessionState.enter, State.load]


def page() -> rx.Component:
    """Draw the change, what is affected, and the start."""
    level = filter_select(
        "Strategy",
        "level",
        [rx.el.option(text, value=value) for value, text in LEVELS],
        value=State.level,
        on_change=State.choose_level,
        disabled=State.activity != "",
    )
    return portal(
        page_head(
            "Preview",
            spacer(),
            level,
            fact="nothing is stored, nothing is changed",
        ),
        problem_block(State.problem, on_retry=State.load),
        rx.cond(State.activity != "", loading_rows(State.activity), _body()),
        action_bar(
            "Your turn",
            rx.cond(
                State.loaded & State.view.changes_nothing,
                "This request changes nothing, so there is no job to start.",
                "Starting reads the source again and waits for you before any code changes.",
            ),
            link_button("Back to the set-up", "/jobs/new", tag="arrow_left", kind="quiet"),
            button(
                "Start job",
                tag="play",
                kind="primary",
                size="cta",
                solid=True,
                on_click=State.start,
                disabled=(State.activity != "") | ~State.loaded | State.view.changes_nothing,
            ),
        ),
        section="jobs",
    )


def _body() -> rx.Component:
    nothing = rx.el.div(
        empty_block(
            "wrench", "Say in the set-up which repository and what should change.", link_button("Set-up", "/jobs/new")
        ),
        class_name="scroll",
    )
    shown = split(
        rx.fragment(
            change.understood_section(),
            change.symbols_section(),
            change.references_section(),
            change.diff_section(),
        ),
        detail(),
        label="Hazards and operations",
    )
    return rx.cond(State.is_empty, nothing, rx.cond(State.loaded, shown, rx.el.div(class_name="scroll")))
