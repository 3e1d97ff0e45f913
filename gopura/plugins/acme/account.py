"""The account's private key: kept under the mail address, made or taken from a Key entity at first."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gopura.plugins.acme import names

if TYPE_CHECKING:
    from gopura.plugins.acme import Acme
    from gopura.plugins.acme.configuration import AccountKey
    from gopura.plugins.acme.storage import Storage
    from gopura.store import Store

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_ACCOUNT_BITS = 4096


async def key_of(config: Acme.Config, storage: Storage, store: Store) -> str:
    """The account's key as PEM; LookupError when the configured one is not there."""
    name = names.account(str(config.api_uri), config.account_email)
    if (kept := await storage.get(name)) is None:
        made = await _first(config, store)
        if await storage.add(name, json.dumps({"key": made})):
            return made
        kept = await storage.get(name)
    if kept is None:
        raise LookupError("the account's key vanished from the storage")
    return str(json.loads(kept)["key"])


async def _first(config: Acme.Config, store: Store) -> str:
    if config.account_key is not None:
        return await _configured(config.account_key, store)
    return text(await asyncio.to_thread(rsa.generate_private_key, 65537, _ACCOUNT_BITS))


async def _configured(wanted: AccountKey, store: Store) -> str:
    where: dict[str, Any] = {"kid": wanted.key_id}
    async with store.reading() as reader:
        if wanted.key_set is not None:
            key_set = await reader.get_by("key_sets", "name", wanted.key_set)
            if key_set is None:
                raise LookupError(f"there is no key set {wanted.key_set}")
            where["set"] = key_set["id"]
        rows = await reader.all("keys", where)
    row = next((row for row in rows if wanted.key_set is not None or row["set"] is None), None)
    if row is None:
        raise LookupError(f"there is no key {wanted.key_id}")
    return _private(row)


def _private(row: dict[str, Any]) -> str:
    """The private half of a Key entity as PEM."""
    if row["jwk"]:
        from josepy.jwk import JWK

        jwk: Any = JWK.from_json(json.loads(row["jwk"]))
        return text(jwk.key)
    private = (row["pem"] or {}).get("private_key")
    if not private:
        raise LookupError(f"the key {row['kid']} has no private half")
    return str(private)


def text(key: PrivateKey) -> str:
    """A private key as PEM."""
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*form).decode()
