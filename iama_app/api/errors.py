"""Every refusal leaves the API in one shape: `{"error_code", "message", "detail"}` (API reference 9.2)."""

import logging
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from services.canon.errors import ERRORS, IamaError

log = logging.getLogger(__name__)
Responses = dict[int | str, dict[str, Any]]

NOT_FOUND_BY_PARAMETER = {"job_id": "JOB_NOT_FOUND"}
"""A malformed id names nothing, exactly as an unknown one."""
SPREAD_STATUSES = frozenset({402, 409, 422, 429})
"""Their details also stand at the top level, where the contract lists them."""
RESERVED = frozenset({"error_code", "message", "detail"})
CODES_BY_STATUS = {
    400: "MALFORMED_REQUEST",
    401: "AUTHENTICATION_REQUIRED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    422: "VALIDATION_FAILED",
    503: "DEPENDENCY_UNAVAILABLE",
}


class ErrorBody(BaseModel):
    """The error envelope. Conflicts and limits repeat their details at the top level."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "error_code": "STATE_REVISION_CONFLICT",
                    "message": "Someone already changed this job.",
                    "detail": {"current_revision": 8, "remedy": "Reload and decide again.", "retryable": True},
                    "current_revision": 8,
                }
            ]
        },
    )

    error_code: str = Field(description="A code of the reference's list; it never changes its meaning.")
    message: str = Field(description="One plain sentence.")
    detail: dict[str, Any] = Field(default_factory=dict, description="Machine-readable facts, and `remedy`.")
    denial_reason: str | None = Field(default=None, description="Why access was denied; on every 403.")


def envelope(error: IamaError) -> JSONResponse:
    """Turn a refusal into its answer, with `Retry-After` and `WWW-Authenticate` where they belong."""
    data = jsonable_encoder(error.data)
    body: dict[str, Any] = {"error_code": error.code, "message": error.sentence}
    if error.http_status in SPREAD_STATUSES:
        body |= {name: value for name, value in data.items() if name not in RESERVED}
    if error.http_status == 403:
        body["denial_reason"] = data.get("denial_reason", error.code)
    body["detail"] = {**data, "remedy": error.remedy, "retryable": error.retryable}
    headers = {}
    if error.http_status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_seconds" in data:
        headers["Retry-After"] = str(data["retry_after_seconds"])
    return JSONResponse(body, error.http_status, headers)


def install(app: FastAPI) -> None:
    """Register the translation of every kind of failure."""
    app.add_exception_handler(IamaError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, IamaError)
    return envelope(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    for problem in problems:
        place = problem["loc"]
        if place[0] == "path":
            return envelope(IamaError(NOT_FOUND_BY_PARAMETER.get(str(place[-1]), "NOT_FOUND")))
        if problem["type"] == "json_invalid":
            return envelope(IamaError("MALFORMED_REQUEST"))
    fields = [
        {"field": ".".join(str(part) for part in problem["loc"][1:]) or str(problem["loc"][0]), "in": problem["loc"][0]}
        | {"message": problem["msg"]}
        for problem in problems
    ]
    return envelope(IamaError("VALIDATION_FAILED", fields=fields))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    response = envelope(IamaError(CODES_BY_STATUS.get(error.status_code, "INTERNAL_ERROR")))
    response.headers.update(error.headers or {})
    return response


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    reference = uuid4().hex[:12]
    log.error("unexpected failure, reference %s, %s %s", reference, request.method, request.url.path, exc_info=error)
    return envelope(IamaError("INTERNAL_ERROR", reference=reference))


def refusals(*codes: str, answers: Responses | None = None) -> Responses:
    """Return the `responses` of a route for the reference: its codes grouped by status, beside its `answers`.

    Raises:
        KeyError: a code that `canon.errors` does not know.
    """
    by_status: dict[int | str, list[str]] = {}
    for code in ("AUTHENTICATION_REQUIRED", "VALIDATION_FAILED", "RATE_LIMITED", *codes):
        by_status.setdefault(ERRORS[code].http_status, []).append(code)
    return (answers or {}) | {
        status: {
            "model": ErrorBody,
            "description": " · ".join(f"`{code}`" for code in listed),
            "content": {"application/json": {"examples": {code: {"value": _example(code)} for code in listed}}},
        }
        for status, listed in by_status.items()
    }


def _example(code: str) -> dict[str, Any]:
    spec = ERRORS[code]
    body: dict[str, Any] = {
        "error_code": code,
        "message": spec.sentence,
        "detail": {"remedy": spec.remedy, "retryable": spec.retryable},
    }
    return body | {"denial_reason": code} if spec.http_status == 403 else body
