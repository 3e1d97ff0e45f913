"""Response transformer: changes responses before the client gets them."""

from typing import Annotated

from gopura.plugin import Plugin, config
from gopura.schema.types.pairs import HeaderRenames, Pairs

_Names = Annotated[list[str], config.Named("json")]
_Pairs = Annotated[Pairs, config.Named("json")]


class Names(config.Record):
    """What is removed, by name."""

    json_fields: _Names = []
    """Fields of a JSON body."""
    headers: list[str] = []
    """Headers."""


class Renames(config.Record):
    """What is renamed: `old:new`."""

    headers: HeaderRenames = []
    """Headers."""


class Values(config.Record):
    """What is set: `name:value`."""

    json_fields: _Pairs = []
    """Fields of a JSON body."""
    json_types: list[Annotated[str, config.OneOf("boolean", "number", "string")]] = []
    """The types of the fields' values, in the same order."""
    headers: Pairs = []
    """Headers."""


class ResponseTransformer(Plugin, name="response-transformer", priority=800):
    """Removes, renames, replaces, adds and appends, in this order."""

    class Config(config.Record):
        """The changes."""

        remove: Names
        """What is removed."""
        rename: Renames
        """What is renamed."""
        replace: Values
        """What is replaced, where it is there."""
        add: Values
        """What is added, where it is not there."""
        append: Values
        """What is added in any case."""
