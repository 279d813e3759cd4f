"""Sign-in and register: native forms that post to the API, so that the session cookie never meets a script."""

import reflex as rx

from components.ui.alert import alert
from components.ui.field import text_field
from components.ui.icon import icon, spinner
from components.ui.native_form import native_form
from state.account.sign_in import SignInState

_FORM = SignInState.form


def sign_in_card() -> rx.Component:
    """Draw e-mail, password, Sign in, and the link to register."""
    fields = [
        _email(),
        text_field(
            "Password",
            "password",
            error=_FORM.password_error,
            type="password",
            auto_complete="current-password",
            required=True,
        ),
        _submit("Sign in", "Signing in…", "log_in"),
    ]
    return _card("Sign in", "/api/session/sign-in", fields, _other("No account yet?", "Register", "/register"))


def register_card() -> rx.Component:
    """Draw e-mail, password twice, Register, and the link back."""
    fields = [
        _email(),
        text_field(
            "Password",
            "password",
            help_text="At least 8 characters. A passphrase or a password manager works well.",
            error=_FORM.password_error,
            type="password",
            auto_complete="new-password",
            min_length=8,
            required=True,
        ),
        text_field(
            "Repeat the password",
            "confirm_password",
            type="password",
            auto_complete="new-password",
            min_length=8,
            required=True,
        ),
        _submit("Register", "Registering…", "user_plus"),
    ]
    return _card("Register", "/api/session/register", fields, _other("Have an account?", "Sign in", "/sign-in"))


def _card(title: str, action: str, fields: list[rx.Component], other: rx.Component) -> rx.Component:
    refusal = rx.cond(_FORM.form_error != "", alert(_FORM.form_error, token="danger", code=_FORM.code), rx.fragment())
    form = native_form(
        rx.el.input(type="hidden", name="next", value=SignInState.return_to, read_only=True),
        *fields,
        class_name="card__body",
        action=action,
    )
    return rx.el.section(
        rx.el.div(rx.el.h1(title, class_name="text-lg"), class_name="card__head"),
        refusal,
        form,
        rx.el.div(other, class_name="card__foot"),
        class_name="card",
        aria_label=title,
    )


def _email() -> rx.Component:
    return text_field(
        "E-mail",
        "email",
        error=_FORM.email_error,
        type="email",
        auto_complete="username",
        default_value=_FORM.email,
        key=_FORM.email,
        required=True,
        auto_focus=True,
    )


def _submit(text: str, busy: str, tag: str) -> rx.Component:
    return rx.el.button(
        rx.el.span(icon(tag), rx.el.span(text), class_name="row when-idle"),
        rx.el.span(spinner(busy), class_name="when-busy"),
        type="submit",
        class_name="button button--primary button--cta button--block",
    )


def _other(question: str, text: str, href: str) -> rx.Component:
    return rx.el.span(question, " ", rx.el.a(text, href=href, class_name="link"))


def providers() -> rx.Component:
    """Say in one line that sign-in with GitHub or Google is not set up here."""
    return rx.el.p("Sign-in with GitHub or Google is not configured on this installation.", class_name="text-xs muted")


def trust_statement() -> rx.Component:
    """Say what happens to code here, before anybody signs in."""
    points = (
        ("server", "Your code runs in an isolated sandbox on this server, without network while its tests run."),
        ("eraser", "The working copy is erased when the job ends; the erasure is recorded as evidence."),
        ("lock", "Results are stored encrypted for 14 days, then deleted. Records of what was done stay."),
        (
            "eye_off",
            "Code is sent to a model provider only if the operator has configured one. It never trains a model.",
        ),
    )
    return rx.el.section(
        rx.el.h2("What happens to your code", class_name="label"),
        rx.el.ul(
            *[rx.el.li(icon(tag), rx.el.span(text), class_name="trust__point") for tag, text in points],
            class_name="stack stack--2",
        ),
        providers(),
        class_name="trust stack stack--2",
        aria_label="What happens to your code",
    )
