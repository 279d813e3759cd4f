"""W11: the spec workbench."""

import reflex as rx

from components.jobs.behaviours import behaviour_list, structure_table
from components.jobs.conflict_panel import conflict_panel
from components.jobs.frame import cancel_button, job_regions, page_rail
from components.jobs.parts import fact_list, section_head
from components.jobs.revisions import linked_tests, revision_comparison, revision_rail
from components.jobs.spec_text import text_view
from components.layout.heads import action_bar, panel_head
from components.ui.blocks import empty_block, loading_rows
from components.ui.button import button, link_button
from components.ui.icon import icon
from components.ui.tabs import segment, segments
from iama_app.shells.workspace import workspace
from state.account.session import SessionState
from state.jobs.spec import SpecWorkbenchState as State

ON_LOAD = [SessionState.enter, State.enter]


def page() -> rx.Component:
    """Draw conflict, behaviours and structure, the revisions beside them, the approval bar below."""
    drafting = loading_rows("Reading behaviours off the code and its tests", rows=8, height=28)
    nothing = rx.cond(State.view.is_drafting, drafting, empty_block("pencil_line", State.view.locked_reason, _onward()))
    tools = rx.fragment(_say(), _views())
    lists = rx.fragment(
        panel_head("Behaviours", rx.cond(State.view.is_editable, tools, rx.fragment()), fact=State.behaviours_line),
        behaviour_list(State.behaviours, State, State.view.is_editable),
        rx.cond(
            State.head.segment == "A",
            rx.fragment(),
            rx.fragment(
                panel_head("Structure", fact=State.view.components_line), structure_table(State.view.components)
            ),
        ),
    )
    centre = rx.el.div(
        conflict_panel(State.conflict, State.choose_side, State.word_merged),
        rx.cond(State.comparing_title != "", _comparison(), rx.fragment()),
        rx.cond(State.as_text, text_view(State, _views()), lists),
        class_name="spec-centre",
    )
    whole = rx.fragment(rx.el.div(centre, _detail(), class_name="split"), _turn())
    body = [rx.cond(State.view.revision != "", whole, rx.el.div(nothing, class_name="scroll"))]
    compare = button("Compare with v1", tag="diff", size="compact", on_click=State.compare)
    actions = [rx.cond(State.has_history, compare, rx.fragment()), cancel_button(State)]
    regions = job_regions(State, *body, actions=actions, activity="Loading the spec")
    return workspace(*regions, rail=page_rail(State, "spec"))


def _onward() -> rx.Component:
    job = "/jobs/" + State.head.job_id
    return rx.cond(
        State.head.state == "WAITING_STRATEGY",
        link_button("Choose a strategy", job + "/strategy", tag="list_checks"),
        link_button("Go to the run", job + "/execution", tag="arrow_right"),
    )


def _views() -> rx.Component:
    return segments(
        segment("Fields", active=~State.as_text, on_click=State.show_fields),
        segment("Edit as text", active=State.as_text, on_click=State.show_text),
        label="View of the spec",
    )


def _say() -> rx.Component:
    return rx.el.form(
        rx.el.input(
            name="words",
            placeholder="> Given …, when …, then …",
            aria_label="Describe a behaviour in plain words",
            class_name="input",
        ),
        button("Add", size="compact", type="submit"),
        on_submit=State.add_item,
        reset_on_submit=True,
        class_name="spec-say",
    )


def _comparison() -> rx.Component:
    return rx.el.section(
        panel_head(
            "Comparison",
            button("Close", tag="x", kind="quiet", size="compact", on_click=State.compare),
            tag="diff",
            fact="only fields that differ",
        ),
        revision_comparison(State.comparing, "v1", State.comparing_title),
    )


def _detail() -> rx.Component:
    more = button(
        rx.cond(State.all_revisions, "Show the last three", "Show all"),
        kind="quiet",
        size="compact",
        on_click=State.show_all_revisions,
    )
    return rx.el.aside(
        revision_rail(State.revisions, "head " + State.view.revision, rx.cond(State.has_more, more, rx.fragment())),
        rx.cond(State.linked_title != "", linked_tests(State.linked_title, "", State.linked), rx.fragment()),
        rx.el.section(section_head("Coverage of the scope"), fact_list(State.view.coverage)),
        rx.cond(State.hazards.length() > 0, _hazards(), rx.fragment()),
        rx.el.section(section_head("What approval starts"), fact_list(State.view.starts)),
        class_name="detail",
        aria_label="Revisions and tests",
    )


def _hazards() -> rx.Component:
    heading = rx.cond(State.view.is_open, "Hazards to accept", "Hazards disclosed")
    return rx.el.section(
        section_head(heading, rx.el.span(State.hazards.length(), class_name="medium job-tone-warn")),
        rx.foreach(
            State.hazards,
            lambda one: rx.el.label(
                rx.cond(
                    State.view.is_open,
                    rx.el.input(
                        type="checkbox",
                        checked=State.accepted.contains(one.mark),
                        on_change=State.accept_hazard(one.mark),
                        class_name="check__box",
                    ),
                    icon("triangle_alert", size=14),
                ),
                rx.el.span(rx.el.span(one.mark, class_name="mono muted"), " ", one.text, class_name="text-xs"),
                class_name="choice",
            ),
        ),
    )


def _turn() -> rx.Component:
    save = button("Save as " + State.view.next_revision, on_click=State.save_draft)
    leave = button("Discard draft", tag="undo_2", kind="quiet", on_click=State.discard_draft)
    drafts = rx.cond(State.is_dirty, rx.fragment(leave, save), rx.fragment())
    settle = button(
        "Save settled spec",
        tag="circle_check",
        kind="primary",
        size="cta",
        on_click=State.resolve,
        disabled=~State.conflict.is_settled,
    )
    approve = button(State.verb, tag="circle_check", kind="primary", size="cta", on_click=State.approve)
    on = link_button("Go to the run", "/jobs/" + State.head.job_id + "/execution", tag="arrow_right")
    is_turn = State.head.state == "WAITING_SPEC_APPROVAL"
    main = rx.cond(
        State.conflict.title != "",
        settle,
        rx.cond(is_turn & State.view.is_ready, rx.fragment(drafts, approve), rx.fragment(drafts, on)),
    )
    line = rx.cond(State.view.locked_reason != "", State.view.locked_reason, State.view.consequence)
    return action_bar(rx.cond(is_turn, "Your turn", State.head.badge), line, main)
