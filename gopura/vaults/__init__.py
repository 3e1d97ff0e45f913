"""Vaults, one file each; a vault is known because its module exists."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from gopura.schema import Field, Record, Shape

if TYPE_CHECKING:
    from gopura.vaults.reference import Reference


class Vault:
    """One kind of vault: its name and its settings.

    class Env(Vault, name="env"):
        class Config(config.Record): ...
    """

    name: ClassVar[str]

    class Config(Record):
        """A vault without settings."""

    def __init_subclass__(cls, name: str) -> None:
        """Take the name from the class statement."""
        super().__init_subclass__()
        cls.name = name

    def get(self, config: Any, reference: "Reference") -> str | None:
        """The secret's text, None when there is no such secret. `config` is the typed object of the settings."""
        raise NotImplementedError

    @classmethod
    def shape(cls) -> Shape:
        """What the vault's entities have of their own: the settings."""
        return Shape({"config": Field("config", "record", required=True, record=cls.Config.shape())})


@cache
def all() -> Mapping[str, type[Vault]]:  # noqa: A001 - reads `vaults.all()`
    """Every vault by name."""
    modules = [
        importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    ]
    return {value.name: value for module in modules for value in vars(module).values() if _is_vault(value)}


def missing(names: Iterable[str]) -> list[str]:
    """What is wrong with the setting `vaults`: names that no vault has."""
    return [f"vaults: there is no vault {name}" for name in names if name not in {"bundled", "off", *all()}]


def _is_vault(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Vault) and value is not Vault
