"""Filter row of the job list: search, one state, and the four quick filters with their counts."""

import reflex as rx

from components.ui.field import filter_select, search_field
from components.ui.tabs import segment, segments
from services.canon.vocabulary import STATE_WORDS
from state.jobs_list.list import JobsListState

_GROUPS = (("ALL", "All"), ("YOUR_TURN", "Your turn"), ("LIVE", "Live"), ("FALLBACK", "Fallback"))


def filter_row() -> rx.Component:
    """Draw the row."""
    return rx.el.div(
        _search(), _status(), rx.el.span(class_name="grow"), _groups(), class_name="filters", role="search"
    )


def _search() -> rx.Component:
    return search_field(
        "Goal, path or job id",
        value=JobsListState.text,
        on_change=JobsListState.search,
        max_length=200,
    )


def _status() -> rx.Component:
    options = [rx.el.option("Status: all", value="")]
    options += [rx.el.option(word.label, value=state.value) for state, word in STATE_WORDS.items()]
    return filter_select("Status", "status", options, value=JobsListState.status, on_change=JobsListState.choose_status)


def _groups() -> rx.Component:
    entries = [
        segment(
            title,
            active=JobsListState.group == name,
            on_click=JobsListState.choose_group(name),
            count=JobsListState.view.counts[name],
        )
        for name, title in _GROUPS
    ]
    return segments(*entries, label="Quick filters")
