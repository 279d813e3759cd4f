"""The route table names every screen once, and each module offers its page."""

from importlib.util import find_spec

import pytest

from iama_app.routes import NOT_FOUND, ROUTES, Entrance, Route
from state.account.session import SessionState


class TestRoutes:
    def test_paths_are_unique(self) -> None:
        paths = [route.path for route in (*ROUTES, NOT_FOUND)]
        assert len(paths) == len(set(paths))

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
    def test_page_can_be_drawn(self, route: Route) -> None:
        assert find_spec(f"iama_app.pages.{route.module}"), f"{route.module} is missing"
        assert route.load().page() is not None

    @pytest.mark.parametrize(
        "route", [route for route in ROUTES if route.entrance is not Entrance.PUBLIC], ids=lambda route: route.path
    )
    def test_a_closed_page_asks_for_the_session_first(self, route: Route) -> None:
        assert route.load().ON_LOAD[0] is SessionState.enter
