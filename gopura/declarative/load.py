"""Putting a document in the place of everything that is stored."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gopura import entities
from gopura.declarative.errors import InvalidConfiguration
from gopura.declarative.faults import Source
from gopura.declarative.text import content_hash, parse
from gopura.declarative.validate import Progress, rows
from gopura.schema.advice import collecting
from gopura.store import EMPTY_CONFIGURATION, Store, Transaction

_TIMES = ("created_at", "updated_at")
_KEPT = frozenset({"workspaces", "parameters", "clustering_data_planes"})


@dataclass(frozen=True)
class Loaded:
    """What was loaded: the document's hash, the version of the store, and the rows of every kind of entity."""

    hash: str
    version: int
    rows: Mapping[str, list[dict[str, Any]]]


class StartSettings(Protocol):
    """The settings that name a document."""

    declarative_config: Any
    declarative_config_string: Any


async def at_start(store: Store, settings: StartSettings) -> Loaded | None:
    """Load what `declarative_config` or `declarative_config_string` name; None when neither does."""
    if settings.declarative_config:
        return await load_file(store, Path(settings.declarative_config))
    if text := settings.declarative_config_string:
        with _read_from("declarative_config_string", text) as document:
            return await apply(store, document, actor="declarative_config_string")
    return None


async def load_file(store: Store, path: Path) -> Loaded:
    """Load a file; OSError or InvalidConfiguration when that cannot be done."""
    text = await asyncio.to_thread(path.read_bytes)
    with _read_from(str(path), text) as document:
        return await apply(store, document, actor=path.name)


@contextmanager
def _read_from(name: str, text: str | bytes) -> Iterator[dict[str, Any]]:
    """The document of a text; its faults say where they are in that."""
    document: dict[str, Any] | None = None
    try:
        document = parse(text)
        yield document
    except InvalidConfiguration as error:
        error.source = Source(name, text, document)
        raise


async def import_file(store: Store, path: Path, progress: Progress = lambda *_: None) -> dict[str, int]:
    """Add what a file says to what is stored, in one transaction: an entity with an id that is stored replaces that.

    How many entities of each kind there were.
    OSError or InvalidConfiguration as above, EntityError when it cannot stand beside what is stored.
    """
    text = await asyncio.to_thread(path.read_bytes)
    with _read_from(str(path), text) as document:
        wanted = await _rows(store, document, progress)
    counts = {name: len(found) for name, found in wanted.items() if found}
    done, total = 0, sum(counts.values())
    async with store.transaction(path.name) as tx:
        for name in tx.tables.layouts:
            await _add(tx, name, wanted.get(name, []))
            done += counts.get(name, 0)
            progress("stored", done, total)
    return counts


async def _add(tx: Transaction, name: str, wanted: list[dict[str, Any]]) -> None:
    before = {row["id"]: row for row in await tx.stored(name)} if wanted else {}
    if not before:
        await tx.load(name, wanted)  # faster, and nothing that is stored can stand in its way
        return
    for row in wanted:
        old = before.get(row["id"].lower())
        if old is None or not _same(old, row):
            await tx.upsert(name, row)


async def apply(
    store: Store, document: dict[str, Any], actor: str | None = None, request_id: str | None = None
) -> Loaded:
    """Make the store hold exactly what the document says, in one transaction; InvalidConfiguration before anything.

    What stays the same is not touched: the change log gets the differences only.
    """
    wanted = await _rows(store, document)
    found = content_hash(document) if any(map(len, wanted.values())) else EMPTY_CONFIGURATION
    async with store.transaction(actor, request_id) as tx:
        await _replace(tx, wanted)
    store.configuration_hash = found
    return Loaded(found, tx.version, wanted)


async def _rows(
    store: Store, document: dict[str, Any], progress: Progress = lambda *_: None
) -> Mapping[str, list[dict[str, Any]]]:
    """The document's rows of what this store can hold; anything else in it is a fault."""
    known = {name: entities.get(name) for name in store.tables.layouts}
    with collecting():
        return await asyncio.to_thread(rows, document, known, progress)  # may take seconds


async def _replace(tx: Transaction, wanted: Mapping[str, list[dict[str, Any]]]) -> None:
    names = [name for name in tx.tables.layouts if name not in _KEPT]
    before = {name: {row["id"]: row for row in await tx.stored(name)} for name in names}
    for name in reversed(names):
        await tx.clear(name)
    for name in names:
        await tx.load(name, await asyncio.to_thread(_all_unchanged, before[name], wanted.get(name, [])))


def _all_unchanged(before: Mapping[str, dict[str, Any]], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_unchanged(before.get(row["id"].lower()), row) for row in rows]


def _unchanged(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """The new row, with the old one's times when nothing else differs."""
    if old is None:
        return new
    kept = _TIMES if _same(old, new) else ("created_at",)
    return new | {name: old[name] for name in kept if name in new}


def _same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return all(old.get(name) == value for name, value in new.items() if name not in _TIMES)
