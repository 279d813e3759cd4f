"""Base of request bodies: unknown fields are refused, and so is text that no database column can hold."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Body(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        require_storable(value)
        return value


def require_storable(value: Any) -> None:
    """Refuse NUL characters and lone surrogates anywhere in a decoded JSON value.

    Raises:
        ValueError: with a sentence for the field list of `VALIDATION_FAILED`.
    """
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("text must not contain NUL characters or lone surrogates")
    elif isinstance(value, dict):
        for name, item in value.items():
            require_storable(name)
            require_storable(item)
    elif isinstance(value, list):
        for item in value:
            require_storable(item)
