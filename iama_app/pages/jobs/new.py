"""W9: set-up of a new job."""

import reflex as rx

from components.layout.heads import action_bar, page_head, spacer
from components.setup import requests, sections
from components.setup.summary import summary
from components.ui.blocks import problem_block
from components.ui.button import button, link_button
from iama_app.shells.portal import portal, split
from state.account.session import SessionState
from state.setup.new import NewJobState
from state.setup.requests import RequestState

ON_LOAD = [SessionState.enter, NewJobState.load, RequestState.open_form]


def page() -> rx.Component:
    """Draw the form, its summary and the start."""
    form = rx.el.form(
        problem_block(NewJobState.problem),
        sections.source_section(),
        sections.goal_section(),
        requests.requests_section(),
        sections.execution_section(),
        sections.network_section(),
        sections.delivery_section(),
        sections.escalation_section(),
        id="new-job",
        on_submit=NewJobState.start,
        no_validate=True,
    )
    start = button(
        "Start analysis",
        tag="play",
        kind="primary",
        size="cta",
        solid=True,
        type="submit",
        form="new-job",
        disabled=NewJobState.activity != "",
    )
    return portal(
        page_head("New job", spacer(), link_button("All jobs", "/jobs", tag="arrow_left", kind="quiet")),
        split(rx.fragment(requests.request_form(), form), summary(), label="Preflight and billing"),
        action_bar(
            "Your turn",
            "These choices are frozen at start. Nothing is charged until tests are generated.",
            link_button("Cancel", "/jobs", kind="quiet"),
            button("Preview", tag="scan_search", size="cta", on_click=NewJobState.open_preview),
            start,
        ),
        section="jobs",
    )
