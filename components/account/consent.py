"""First-run consent: the data-flow table, retention, the box and the question for whom the words are meant."""

from collections.abc import Sequence

import reflex as rx

from components.ui.field import check, radio
from components.ui.icon import icon, spinner
from components.ui.native_form import native_form
from components.ui.table import Column, cell, table

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
    ("Job record, usage, audit events", "—", "kept for audit and billing", "never"),
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
        *[radio(title, "segment", value, note=note, default_checked=value == "B") for value, title, note in options],
        class_name="stack",
    )


def consent_card() -> rx.Component:
    """Draw the whole question with its two answers; both are posted by the browser itself."""
    return rx.el.section(
        rx.el.div(
            rx.el.h1("Before the first job", class_name="text-lg"),
            rx.el.p("Where your code and data go on this installation, and for how long.", class_name="secondary"),
            class_name="card__head",
        ),
        rx.el.div(data_flow(), class_name="card__table scroll-x"),
        native_form(
            retention(),
            words_question(),
            check("I agree that IAMA processes the code I choose in this way.", "consent", required=True),
            rx.el.input(type="hidden", name="decision", value="accept", read_only=True),
            rx.el.button(
                rx.el.span(icon("arrow_right"), rx.el.span("Agree and continue"), class_name="row when-idle"),
                rx.el.span(spinner("Saving…"), class_name="when-busy"),
                type="submit",
                class_name="button button--primary button--cta",
            ),
            action="/api/session/consent",
            class_name="card__body",
        ),
        rx.el.div(
            native_form(
                rx.el.button("Decline and sign out", type="submit", class_name="button button--quiet button--standard"),
                action="/api/session/sign-out",
            ),
            class_name="card__foot",
        ),
        class_name="card card--wide",
        aria_label="Consent",
    )
