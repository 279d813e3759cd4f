"""Which revision a write saw: in the body, or in `If-Match`. A write that does not say is refused with 428."""

from typing import Annotated

from fastapi import Header, Request

from services.canon.errors import IamaError

BIGGEST_REVISION = 2**62
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=200, description="The revision the caller saw, instead of the body's field."),
]


def expected_revision(request: Request, in_body: int | None) -> int:
    """Return the job revision that a request names (`REVISION_REQUIRED` without one)."""
    if in_body is not None:
        return in_body
    text = _if_match(request)
    if text is None or not text.isascii() or not text.isdecimal() or int(text) > BIGGEST_REVISION:
        raise IamaError("REVISION_REQUIRED", field="expected_revision")
    return int(text)


def expected_token(request: Request, in_body: str | None) -> str:
    """Return the spec revision token that a request names (`REVISION_REQUIRED` without one)."""
    token = in_body or _if_match(request)
    if not token:
        raise IamaError("REVISION_REQUIRED", field="revision_token")
    return token


def _if_match(request: Request) -> str | None:
    text = request.headers.get("if-match")
    return text.removeprefix("W/").strip().strip('"') if text else None
