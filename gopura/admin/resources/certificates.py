"""Certificates: they carry the names of their SNIs, and an SNI's name stands for the id."""

import uuid
from typing import Any

from gopura import schema
from gopura.admin import answers
from gopura.admin.errors import InvalidUnique
from gopura.admin.keys import Key, is_uuid, problem
from gopura.admin.listing import Listing
from gopura.admin.resource import Resource, Value
from gopura.schema import EntityType
from gopura.store import Page, Reader, Transaction

MOST_SNIS = 1000
"""SNIs that one request may give a certificate."""


class Special(Resource):
    """Certificates with `snis`."""

    also_named_by = "the name of an SNI that it has"

    async def key(self, reader: Reader, text: str, parent: Value | None = None) -> Key:
        """The certificate that an SNI belongs to."""
        if is_uuid(text):
            return Key("id", text.lower())
        owner = await self._owner(reader, text)
        if owner is None:
            raise answers.Refusal(answers.message("SNI not found", 404))
        return Key("id", owner)

    async def new_key(self, reader: Reader, text: str, given: Value, parent: Value | None = None) -> Key:
        """PUT by an SNI's name makes the certificate and the SNI; without `snis` it takes the others away."""
        snis = given.get("snis")
        names = list(snis) if isinstance(snis, list) else [snis] if isinstance(snis, str) else []
        if is_uuid(text):
            given["snis"] = names
            return Key("id", text.lower())
        given["snis"] = [*names, *([] if text in names or snis is None else [text])]
        return Key("id", await self._owner(reader, text) or str(uuid.uuid4()))

    async def find(self, reader: Reader, key: Key) -> Value | None:
        """The certificate with the names of its SNIs."""
        found = await super().find(reader, key)
        if found is None:
            raise key.missing(self.entity)
        return await _named(reader, found)

    async def page(self, reader: Reader, listing: Listing) -> Page:
        """A page of certificates with the names of their SNIs."""
        page = await super().page(reader, listing)
        return Page([await _named(reader, value) for value in page.data], page.offset)

    async def create(self, tx: Transaction, given: Value) -> Value:
        """A certificate and its SNIs."""
        given, names = _split(given)
        await self._check_new(tx, names or [], None)
        return await self._put_names(tx, await super().create(tx, given), names)

    async def change(self, tx: Transaction, key: Key, given: Value) -> Value:
        """`snis`, when given, replaces all of them."""
        given, names = _split(given if isinstance(given.get("snis"), list | None) else _listed(given))
        await self._check_new(tx, names or [], key.value)
        return await self._put_names(tx, await super().change(tx, key, given), names)

    async def put(self, tx: Transaction, key: Key, given: Value) -> Value:
        """The certificate with exactly the given SNIs."""
        given, names = _split(given)
        await self._check_new(tx, names or [], key.value)
        return await self._put_names(tx, await super().put(tx, key, given), names)

    async def remove(self, tx: Transaction, key: Key) -> None:
        """With its SNIs."""
        for sni in await tx.all("snis", {"certificate": key.value}):
            await tx.delete("snis", sni["id"])
        await super().remove(tx, key)

    async def _owner(self, reader: Reader, name: str) -> str | None:
        message = problem(self.entities["snis"], "name", name)
        if message is not None:
            raise InvalidUnique("name", message)
        sni = await reader.get_by("snis", "name", name)
        return None if sni is None else str(sni["certificate"]["id"])

    async def _check_new(self, reader: Reader, names: list[Any], certificate: str | None) -> None:
        for name in names:
            owner = await self._owner(reader, name)
            if owner not in (None, certificate):
                text = f"{name} already associated with existing certificate '{owner}'"
                raise schema.SchemaViolation({"snis": text})

    async def _put_names(self, tx: Transaction, certificate: Value, names: list[str] | None) -> Value:
        if names is not None:
            present = {
                sni["name"]: sni["id"] for sni in await tx.all("snis", {"certificate": certificate["id"]})
            }
            for name in names:
                if name not in present:
                    row = {"name": name, "certificate": {"id": certificate["id"]}}
                    await tx.insert("snis", schema.insert(self.entities["snis"], row))
            for name in present.keys() - set(names):
                await tx.delete("snis", present[name])
        return await _named(tx, certificate)


def own_fields(given: Any, snis: EntityType) -> Any:
    """What of a body is the certificate's own; SchemaViolation when `snis` are no names."""
    if not isinstance(given, dict):
        return given
    given = _listed(given)
    if not isinstance(given.get("snis"), list | None):
        raise schema.SchemaViolation({"snis": "expected a set"})
    given, names = _split(given)
    faults = [fault for name in names or () if (fault := problem(snis, "name", name))]
    if faults:
        raise schema.SchemaViolation({"snis": faults[0]})
    return given


async def _named(reader: Reader, certificate: Value) -> Value:
    snis = await reader.all("snis", {"certificate": certificate["id"]})
    return certificate | {"snis": sorted(sni["name"] for sni in snis)}


def _listed(given: Value) -> Value:
    return given | {"snis": [given["snis"]]} if isinstance(given.get("snis"), str) else given


def _split(given: Value) -> tuple[Value, list[str] | None]:
    """The certificate's own fields, and the names; None when they are not to be touched."""
    if "snis" not in given:
        return given, None
    rest = {name: value for name, value in given.items() if name != "snis"}
    names: Any = [] if given["snis"] is None else given["snis"]
    if not isinstance(names, list):
        return rest, None
    if len(names) > MOST_SNIS:
        raise schema.SchemaViolation({"snis": f"length must be at most {MOST_SNIS}"})
    for name in names:
        if names.count(name) > 1:
            raise schema.SchemaViolation({"snis": f"{name} is duplicated"})
    return rest, sorted(names, key=str)
