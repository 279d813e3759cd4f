"""The machine-readable description of the API at /api/openapi.json (OpenAPI 3.1)."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

DESCRIPTION = """\
Refactors Python code in a Git repository and proves that its behaviour stayed the same.

Sign in with `POST /v1/auth/login`, send the access token as a bearer header, agree to data processing once with
`POST /v2/me/consents`, then `POST /v2/jobs`. Follow a job on `GET /v2/jobs/{job_id}/events`.

Every refusal is `{"error_code", "message", "detail"}`; codes never change their meaning. Creating requests carry an
`Idempotency-Key`. Writes say which revision they saw: `expected_revision`, or `If-Match`.
"""
TAGS = [
    {"name": "sign-in", "description": "Accounts and tokens for programs."},
    {"name": "person", "description": "The signed-in person."},
    {"name": "jobs", "description": "Jobs and what is recorded about them."},
    {"name": "spec", "description": "The behaviour a job must keep: items, revisions, approval."},
    {"name": "delivery", "description": "Results: diff, evidence, artifacts, publication."},
    {"name": "edits", "description": "What a change would do, before a job exists."},
    {"name": "streams", "description": "Facts of a job as they happen."},
    {"name": "schemas", "description": "Published JSON Schemas."},
    {"name": "plan", "description": "What the plan includes and what was used."},
    {"name": "jobs, version 1", "description": "Jobs in the words of version 1."},
    {"name": "spec, version 1", "description": "The spec in the words of version 1."},
]


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description, built once; unused framework shapes are left out."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version="3.1.0",
            description=app.description,
            routes=app.routes,
            servers=app.servers,
            tags=TAGS,
        )
        for name in ("HTTPValidationError", "ValidationError"):
            schema.get("components", {}).get("schemas", {}).pop(name, None)
        app.openapi_schema = schema
    return app.openapi_schema


def install(app: FastAPI) -> None:
    """Serve the description."""
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]

    async def get_description() -> JSONResponse:
        return JSONResponse(app.openapi())

    app.add_api_route("/openapi.json", get_description, include_in_schema=False)
