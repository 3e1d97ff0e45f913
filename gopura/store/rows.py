"""Between an entity's JSON value and the row that holds it."""

import math
import time
from collections.abc import Mapping
from typing import Any

import orjson

from gopura.store.layout import Column, Layout
from gopura.store.tables import EXPIRY, TOGETHER

Value = dict[str, Any]


def to_row(layout: Layout, value: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a value. A relative `ttl` (seconds) becomes the moment of expiry."""
    row = {column.sql: _cell(layout, column, value.get(column.name)) for column in layout.columns}
    if len(layout.together) > 1:
        row[TOGETHER] = orjson.dumps([row[layout.by_name[name].sql] for name in layout.together]).decode()
    if layout.ttl:
        ttl = value.get("ttl")
        row[EXPIRY] = value.get(EXPIRY) if ttl is None else time.time() + ttl if ttl > 0 else None
    return row


def _cell(layout: Layout, column: Column, value: Any) -> Any:
    if value is not None and column.kind == "foreign":
        return str(value["id"]).lower()
    if value is not None and column.name == layout.key == "id":
        return str(value).lower()
    return value


def to_value(layout: Layout, row: Mapping[str, Any]) -> Value:
    """The stored value, as the change log and the data plane see it: `expires_at` says when it ends."""
    value = {column.name: _field(column, row[column.sql]) for column in layout.columns}
    if layout.ttl:
        value[EXPIRY] = row[EXPIRY]
    return value


def _field(column: Column, cell: Any) -> Any:
    if cell is None:
        return None
    if column.kind == "foreign":
        return {"id": cell}
    if column.kind == "number" and float(cell).is_integer():
        return int(cell)
    return cell


def shown(value: Value) -> Value:
    """The value as the Admin API shows it: with the seconds that are left instead of the moment of expiry."""
    if EXPIRY not in value:
        return value
    value = dict(value)
    moment = value.pop(EXPIRY)
    value["ttl"] = None if moment is None else max(0, math.ceil(moment - time.time()))
    return value
