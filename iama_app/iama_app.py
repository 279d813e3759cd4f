"""Puts the product's web side together: pages, API under /api, theme. No logic."""

from pathlib import Path
from typing import Any

import reflex as rx
from starlette.applications import Starlette
from starlette.routing import Mount

from components.fonts import Fonts
from iama_app.api.app import api
from iama_app.routes import NOT_FOUND, ROUTES, Route
from iama_app.same_origin import SameOrigin

_ASSETS = Path.cwd() / ".web" / "build" / "client" / "assets"
_STYLESHEETS = ["/tokens.css", "/kit.css", "/app.css", "/job.css"]
_SCRIPTS = ["/theme.js", "/keys.js", "/forms.js", "/clock.js"]


def _with_fonts(page: Any) -> Any:
    return lambda: rx.fragment(Fonts.create(), page())


def _same_origin(inner: Any) -> SameOrigin:
    return SameOrigin(inner, _ASSETS)


def _add(app: rx.App, route: Route) -> None:
    module = route.load()
    app.add_page(
        _with_fonts(module.page),
        route=route.path,
        title=f"{route.title} · IAMA",
        on_load=getattr(module, "ON_LOAD", None),
    )


app = rx.App(
    stylesheets=_STYLESHEETS,
    reset_style=False,
    html_lang="en",
    head_components=[
        rx.el.link(rel="icon", href="/icons/mark.svg", type="image/svg+xml"),
        *[rx.el.script(src=script, defer=script != "/theme.js") for script in _SCRIPTS],
    ],
    app_wraps={},
    toaster=None,
    api_transformer=[Starlette(routes=[Mount("/api", api)]), _same_origin],
)
for _route in (*ROUTES, NOT_FOUND):
    _add(app, _route)
