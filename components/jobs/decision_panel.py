"""Decision panel (5.8): evidence, last patch, labelled actions with their consequences; never a conversation."""

from typing import Any

import reflex as rx

from components.jobs.now_panel import failing_tests
from components.jobs.parts import countdown, fact_list, nothing_yet, section_head
from components.ui.icon import icon
from components.ui.meter import count_cells


def decision_panel(view: rx.Var, *, on_act: Any) -> rx.Component:
    """Draw a `DecisionView`.

    Args:
        on_act: Handler that takes an action name.
    """
    return rx.el.div(
        _why(view),
        _evidence(view),
        _last_patch(view),
        rx.el.section(
            section_head("What you can do"),
            action_list(view.actions, on_act),
            class_name="decision-section",
        ),
        class_name="decision",
    )


def _why(view: rx.Var) -> rx.Component:
    clock = rx.el.span(
        countdown(view.deadline_left, view.deadline),
        rx.el.span(view.deadline_line, class_name="text-xs muted"),
        class_name="row",
    )
    return rx.el.div(
        icon("triangle_alert"),
        rx.el.div(
            rx.el.div(view.title, class_name="alert__title"),
            rx.el.div(view.line, class_name="secondary"),
            class_name="alert__body",
        ),
        rx.cond(view.deadline > 0, clock, rx.fragment()),
        class_name="alert alert--" + view.tone,
        role="status",
    )


def _evidence(view: rx.Var) -> rx.Component:
    counts = rx.el.dl(
        rx.el.dt("Attempts"),
        rx.el.dd(count_cells(view.attempt_cells, "Repair attempts used")),
        rx.el.dt("Same failure"),
        rx.el.dd(count_cells(view.same_cells, "Identical failures in a row")),
        class_name="facts",
    )
    return rx.el.details(
        rx.el.summary(
            icon("chevron_down"), rx.el.span("Evidence", class_name="text-md"), class_name="decision-summary"
        ),
        rx.el.div(
            rx.el.div(
                rx.cond(
                    view.failing.length() > 0, failing_tests(view.failing), nothing_yet("No failing test on record.")
                ),
                class_name="decision-half",
            ),
            rx.el.div(counts, fact_list(view.facts), class_name="decision-half"),
            class_name="decision-columns",
        ),
        class_name="decision-section",
        open=True,
    )


def _last_patch(view: rx.Var) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            icon("chevron_down"),
            rx.el.span("Last patch", class_name="text-md"),
            rx.el.span(view.patch_line, class_name="text-xs muted"),
            class_name="decision-summary",
        ),
        rx.cond(
            view.patch != "", rx.el.pre(view.patch, class_name="decision-patch"), nothing_yet("No patch was made yet.")
        ),
        class_name="decision-section",
        open=True,
    )


def action_list(actions: rx.Var[list], on_act: Any) -> rx.Component:
    """Draw actions as rows: the button, its consequence, the model tier it will use, or why it is locked."""
    return rx.cond(
        actions.length() > 0,
        rx.el.ul(rx.foreach(actions, lambda one: _action(one, on_act)), class_name="action-rows"),
        nothing_yet("Nothing can be asked of this job in its present state."),
    )


def _action(one: rx.Var, on_act: Any) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            one.label,
            type="button",
            class_name="button button--standard button--" + one.tone,
            disabled=~one.enabled,
            on_click=on_act(one.action),
            custom_attrs={"data-action": one.action},
        ),
        rx.el.span(one.consequence, class_name="secondary grow"),
        rx.cond(one.enabled, rx.fragment(), rx.el.span(one.reason, class_name="text-xs muted")),
        rx.el.span(one.tier, class_name="text-xs muted"),
        class_name="action-row",
    )
