"""W6: job history."""

import reflex as rx

from components.jobs_list.filters import filter_row
from components.jobs_list.job_table import job_table, list_foot
from components.layout.heads import page_head, spacer
from components.ui.blocks import live_region
from components.ui.button import link_button
from iama_app.shells.portal import portal
from state.account.session import SessionState
from state.jobs_list.list import JobsListState

ON_LOAD = [SessionState.enter, JobsListState.load]


def page() -> rx.Component:
    """Draw the list."""
    new_job = link_button("New job", "/jobs/new", tag="play", kind="primary", solid=True)
    return portal(
        page_head("Jobs", spacer(), new_job, fact=JobsListState.view.fact),
        filter_row(),
        job_table(),
        list_foot(),
        live_region(JobsListState.announcement),
        section="jobs",
    )
