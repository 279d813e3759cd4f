"""Generated tests by behaviour and what may stay untested (W11b)."""

import reflex as rx

from components.jobs.parts import fact_list, nothing_yet, section_head
from components.layout.heads import panel_head
from components.ui.icon import icon


def tests_by_behaviour(groups: rx.Var[list], note: rx.Var[str]) -> rx.Component:
    """Draw the generated tests, one group for each behaviour."""
    return rx.el.section(
        panel_head("Generated tests", tag="flask_conical", fact=note),
        rx.cond(
            groups.length() > 0,
            rx.el.ol(rx.foreach(groups, _group), class_name="test-groups"),
            nothing_yet("No test yet: tests are written when the spec is approved."),
        ),
    )


def _group(group: rx.Var) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(group.mark, class_name="mono text-xs muted"),
            rx.el.span(group.title, class_name="medium clip grow"),
            rx.el.span(group.count, class_name="text-xs muted"),
            class_name="test-group-head",
        ),
        rx.el.ul(rx.foreach(group.tests, _test), class_name="test-rows"),
    )


def _test(test: rx.Var) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.cond(test.tone == "ok", icon("circle_check", size=14), icon("flask_conical", size=14)),
            class_name="row job-tone-" + test.tone,
        ),
        rx.el.span(test.name, class_name="code-sm clip grow"),
        rx.el.span(test.kind, class_name="text-xs muted"),
        rx.el.span(test.status, class_name="text-xs job-tone-" + test.tone),
        class_name="test-row",
        custom_attrs={"data-row": "test"},
    )


def coverage_column(view: rx.Var) -> rx.Component:
    """Draw mode, coverage and the behaviours that may be untested."""
    badge = rx.el.span(
        icon("shield_check", size=14), rx.el.span(view.mode), class_name="badge badge--lite badge--" + view.mode_tone
    )
    uncovered = rx.el.ul(
        rx.foreach(
            view.uncovered,
            lambda one: rx.el.li(
                rx.el.span(one.name, class_name="code-sm clip grow"),
                rx.el.span(one.confidence, class_name="text-xs muted"),
                rx.el.div(one.why, class_name="text-xs muted"),
            ),
        ),
        class_name="uncovered",
    )
    return rx.el.aside(
        rx.el.section(
            section_head("Baseline", badge),
            rx.cond(view.mode_note != "", rx.el.p(view.mode_note, class_name="text-xs secondary"), rx.fragment()),
            fact_list(view.coverage),
        ),
        rx.el.section(
            section_head("May be untested", rx.el.span(view.uncovered.length(), class_name="text-xs muted")),
            rx.cond(view.uncovered.length() > 0, uncovered, nothing_yet("Every behaviour has a test.")),
        ),
        class_name="detail",
        aria_label="Coverage",
    )
