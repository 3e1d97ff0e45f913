"""Between an entity's JSON value and the row that holds it."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from gopura.store.layout import EXPIRY, Column, Layout
from gopura.store.tables import TOGETHER

Value = dict[str, Any]


def to_row(layout: Layout, value: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a value. A relative `ttl` (seconds) becomes the moment of expiry."""
    row = {column.sql: value.get(column.name) for column in layout.columns}
    row[layout.key] = key_of(layout, value)
    for column in layout.foreign:
        if (reference := row[column.sql]) is not None:
            row[column.sql] = str(reference["id"]).lower()
    if len(layout.together) > 1:
        row[TOGETHER] = orjson.dumps([row[layout.by_name[name].sql] for name in layout.together]).decode()
    if layout.ttl:
        ttl = value.get("ttl")
        row[EXPIRY] = value.get(EXPIRY) if ttl is None else time.time() + ttl if ttl > 0 else None
    return row


def key_of(layout: Layout, value: Mapping[str, Any]) -> str:
    """The primary key of a value as its row has it."""
    key = str(value[layout.key])
    return key.lower() if layout.key == "id" else key


def to_value(layout: Layout, row: Mapping[str, Any]) -> Value:
    """The stored value, as the change log and the data plane see it: `expires_at` says when it ends."""
    return value_of(layout, [row[cell] for cell in layout.cells])


def value_of(layout: Layout, cells: Sequence[Any]) -> Value:
    """The stored value of cells in the order of `Layout.cells`."""
    value = dict(zip(layout.names, cells, strict=True))
    for column in layout.converted:
        cell = value[column.name]
        if cell is not None:
            value[column.name] = _field(column, cell)
    return value


def _field(column: Column, cell: Any) -> Any:
    if column.kind == "foreign":
        return {"id": cell}
    return int(cell) if float(cell).is_integer() else cell


def shown(value: Value) -> Value:
    """The value as the Admin API shows it: with the whole seconds that are left instead of the moment of expiry."""
    if EXPIRY not in value:
        return value
    value = dict(value)
    moment = value.pop(EXPIRY)
    value["ttl"] = None if moment is None else max(0, math.floor(moment - time.time()))
    return value
