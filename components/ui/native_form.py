"""A form that the browser posts itself, so that an HttpOnly cookie can be set and no script sees a password."""

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class _NativeForm(BaseHTML):
    """The element as it is: the framework's own form would stop every submission."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]


def native_form(*children: rx.Component, action: str, class_name: str = "") -> rx.Component:
    """Draw a form that posts to `action`, an endpoint that answers 303; while under way its button says so."""
    return _NativeForm.create(
        *children, action=action, method="post", class_name=class_name, custom_attrs={"data-native": "true"}
    )
