"""Where certificates are kept: as entities of the database, or in the plugin's storage where there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from gopura import entities, schema
from gopura.plugins.acme import names
from gopura.plugins.acme.storage import Storage
from gopura.store import Store, Transaction

TAG = "managed-by-acme"
_ACTOR = "acme"


@dataclass(frozen=True)
class Pair:
    """A certificate with its chain, and its private key, as PEM."""

    cert: str
    key: str

    def __repr__(self) -> str:
        """Without the key: this may be logged."""
        return "Pair(...)"


class Certificates(Protocol):
    """Pairs by the name that they are for."""

    async def find(self, host: str) -> Pair | None:
        """The pair of a name."""

    async def save(self, host: str, pair: Pair) -> None:
        """Keep a pair, in the place of one before."""


class AsEntities:
    """Certificates and SNIs, which every node serves at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, host: str) -> Pair | None:
        """The certificate of the SNI."""
        async with self._store.reading() as reader:
            sni = await reader.get_by("snis", "name", host)
            row = sni and await reader.get("certificates", sni["certificate"]["id"])
        return Pair(row["cert"], row["key"]) if row else None

    async def save(self, host: str, pair: Pair) -> None:
        """Add the certificate and have the SNI lead to it; the one before goes, unless it has other SNIs."""
        row = {"cert": pair.cert, "key": pair.key, "tags": [TAG]}
        complete = schema.insert(entities.get("certificates"), row)
        async with self._store.transaction(_ACTOR) as tx:
            certificate = await tx.insert("certificates", complete)
            before = await _lead(tx, host, certificate["id"])
            if before and not await tx.all("snis", {"certificate": before}):
                await tx.delete("certificates", before)


async def _lead(tx: Transaction, host: str, certificate: str) -> str | None:
    """Have an SNI lead to a certificate; the id of the one before."""
    changes: dict[str, Any] = {"certificate": {"id": certificate}, "tags": [TAG]}
    kind, sni = entities.get("snis"), await tx.get_by("snis", "name", host)
    if sni is None:
        await tx.insert("snis", schema.insert(kind, {"name": host, **changes}))
        return None
    await tx.update("snis", schema.update(kind, changes, sni))
    return str(sni["certificate"]["id"])


class InStorage:
    """Pairs in the plugin's storage, for which data planes ask."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def find(self, host: str) -> Pair | None:
        """The kept pair."""
        text = await self._storage.get(names.certificate(host))
        kept = json.loads(text) if text else None
        return Pair(kept["cert"], kept["key"]) if kept else None

    async def save(self, host: str, pair: Pair) -> None:
        """Keep a pair."""
        text = json.dumps({"key": pair.key, "cert": pair.cert})
        await self._storage.set(names.certificate(host), text)
