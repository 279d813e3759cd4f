"""The list of keys that `?` opens. No key starts, approves, applies, cancels or pays."""

import reflex as rx

_KEYS: tuple[tuple[str, str], ...] = (
    ("g j", "Jobs"),
    ("g r", "Repositories"),
    ("/", "Search or filter"),
    ("j k", "Next, previous row, hunk or block"),
    ("Enter", "Open or expand"),
    ("1 to 6", "Job links in the rail"),
    ("x", "Include or leave out a file or hunk"),
    ("l", "Log: lock or follow"),
    ("Esc", "Close, safe choice"),
    ("?", "This list"),
)


def keys_help() -> rx.Component:
    """Draw the native dialog; the key script opens and closes it and holds the switch for single keys."""
    rows = [part for keys, effect in _KEYS for part in (rx.el.dt(rx.el.kbd(keys, class_name="key")), rx.el.dd(effect))]
    return rx.el.dialog(
        rx.el.h2("Keys", class_name="dialog__title", id="keys-title"),
        rx.el.div(
            rx.el.dl(*rows, class_name="keys"),
            rx.el.label(
                rx.el.input(type="checkbox", id="keys-switch", class_name="check__box", default_checked=True),
                rx.el.span("Single keys act outside fields"),
                class_name="choice",
            ),
            class_name="dialog__body",
        ),
        rx.el.div(
            rx.el.button("Close", type="button", class_name="button button--secondary", custom_attrs={"data-help": ""}),
            class_name="dialog__footer",
        ),
        id="keys-help",
        class_name="dialog keys-dialog",
        aria_labelledby="keys-title",
    )
