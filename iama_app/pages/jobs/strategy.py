"""W10: analysis and strategy."""

import reflex as rx

from components.jobs.frame import cancel_button, job_regions, page_rail
from components.jobs.proposals import hotspots, proposal_grid, report_line
from components.layout.heads import action_bar
from components.ui.blocks import loading_rows
from components.ui.button import button, link_button
from iama_app.shells.workspace import workspace
from state.account.session import SessionState
from state.jobs.strategy import StrategyState as State

ON_LOAD = [SessionState.enter, State.enter]


def page() -> rx.Component:
    """Draw the report line, three columns on shared rows, and where the complexity sits."""
    grid = proposal_grid(State.view, State.chosen, State.opened, on_choose=State.choose, on_open=State.open_details)
    centre = rx.el.div(
        report_line(State.view.figures),
        rx.cond(
            State.view.proposals.length() > 0,
            rx.fragment(grid, hotspots(State.view.hotspots, State.view.hotspots_line)),
            loading_rows("Analysing the scope: three strategies appear here", rows=8, height=28),
        ),
        class_name="scroll",
    )
    regions = job_regions(State, centre, _turn(), actions=[cancel_button(State)], activity="Loading the strategies")
    return workspace(*regions, rail=page_rail(State, "strategy"))


def _turn() -> rx.Component:
    use = button(State.verb, tag="arrow_right", kind="primary", size="cta", on_click=State.use_strategy)
    on = link_button("Go to the run", "/jobs/" + State.head.job_id + "/execution", tag="arrow_right")
    return rx.cond(
        State.view.is_open,
        action_bar(
            "Your turn",
            "Next: the behaviour spec is drafted for your approval. Nothing is charged until tests are generated.",
            use,
        ),
        action_bar(State.head.badge, State.head.plain_line, on, tag="info"),
    )
