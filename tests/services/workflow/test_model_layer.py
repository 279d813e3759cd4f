"""The model layer of a process: one, however many threads ask for it first."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.workflow import model_layer


class TestService:
    def test_is_built_once_for_threads_that_ask_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        built: list[int] = []

        def slow(*_arguments: object, **_options: object) -> object:
            built.append(1)
            time.sleep(0.2)
            return object()

        monkeypatch.setattr(model_layer, "LlmService", slow)
        model_layer._built.cache_clear()
        try:
            with ThreadPoolExecutor(4) as threads:
                services = list(threads.map(lambda _: model_layer._service(), range(4)))
        finally:
            model_layer._built.cache_clear()
        assert len(built) == 1
        assert len({id(service) for service in services}) == 1
