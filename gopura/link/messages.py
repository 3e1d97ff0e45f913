"""The small messages of the link; snapshots and deltas are made by `gopura.snapshot`."""

from __future__ import annotations

from typing import Any, TypedDict

import orjson

Message = dict[str, Any]


class EntityFault(TypedDict):
    """One entity that a data plane cannot serve, and why."""

    entity: str
    id: str
    message: str


def hello(node: str, version: int, content_hash: str) -> bytes:
    """First message of a data plane: who it is and what it serves (version 0: nothing)."""
    return orjson.dumps({"type": "hello", "node": node, "version": version, "hash": content_hash})


def ack(version: int, refusing: list[EntityFault] | None = None) -> bytes:
    """The data plane serves a version; `refusing` are plugins that it cannot run: their requests are refused."""
    return orjson.dumps({"type": "ack", "version": version, "refusing": refusing or []})


def nack(version: int, errors: list[EntityFault]) -> bytes:
    """The data plane keeps what it has, because a version cannot be served."""
    return orjson.dumps({"type": "nack", "version": version, "errors": errors})


def resync() -> bytes:
    """The data plane's content is not what the control plane thinks: send all of it."""
    return orjson.dumps({"type": "resync"})


def report(**details: Any) -> bytes:
    """What a data plane tells about itself now and then."""
    return orjson.dumps({"type": "report", **details})


def current(version: int, content_hash: str) -> bytes:
    """The data plane is up to date."""
    return orjson.dumps({"type": "current", "version": version, "hash": content_hash})


def call(number: int, name: str, params: Message) -> bytes:
    """The control plane asks the data plane for something."""
    return orjson.dumps({"type": "call", "id": number, "name": name, "params": params})


def result(number: int, value: Any) -> bytes:
    """The answer to a call."""
    return orjson.dumps({"type": "result", "id": number, "value": value})


def error(number: int, message: str, away: bool = False) -> bytes:
    """A call that failed; `away` when something that it needs is out of reach for now."""
    return orjson.dumps({"type": "result", "id": number, "error": message, "away": away})


def decode(data: str | bytes) -> Message:
    """A small message as a dictionary; ValueError when it is none."""
    message = orjson.loads(data)
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError("not a message of the snapshot link")  # noqa: TRY004 - bad data, not a bad call
    return message


def kind(data: bytes) -> str:
    """Type of a message without decoding it; every message begins with its type."""
    return data[9 : data.index(b'"', 9)].decode() if data.startswith(b'{"type":"') else ""
