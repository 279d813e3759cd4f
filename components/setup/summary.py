"""Beside the form: what is charged, what is checked before anything is fetched."""

import reflex as rx

from components.layout.words import said
from components.repositories.preflight import preflight_result
from components.ui.icon import icon
from components.ui.table import facts
from services.canon.segment_words import Term
from state.setup.new import NewJobState as State
from state.setup.views import SCOPE_LIMITS

_CHECKS: tuple[tuple[str, str | rx.Var[str], str | rx.Var[str]], ...] = (
    ("git_branch", said(Term.HEAD_CHECK), said(Term.PINNED)),
    ("folder", "Scope", SCOPE_LIMITS),
    ("file", "Not source", "left out, with a reason"),
    ("key_round", "Secrets", "found files are left out"),
    ("lock", "Isolation", "level and policy"),
)


def summary() -> rx.Component:
    """Draw the detail column."""
    return rx.fragment(_preflight(), _billing(), _afterwards())


def _preflight() -> rx.Component:
    rows = [
        rx.el.li(icon(tag), rx.el.span(name), rx.el.span(what, class_name="text-xs muted"), class_name="check-row")
        for tag, name, what in _CHECKS
    ]
    return rx.el.section(
        rx.el.h2("Preflight", class_name="text-md"),
        rx.el.p("Measured when the job starts, before code is copied.", class_name="text-xs muted"),
        rx.el.ol(*rows),
        preflight_result(State.preflight, State.activity, running=State.activity != ""),
        aria_label="Preflight",
    )


def _billing() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Billing", class_name="text-md"),
        facts(
            ("Plan", State.billing.plan),
            ("Jobs today", State.billing.today),
            ("Open jobs", State.billing.open_jobs),
            ("Charged to", State.billing.charged),
        ),
        aria_label="Billing",
    )


def _afterwards() -> rx.Component:
    return rx.el.section(
        rx.el.h2("What starting does", class_name="text-md"),
        rx.el.p(
            "Fetches the scope, reads it, and offers three strategies with measured facts. Your code is changed only "
            "after you approved a strategy and a spec.",
            class_name="secondary",
        ),
        aria_label="What starting does",
    )
