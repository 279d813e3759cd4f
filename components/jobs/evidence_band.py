"""Evidence band of the delivery screen: four panels of figures, drawn before any file is shown."""

import reflex as rx

from components.jobs.outcome_strip import outcome_line
from components.jobs.parts import fact_list, nothing_yet, section_head
from components.layout.words import said
from components.ui.icon import icon
from services.canon.segment_words import Term


def evidence_band(view: rx.Var) -> rx.Component:
    """Draw an `EvidenceView`."""
    return rx.el.section(
        _own_suite(view),
        _score(view),
        baseline_block(view),
        _hazards(view),
        class_name="evidence-band",
        aria_label="Evidence",
    )


def _own_suite(view: rx.Var) -> rx.Component:
    mark = rx.match(
        view.changed_tone,
        ("ok", icon("circle_check", size=14)),
        ("bad", icon("triangle_alert", size=14)),
        rx.fragment(),
    )
    verdict = rx.el.span(
        mark, rx.el.span(view.changed_line), class_name="row row-4 medium text-xs job-tone-" + view.changed_tone
    )
    counts = rx.el.span(
        rx.el.span(view.passed, class_name="job-figure"),
        " passed, ",
        rx.el.span(view.failed, class_name="job-figure"),
        " failed, ",
        rx.el.span(view.skipped, class_name="job-figure"),
        " skipped",
        class_name="secondary",
    )
    strips = rx.foreach(view.strips, lambda strip: rx.el.div(outcome_line(strip, "suite"), class_name="suite-line"))
    return rx.el.div(
        section_head("Own suite, before and after", verdict),
        rx.cond(view.strips.length() > 0, strips, nothing_yet("The repository's own suite did not run.")),
        rx.el.div(counts, rx.el.span(view.suite_note, class_name="text-xs muted"), class_name="job-between text-xs"),
        class_name="evidence-panel",
    )


def _score(view: rx.Var) -> rx.Component:
    figure = rx.el.span(
        rx.el.span(view.score, class_name="text-xl"),
        rx.cond(view.seeds.length() > 0, rx.el.span(" / 100", class_name="text-xs muted"), rx.fragment()),
        class_name="row row-4",
    )
    seeds = rx.el.div(
        rx.foreach(view.seeds, lambda seed: rx.el.i(class_name="seed seed-" + seed)),
        class_name="seeds",
        role="img",
        aria_label=view.seeds_label,
    )
    survivors = rx.el.ul(
        rx.foreach(
            view.survivors,
            lambda one: rx.el.li(
                rx.el.span(one.place), rx.el.span(one.mutation, class_name="job-tone-warn"), class_name="job-between"
            ),
        ),
        class_name="survivors",
    )
    measured = rx.fragment(
        seeds,
        rx.el.div(
            rx.el.span(view.caught, class_name="job-figure"),
            " seeded faults caught, ",
            rx.el.span(view.survived, class_name="medium job-tone-warn"),
            class_name="text-xs secondary",
        ),
        survivors,
    )
    return rx.el.div(
        section_head("Evidence score", figure),
        rx.cond(view.seeds.length() > 0, measured, nothing_yet("No faults were seeded in this job.")),
        class_name="evidence-panel",
    )


def baseline_block(view: rx.Var) -> rx.Component:
    """Draw how the baseline holds: mode, counts on untouched and changed code, and the risk note of the mode."""
    badge = rx.el.span(
        icon("shield_check", size=14), rx.el.span(view.mode), class_name="badge badge--lite badge--" + view.mode_tone
    )
    return rx.el.div(
        section_head(said(Term.BASELINE), badge),
        fact_list(view.baseline),
        rx.cond(view.mode_note != "", rx.el.p(view.mode_note, class_name="text-xs muted"), rx.fragment()),
        class_name="evidence-panel",
    )


def _hazards(view: rx.Var) -> rx.Component:
    items = rx.el.ul(
        rx.foreach(
            view.hazards,
            lambda one: rx.el.li(rx.el.span(one.mark, class_name="mono text-xs muted"), rx.el.span(one.text)),
        ),
        class_name="hazards",
    )
    attested = rx.el.span(
        icon("lock", size=14), rx.el.span(view.attested), class_name="row row-4 medium text-xs job-tone-ok"
    )
    return rx.el.div(
        rx.el.div(
            section_head("Hazards accepted", rx.el.span(view.hazard_count, class_name="medium job-tone-warn")),
            rx.cond(view.hazards.length() > 0, items, nothing_yet("None was disclosed.")),
        ),
        rx.el.div(
            section_head("Isolation", rx.cond(view.attested != "", attested, rx.fragment())),
            fact_list(view.isolation),
            class_name="isolation-block",
        ),
        class_name="evidence-panel evidence-last",
    )
