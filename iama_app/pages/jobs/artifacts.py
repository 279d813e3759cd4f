"""W14b: artifacts of a job."""

import reflex as rx

from components.jobs.frame import job_regions, page_rail
from components.jobs.records import artifact_table
from components.layout.heads import panel_head
from iama_app.shells.workspace import workspace
from state.account.session import SessionState
from state.jobs.artifacts import JobArtifactsState as State

ON_LOAD = [SessionState.enter, State.enter]


def page() -> rx.Component:
    """Draw every artifact with its hash, size and expiry."""
    body = rx.el.div(
        panel_head("Artifacts", tag="file", fact="encrypted at rest; code-bearing ones are deleted after 14 days"),
        artifact_table(State.artifacts, State.download),
        class_name="scroll",
        tab_index=0,
    )
    regions = job_regions(State, body, activity="Loading the artifacts")
    return workspace(*regions, rail=page_rail(State, "artifacts"))
