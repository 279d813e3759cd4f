"""Tolerant reading, strict schema, one more question at most."""

import pytest
from pydantic import BaseModel

from services.llm.errors import OutputInvalidError
from services.llm.repair_json import json_object, validated


class Word(BaseModel):
    word: str
    count: int = 0


class TestJsonObject:
    @pytest.mark.parametrize(
        "text", ['{"word": "a"}', 'Sure:\n```json\n{"word": "a"}\n```\nDone.', '\ufeff {"word": "a"} \n']
    )
    def test_finds_the_object_in_prose_and_fences(self, text: str) -> None:
        assert json_object(text) == '{"word": "a"}'


class TestValidated:
    async def test_takes_a_good_answer_without_asking_again(self) -> None:
        async def never(_: str, __: list[str]) -> str:
            raise AssertionError

        assert await validated('{"word": "a"}', Word, ask_again=never) == (Word(word="a"), False)

    async def test_asks_again_once_with_the_problems(self) -> None:
        asked: list[list[str]] = []

        async def again(_: str, problems: list[str]) -> str:
            asked.append(problems)
            return '{"word": "b"}'

        assert await validated('{"count": "many"}', Word, ask_again=again) == (Word(word="b"), True)
        assert [problem.partition(":")[0] for problem in asked[0]] == ["word", "count"]

    async def test_asks_again_for_what_the_schema_cannot_say(self) -> None:
        async def again(_: str, __: list[str]) -> str:
            return '{"word": "long enough"}'

        def check(value: Word) -> list[str]:
            return [] if len(value.word) > 3 else ["word: too short"]

        assert (await validated('{"word": "a"}', Word, check=check, ask_again=again))[0].word == "long enough"

    async def test_fails_closed_without_quoting_the_answer(self) -> None:
        async def again(_: str, __: list[str]) -> str:
            return '{"word": 12345}'

        with pytest.raises(OutputInvalidError) as refusal:
            await validated("nothing", Word, ask_again=again)
        assert refusal.value.data["schema_retry"]
        assert "12345" not in str(refusal.value.data)
