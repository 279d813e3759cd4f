"""Top bar: wordmark, sections, plan, quota and the user menu with theme, words and sign-out."""

import reflex as rx
from reflex.style import color_mode, set_color_mode

from components.layout.sections import SECTIONS
from components.ui.badge import status_badge
from components.ui.icon import icon
from components.ui.native_form import native_form
from components.ui.tabs import segment, segments
from state.account.session import SessionState

_THEMES = (("System", "system"), ("Light", "light"), ("Dark", "dark"))
_WORDS = (("Guided", "A"), ("Technical", "B"), ("Enterprise", "C"))
API_REFERENCE_PATH = "/api/docs"


def top_bar(section: str = "") -> rx.Component:
    """Draw the bar of a signed-in page; `section` is the key of the current one."""
    return rx.el.header(
        _wordmark("/jobs"),
        _sections(section),
        rx.el.div(
            rx.cond(
                SessionState.person.plan != "", status_badge("building_2", SessionState.person.plan, token="plain")
            ),
            rx.cond(SessionState.person.quota != "", status_badge("gauge", SessionState.person.quota, token="plain")),
            _user_menu(),
            class_name="top-bar__right",
        ),
        class_name="top-bar",
    )


def public_bar() -> rx.Component:
    """Draw the bar of a page for everybody: the wordmark and the theme."""
    return rx.el.header(
        _wordmark("/"), rx.el.span(), rx.el.div(_theme_choice(), class_name="top-bar__right"), class_name="top-bar"
    )


def _wordmark(href: str) -> rx.Component:
    return rx.el.a(rx.el.span("IAMA", class_name="wordmark__name"), href=href, class_name="wordmark")


def _sections(current: str) -> rx.Component:
    links = [
        rx.el.a(entry.title, href=entry.href, aria_current="page" if entry.key == current else "false")
        for entry in SECTIONS
        if entry.in_top_bar
    ]
    reference = rx.el.a("API", href=API_REFERENCE_PATH, reload_document=True)
    return rx.el.nav(*links, reference, class_name="top-nav", aria_label="Main")


def _theme_choice() -> rx.Component:
    entries = [segment(title, active=color_mode == value, on_click=set_color_mode(value)) for title, value in _THEMES]
    return segments(*entries, label="Theme")


def _words_choice() -> rx.Component:
    entries = [
        segment(title, active=SessionState.person.segment == value, on_click=SessionState.choose_words(value))
        for title, value in _WORDS
    ]
    return segments(*entries, label="Words")


def _user_menu() -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.el.span(SessionState.person.initials, class_name="initials", aria_hidden="true"),
            aria_label=rx.Var.create("User menu: ") + SessionState.person.email,
        ),
        rx.el.div(
            rx.el.div(
                rx.el.div(SessionState.person.email, class_name="medium clip"),
                rx.el.div(SessionState.person.plan, class_name="text-xs muted"),
                class_name="menu__section",
            ),
            rx.el.div(rx.el.div("Theme", class_name="label"), _theme_choice(), class_name="menu__section"),
            rx.el.div(rx.el.div("Words", class_name="label"), _words_choice(), class_name="menu__section"),
            native_form(
                rx.el.button(icon("log_out"), "Sign out", type="submit", class_name="menu__item"),
                action="/api/session/sign-out",
            ),
            class_name="menu__panel",
        ),
        class_name="menu",
        custom_attrs={"data-menu": "user"},
    )
