"""Published JSON Schemas, by name and version. They need no sign-in: they describe the product, not anybody's data."""

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from iama_app.api.dependencies import public_limit
from iama_app.api.errors import refusals
from services.canon.errors import IamaError
from services.engine.document import SCHEMA_NAME, SCHEMA_VERSION, document_schema

router = APIRouter(prefix="/v2/schemas", tags=["schemas"], dependencies=[Depends(public_limit)])

SCHEMAS = {(SCHEMA_NAME, SCHEMA_VERSION): document_schema}


class PublishedSchema(BaseModel):
    """One schema and where it is served, below `/api`."""

    name: str
    version: int
    path: str


class SchemaList(BaseModel):
    """Published schemas by name, newest version last."""

    items: list[PublishedSchema]


@router.get("")
async def list_schemas() -> SchemaList:
    """List the published JSON Schemas."""
    items = [
        PublishedSchema(name=name, version=version, path=_path(name, version)) for name, version in sorted(SCHEMAS)
    ]
    return SchemaList(items=items)


@router.get("/{name}", responses=refusals("NOT_FOUND"))
async def get_newest_schema(name: str) -> dict[str, Any]:
    """Return the newest version of a schema."""
    return _schema(name, max((known for title, known in SCHEMAS if title == name), default=0))


@router.get("/{name}/{version}", responses=refusals("NOT_FOUND"))
async def get_schema(name: str, version: int) -> dict[str, Any]:
    """Return one version of a schema; a version never changes its meaning."""
    return _schema(name, version)


def _schema(name: str, version: int) -> dict[str, Any]:
    build = SCHEMAS.get((name, version))
    if build is None:
        raise IamaError("NOT_FOUND")
    return build()


def _path(name: str, version: int) -> str:
    return f"/v2/schemas/{name}/{version}"
