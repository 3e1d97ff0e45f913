"""Request transformer: changes requests before the upstream gets them."""

from gopura.plugin import ALL_PROTOCOLS, Plugin, config
from gopura.schema.types.pairs import HeaderPairs, HeaderRenames, Headers, TemplatePairs


class Names(config.Record):
    """What is removed, by name."""

    body: list[str] = []
    """Fields of the body."""
    headers: Headers = []
    """Headers."""
    querystring: list[str] = []
    """Query arguments."""


class Renames(config.Record):
    """What is renamed: `old:new`."""

    body: TemplatePairs = []
    """Fields of the body."""
    headers: HeaderRenames = []
    """Headers."""
    querystring: TemplatePairs = []
    """Query arguments."""


class Values(config.Record):
    """What is set: `name:value`; the value may be a template."""

    body: TemplatePairs = []
    """Fields of the body."""
    headers: HeaderPairs = []
    """Headers."""
    querystring: TemplatePairs = []
    """Query arguments."""


class Replacements(Values):
    """What is replaced if it is there: `name:value`."""

    uri: str | None = None
    """The path, which may be a template."""


class RequestTransformer(Plugin, name="request-transformer", priority=801, protocols=ALL_PROTOCOLS):
    """Removes, renames, replaces, adds and appends, in this order."""

    class Config(config.Record):
        """The changes."""

        http_method: config.Method | None = None
        """The method that the upstream gets."""
        remove: Names
        """What is removed."""
        rename: Renames
        """What is renamed."""
        replace: Replacements
        """What is replaced, where it is there."""
        add: Values
        """What is added, where it is not there."""
        append: Values
        """What is added in any case."""
