"""Puts secrets in the place of references."""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from gopura import vaults
from gopura.schema import Field, Shape, is_reference
from gopura.vaults import Vault
from gopura.vaults.reference import Reference

log = logging.getLogger(__name__)

Row = Mapping[str, Any]


class Resolver:
    """Knows the vaults: those that need no settings by their own name, the others by the prefix of their entity.

    `env_prefix` is the setting `vault_env_prefix`; an entity's settings and a reference's options go before it.
    """

    def __init__(self, rows: Iterable[Row] = (), env_prefix: str | None = None) -> None:
        self._rows = {row["prefix"]: row for row in rows}
        self._defaults = {"env": {"prefix": env_prefix}} if env_prefix else {}

    def resolved(self, shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
        """The object with secrets in its referenceable fields.

        A reference whose secret cannot be had is logged and stays: an empty secret would be one that all know.
        """
        known = {name: self._field(shape.fields[name], value[name]) for name in shape.fields if name in value}
        return {**value, **known}

    def _field(self, field: Field, value: Any) -> Any:
        if field.referenceable and is_reference(value):
            return self.secret_or_reference(value)
        if field.record is not None and isinstance(value, Mapping):
            return self.resolved(field.record, value)
        if field.elements is not None and isinstance(value, list):
            return [self._field(field.elements, item) for item in value]
        if field.values is not None and isinstance(value, Mapping):
            return {key: self._field(field.values, item) for key, item in value.items()}
        return value

    def secret_or_reference(self, text: str) -> str:
        """The secret behind a reference; the reference itself, with a line in the log, when there is none."""
        try:
            return self.secret(text)
        except (LookupError, ValueError) as error:
            log.error("the reference %s cannot be resolved: %s", text, error)  # noqa: TRY400 - no bug of ours
            return text

    def secret(self, text: str) -> str:
        """The secret behind a reference; raises LookupError or ValueError, which say why there is none."""
        reference = Reference.parse(text)
        vault, settings = self._vault(reference.vault)
        config = vault.Config.load({**settings, **dict(reference.options)})
        found = vault().get(config, reference)
        if found is None:
            raise LookupError("there is no such secret")
        return found if reference.key is None else _member(found, reference.key)

    def _vault(self, name: str) -> tuple[type[Vault], Mapping[str, Any]]:
        row = self._rows.get(name, {"name": name, "config": {}})
        vault = vaults.all().get(row["name"])
        if vault is None:
            raise LookupError(f"there is no vault {name}")
        return vault, {**self._defaults.get(row["name"], {}), **_given(row["config"])}


def _given(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if value is not None}


def _member(secret: str, key: str) -> str:
    try:
        found = json.loads(secret)
    except ValueError:
        raise LookupError(f"the secret is no JSON object, so it has no {key}") from None
    member = found.get(key) if isinstance(found, dict) else None
    if isinstance(member, str):
        return member
    raise LookupError(f"the secret has no text {key}")
