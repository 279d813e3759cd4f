"""Structured requests: choose an operation, find the definition, fill in the rest; the sentence joins the goal.

The fields stand inside the form of the new job, so they belong to a form of their own by its id: Enter adds the request
and does not start the job.
"""

import reflex as rx

from components.layout.heads import panel
from components.ui.button import button, icon_button
from components.ui.field import TYPING_PAUSE_MS
from services.engine.goals.forms import FORMS
from state.setup.new import NewJobState
from state.setup.requests import RequestState as State

FORM_ID = "structured-request"
SEARCH_PAUSE_MS = 300


def request_form() -> rx.Component:
    """Return the form itself, which holds nothing: its fields stand in the section and name it."""
    return rx.el.form(id=FORM_ID, on_submit=State.add, no_validate=True)


def requests_section() -> rx.Component:
    """Draw the requests so far and the form of the next one."""
    return panel(
        "Structured requests",
        _stack(),
        rx.el.div(_operation(), _search(), class_name="form-grid"),
        _matches(),
        rx.el.div(rx.foreach(State.fields, _field), class_name="form-grid form-grid--fields"),
        rx.el.div(
            button("Add to the goal", tag="plus", type="submit", form=FORM_ID),
            rx.el.span(State.added, class_name="text-xs text-success", role="status"),
            rx.el.span(State.error, class_name="field__error", role="alert"),
            class_name="row row--wrap",
        ),
        tag="list_checks",
        fact="each writes a sentence of the goal; several stack up",
    )


def _stack() -> rx.Component:
    items = rx.foreach(
        NewJobState.goal_view.requests,
        lambda text, at: rx.el.li(
            rx.el.span(at + 1, class_name="text-xs muted"),
            rx.el.span(text, class_name="code-sm"),
            icon_button("x", "Remove request", small=True, on_click=NewJobState.drop_request(at)),
            class_name="check-row",
        ),
    )
    stack = rx.el.ol(items, aria_label="Requests of the goal")
    return rx.cond(NewJobState.goal_view.requests.length() > 0, stack, rx.fragment())


def _operation() -> rx.Component:
    groups = dict.fromkeys(form.group for form in FORMS.values())
    options = [
        rx.el.optgroup(
            *[rx.el.option(form.label, value=form.name) for form in FORMS.values() if form.group == group], label=group
        )
        for group in groups
    ]
    control = rx.el.select(
        *options,
        id="request-form",
        name="request-form",
        form=FORM_ID,
        class_name="input input--select",
        value=State.form,
        on_change=State.choose_form,
    )
    return rx.el.div(
        rx.el.label("Operation", html_for="request-form", class_name="field__label"), control, class_name="field"
    )


def _search() -> rx.Component:
    control = rx.debounce_input(
        rx.el.input(
            type="search",
            id="request-search",
            form=FORM_ID,
            class_name="input input--mono",
            placeholder="Beginning of a name",
            aria_describedby="request-search-help",
            value=State.query,
            on_change=State.search,
        ),
        debounce_timeout=SEARCH_PAUSE_MS,
        force_notify_by_enter=True,
    )
    said = rx.cond(State.searching, "Reading the names of the project", State.match_line)
    return rx.el.div(
        rx.el.label("Find a definition", html_for="request-search", class_name="field__label"),
        control,
        rx.el.span(said, id="request-search-help", class_name="field__help", role="status"),
        class_name="field",
    )


def _matches() -> rx.Component:
    found = rx.el.div(
        rx.foreach(
            State.matches,
            lambda match: rx.el.button(
                rx.el.span(rx.cond(match.symbol != "", match.symbol, match.path), class_name="code-sm"),
                rx.el.span(match.kind, " · ", match.place, class_name="text-xs muted"),
                type="button",
                class_name="example row",
                on_click=State.pick(match.path, match.symbol),
            ),
        ),
        class_name="row row--wrap",
        role="group",
        aria_label="Definitions found",
    )
    return rx.cond(State.matches.length() > 0, found, rx.fragment())


def _field(item: rx.Var) -> rx.Component:
    name = "request-" + item.name.to(str)
    control = rx.debounce_input(
        rx.el.input(
            id=name,
            name=name,
            form=FORM_ID,
            class_name="input input--mono",
            placeholder=item.example,
            value=item.value,
            on_change=lambda text: State.type_value(item.name, text),
        ),
        debounce_timeout=TYPING_PAUSE_MS,
    )
    optional = rx.cond(item.required, rx.fragment(), rx.el.span(" (optional)", class_name="muted"))
    return rx.el.div(
        rx.el.label(item.label, optional, html_for=name, class_name="field__label"),
        control,
        class_name="field",
        key=name,
    )
