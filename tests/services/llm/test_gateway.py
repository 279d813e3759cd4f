"""One contract, two doors: LiteLLM against the scripted provider, and the fake that stands in for it elsewhere."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.llm.errors import CallCancelledError, OutputInvalidError, ProviderUnavailableError
from services.llm.fake import FakeGateway, ScriptedAnswer
from services.llm.litellm_gateway import LiteLlmGateway, load_litellm
from services.llm.ports import CompletionCall, CompletionGateway, Message
from services.llm.router import Route
from services.llm.schemas import Usage
from services.llm.vocabulary import ModelClass, RouteName, RouteReason

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211")
TEXT = '{"word": "quietly", "note": "forty characters are enough to need several chunks"}'
ROUTE = Route(
    RouteName.HOSTED,
    RouteReason.CONFIGURED,
    model="openai/gpt-4o-mini",
    alias="gpt-4o-mini",
    model_class=ModelClass.L1,
    api_key="not-a-key",
    output_cap_tokens=200,
    call_seconds=20,
    chunk_seconds=10,
)
LIMITED = ProviderUnavailableError(reason="RATE_LIMITED", http_status=429, retry_after_seconds=7.0)
SCRIPTS = {
    "whole answer": ScriptedAnswer((TEXT[:30], TEXT[30:]), usage=Usage(17, 23)),
    "cut answer": ScriptedAnswer((TEXT[:30],), error=ProviderUnavailableError(reason="STREAM_BROKEN")),
    "too many questions": ScriptedAnswer(error=LIMITED),
    "slow answer": ScriptedAnswer((TEXT[:30], TEXT[30:]), chunk_seconds=0.4),
    "long answer": ScriptedAnswer(("on and on " * 10,) * 2),
}
Call = Callable[..., CompletionCall]


@pytest.fixture(params=["litellm", "fake"])
def door(request: pytest.FixtureRequest) -> tuple[CompletionGateway, Call]:
    if request.param == "fake":
        gateway = FakeGateway()
        base = None
    else:
        gateway, base = request.getfixturevalue("litellm_gateway"), f"{request.getfixturevalue('aimock')}/v1"

    def call(question: str, cancel: object = None, **route: object) -> CompletionCall:
        if isinstance(gateway, FakeGateway) and question in SCRIPTS:
            gateway._script = [SCRIPTS[question]]
        chosen = replace(ROUTE, api_base=base, **route)
        return CompletionCall(chosen, [Message("user", question)], {"call_id": "1"}, cancel)

    return gateway, call


class TestComplete:
    async def test_streams_the_whole_answer_with_its_usage(self, door: tuple[CompletionGateway, Call]) -> None:
        gateway, call = door
        completion = await gateway.complete(call("whole answer"))
        assert completion.text == TEXT
        assert completion.finish_reason == "stop"
        assert completion.usage == Usage(17, 23)

    async def test_reports_a_stream_that_breaks_off(self, door: tuple[CompletionGateway, Call]) -> None:
        gateway, call = door
        with pytest.raises(ProviderUnavailableError) as refusal:
            await gateway.complete(call("cut answer"))
        assert refusal.value.data["reason"] == "STREAM_BROKEN"
        assert refusal.value.retryable

    async def test_passes_on_how_long_to_wait_after_a_429(self, door: tuple[CompletionGateway, Call]) -> None:
        gateway, call = door
        with pytest.raises(ProviderUnavailableError) as refusal:
            await gateway.complete(call("too many questions"))
        assert refusal.value.data == {"reason": "RATE_LIMITED", "http_status": 429, "retry_after_seconds": 7.0}

    async def test_stops_mid_stream_when_the_event_is_set(self, door: tuple[CompletionGateway, Call]) -> None:
        gateway, call = door
        cancel = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, cancel.set)
        started = time.monotonic()
        with pytest.raises(CallCancelledError):
            await gateway.complete(call("slow answer", cancel))
        assert 0.4 < time.monotonic() - started < 0.79

    async def test_stops_when_a_predicate_turns_true(self, door: tuple[CompletionGateway, Call]) -> None:
        gateway, call = door
        deadline = time.monotonic() + 0.3
        with pytest.raises(CallCancelledError):
            await gateway.complete(call("slow answer", lambda: time.monotonic() > deadline))

    async def test_calls_nobody_when_withdrawn_before(self, door: tuple[CompletionGateway, Call]) -> None:
        gateway, call = door
        with pytest.raises(CallCancelledError):
            await gateway.complete(call("never scripted", lambda: True))

    async def test_gives_up_on_a_silent_provider(self, door: tuple[CompletionGateway, Call]) -> None:
        gateway, call = door
        with pytest.raises(ProviderUnavailableError) as refusal:
            await gateway.complete(call("slow answer", chunk_seconds=0.1))
        assert refusal.value.data["reason"] == "TIMED_OUT"

    async def test_stops_an_answer_beyond_the_cap(self, door: tuple[CompletionGateway, Call]) -> None:
        gateway, call = door
        with pytest.raises(OutputInvalidError) as refusal:
            await gateway.complete(call("long answer", output_cap_tokens=5))
        assert refusal.value.data == {"reason": "OUTPUT_CAP_EXCEEDED", "limit_tokens": 5}

    async def test_carries_an_id_to_a_local_provider_and_any_length_back(
        self, door: tuple[CompletionGateway, Call]
    ) -> None:
        gateway, call = door
        asked: list[str] = []

        async def answer(call_id: str) -> str:
            asked.append(call_id)
            return "x" * 8_000_000

        gateway.register_local("iama-test", answer)
        completion = await gateway.complete(call("ids", model="iama-test/all", output_cap_tokens=None))
        assert asked == ["1"]
        assert len(completion.text) == 8_000_000
        assert completion.usage == Usage(0, 0)


class TestProviderUnreached:
    async def test_says_unreachable(self, litellm_gateway: LiteLlmGateway) -> None:
        closed = CompletionCall(replace(ROUTE, api_base="http://127.0.0.1:9/v1"), [Message("user", "x")], {})
        with pytest.raises(ProviderUnavailableError) as refusal:
            await litellm_gateway.complete(closed)
        assert refusal.value.data["reason"] == "UNREACHABLE"


class TestNativeJson:
    """V1-LLM-08: the provider's own JSON mode, where it is switched on."""

    @pytest.mark.parametrize(("wanted", "sent"), [(True, {"type": "json_object"}), (False, None)])
    async def test_is_asked_for_where_it_is_switched_on(
        self, litellm_gateway: LiteLlmGateway, monkeypatch: pytest.MonkeyPatch, wanted: bool, sent: object
    ) -> None:
        asked: dict[str, object] = {}

        async def answer(**arguments: object) -> None:
            asked.update(arguments)
            raise OSError("nobody is there")

        monkeypatch.setattr(load_litellm(), "acompletion", answer)
        call = CompletionCall(replace(ROUTE, native_json=wanted), [Message("user", "x")], {"call_id": "1"}, None)
        with pytest.raises(ProviderUnavailableError):
            await litellm_gateway.complete(call)
        assert asked.get("response_format") == sent


class TestLoadLitellm:
    def test_is_quiet_offline_and_without_callbacks(self) -> None:
        litellm = load_litellm()
        assert litellm.num_retries == 0
        assert not (litellm.callbacks or litellm.success_callback or litellm.failure_callback)
        assert litellm.turn_off_message_logging

    def test_counts_tokens_without_a_network(self) -> None:
        assert 4 <= LiteLlmGateway().count_tokens("openai/unheard-of", "hello world, hello") <= 12

    def test_only_the_gateway_loads_it(self) -> None:
        users = [
            name for name, module in sys.modules.items() if name.startswith("services.") and "litellm" in vars(module)
        ]
        assert users == []
