"""First-run consent: the data-flow table, retention, the box and the question for whom the words are meant."""

from collections.abc import Sequence

import reflex as rx

from components.ui.blocks import problem_block
from components.ui.button import button
from components.ui.field import check, radio
from components.ui.icon import icon
from components.ui.native_form import native_form
from components.ui.table import Column, cell, table
from state.account.welcome import WelcomeState

_YES, _NO = "yes", "no"
_FLOW: Sequence[tuple[str, str, str, str]] = (
    (
        "Source files in the chosen scope",
        "yes",
        "encrypted, 14 days",
        "only the parts a task needs, if a provider is set",
    ),
    ("Files outside the scope", "yes", "counted, never kept", "never"),
    ("Files with secrets", "yes", "excluded, named in the report", "never"),
    ("Spec, tests and diffs", "yes", "encrypted, 14 days", "as context of the same job"),
    ("Passwords and keys of repositories", "yes", "encrypted", "never"),
    ("Job record, usage, audit events", "–", "kept for audit and billing", "never"),
)
_COLUMNS = (
    Column("What", "30%"),
    Column("Stays local", "12%"),
    Column("Goes to the control plane"),
    Column("Goes to a model provider"),
)


def data_flow() -> rx.Component:
    """Draw what stays, what this installation keeps, and what a model provider may see."""
    rows = [rx.el.tr(cell(what, class_name="medium"), *[cell(value) for value in values]) for what, *values in _FLOW]
    return table(_COLUMNS, rows, caption="Where data goes", density="facts")


def retention() -> rx.Component:
    """Draw how long what is kept stays, and that nothing trains a model."""
    return rx.el.ul(
        rx.el.li(icon("hourglass"), "Artifacts that hold code are deleted after 14 days.", class_name="trust__point"),
        rx.el.li(icon("history"), "Metadata is kept for audit and billing.", class_name="trust__point"),
        rx.el.li(icon("eye_off"), "No code, spec or prompt is used to train a model.", class_name="trust__point"),
        class_name="stack stack--2",
    )


def words_question() -> rx.Component:
    """Ask for whom the pages should be worded; it can be changed in the user menu."""
    options = (
        ("A", "Guided", "Plain words, behaviour only, whole files."),
        ("B", "Technical", "Metrics, structure and single hunks."),
        ("C", "Enterprise", "As technical, with the analysis report first."),
    )
    return rx.el.fieldset(
        rx.el.legend("Whose words should the pages use?", class_name="label"),
        *[
            radio(
                title,
                "segment",
                value,
                note=note,
                default_checked=WelcomeState.segment == value,
                on_change=WelcomeState.set_segment(value),
            )
            for value, title, note in options
        ],
        class_name="stack",
    )


def consent_card() -> rx.Component:
    """Draw the whole question with its two answers."""
    return rx.el.section(
        rx.el.div(
            rx.el.h1("Before the first job", class_name="text-lg"),
            rx.el.p("Where your code and data go on this installation, and for how long.", class_name="secondary"),
            class_name="card__head",
        ),
        rx.el.div(data_flow(), class_name="card__table scroll-x"),
        rx.el.div(
            retention(),
            words_question(),
            check(
                "I agree that IAMA processes the code I choose in this way.",
                "consent",
                default_checked=WelcomeState.agreed,
                on_change=WelcomeState.set_agreed,
            ),
            problem_block(WelcomeState.problem),
            class_name="card__body",
        ),
        rx.el.div(_answers(), class_name="card__foot"),
        class_name="card card--wide",
        aria_label="Consent",
    )


def _answers() -> rx.Component:
    decline = native_form(
        rx.el.button("Decline and sign out", type="submit", class_name="button button--quiet button--standard"),
        action="/api/session/sign-out",
    )
    agree = button(
        "Agree and continue",
        tag="arrow_right",
        kind="primary",
        size="cta",
        disabled=~WelcomeState.agreed,
        on_click=WelcomeState.agree,
    )
    reason = rx.cond(
        WelcomeState.agreed, rx.fragment(), rx.el.span("Tick the box to continue.", class_name="text-xs muted")
    )
    return rx.el.div(decline, rx.el.span(class_name="grow"), reason, agree, class_name="row row--wrap")
