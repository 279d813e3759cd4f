"""One plausible row for any table, made from its columns: for checks that look at every table alike."""

import re
from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.types.json import Jsonb
from sqlalchemy import CheckConstraint, Column, Table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import BigInteger, Boolean, DateTime, Float, Integer, LargeBinary, Numeric, Uuid

from services.core.clock import now
from services.core.ids import new_id
from services.tables import METADATA

_ONE_OF = re.compile(r"^(\w+) (?:IN \('?|= ANY \('\{)([^',)}]+)")
_SPECIAL: dict[str, dict[str, Any]] = {"subscription_tiers": {"user_id": new_id}}
"""Columns that a check of several columns asks for."""


def values_of(table: str, tenant_id: UUID) -> dict[str, Any]:
    """Return values for every column that must have one; references point nowhere."""
    definition = METADATA.tables[table]
    chosen = _first_allowed(definition)
    values = {
        column.name: chosen.get(column.name, _value(column))
        for column in definition.columns
        if not column.nullable and (column.server_default is None or column.primary_key)
    }
    extra = {name: made() for name, made in _SPECIAL.get(table, {}).items()}
    return {**values, **extra, "tenant_id": tenant_id}


def insert(connection: Connection[Any], table: str, values: dict[str, Any]) -> None:
    """Insert one row."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() for _ in values),
    )
    connection.execute(statement, [Jsonb(v) if isinstance(v, dict) else v for v in values.values()])


def _first_allowed(table: Table) -> dict[str, Any]:
    texts = [str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint)]
    return {match[1]: match[2] for match in map(_ONE_OF.match, texts) if match}


def _value(column: Column[Any]) -> Any:
    kind = column.type
    makers: tuple[tuple[Any, Any], ...] = (
        (Uuid, new_id),
        (Boolean, lambda: True),
        (JSONB, dict),
        (ARRAY, list),
        (LargeBinary, lambda: b"x"),
        (DateTime, now),
        ((Integer, BigInteger, Float, Numeric), lambda: 1),
    )
    for types, make in makers:
        if isinstance(kind, types):
            return make()
    return f"{column.name}-{new_id().hex[-12:]}"
