"""From an answer's text to a validated value: tolerant reading, strict schema, at most one more question."""

import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from services.llm.errors import OutputInvalidError

T = TypeVar("T", bound=BaseModel)
Check = Callable[[T], list[str]]
AskAgain = Callable[[str, list[str]], Awaitable[str]]
"""(bad answer, problems) → new answer."""

MAX_PROBLEMS = 20
MAX_PROBLEM_CHARACTERS = 300


def json_object(text: str) -> str:
    """Return the outermost JSON object of an answer that may be fenced or introduced by prose."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text.strip()


def read_answer(text: str, schema: type[T], check: Check[T] | None = None) -> tuple[T | None, list[str]]:
    """Return the value and no problems, or None and the problems in words that a model can act on.

    `check` looks at a value that fits the schema and returns what is still wrong with it.
    """
    try:
        value = schema.model_validate_json(json_object(text))
    except ValidationError as error:
        return None, _problems(error)
    found = check(value) if check else []
    return (None, found) if found else (value, [])


async def validated(
    text: str, schema: type[T], *, check: Check[T] | None = None, ask_again: AskAgain | None = None
) -> tuple[T, bool]:
    """Return the value and whether a second question was needed (V1-LLM-05, V1-LLM-09, V1-LLM-10).

    Raises:
        OutputInvalidError: still wrong; `data.problems` lists field and fault, never values.
    """
    value, problems = read_answer(text, schema, check)
    if value is not None:
        return value, False
    if ask_again is not None:
        value, problems = read_answer(await ask_again(text, problems), schema, check)
    if value is None:
        raise OutputInvalidError(reason="SCHEMA", problems=problems, schema_retry=ask_again is not None)
    return value, True


def _problems(error: ValidationError) -> list[str]:
    details = error.errors(include_url=False, include_input=False, include_context=False)[:MAX_PROBLEMS]
    return [
        f"{'.'.join(str(part) for part in detail['loc']) or 'answer'}: {detail['msg']}"[:MAX_PROBLEM_CHARACTERS]
        for detail in details
    ]


def schema_text(schema: type[BaseModel]) -> str:
    """Return the JSON Schema of an output class on one line, for prompts."""
    return json.dumps(schema.model_json_schema(), separators=(",", ":"))
