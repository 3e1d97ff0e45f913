"""Response transformer: changes responses before the client gets them."""

import math
from typing import Annotated, Any

import orjson

from gopura.plugin import Exchange, Headers, Phases, Plugin, config, media_type
from gopura.plugin.pairs import appended, pairs
from gopura.schema.types.pairs import HeaderRenames, Pairs

JSON = media_type.MediaType("application", "json", {})

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

    example = {
        "add": {"headers": ["X-Served-By:gateway"], "json": ["answered:true"]},
        "remove": {"json": ["raw_headers"]},
    }

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

    def bound_phases(self, config: Config) -> Phases:
        """Let bodies stream unless they are to be changed."""
        phases = super().bound_phases(config)
        if not changes_body(config):
            del phases["body_filter"]
        return phases

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Change the headers."""
        headers = exchange.response.headers
        change_headers(headers, config)
        if changes_body(config) and is_json(headers.get("content-type")):
            exchange.ctx[self.name] = bytearray()
            headers.remove("content-length")

    def body_filter(self, exchange: Exchange, config: Config, chunk: bytes, last: bool) -> bytes | None:
        """Hold a JSON body back until it is whole, then change it."""
        held: bytearray | None = exchange.ctx.get(self.name)
        if held is None:
            return None
        held += chunk
        if not last:
            return b""
        return self._changed(bytes(held), config)

    def _changed(self, body: bytes, config: Config) -> bytes:
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            self.log_to.warning("body transform failed: failed parsing json body")
            return body
        return orjson.dumps(changed(value, config)) if isinstance(value, dict) else body


def changes_body(config: ResponseTransformer.Config) -> bool:
    """Whether anything is to be done to bodies."""
    return any(kind.json_fields for kind in (config.remove, config.replace, config.add, config.append))


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type is JSON's."""
    medias = (media_type.parse(media.strip()) for media in (content_type or "").split(","))
    return any(JSON.includes(media) for media in medias if media)


def change_headers(headers: Headers, config: ResponseTransformer.Config) -> None:
    """Remove, rename, replace, add and append headers. Conditions look at the headers as they came."""
    before = {name.lower(): headers.get_all(name) for name, _ in headers.items()}
    for name, _ in pairs(config.remove.headers):
        headers.remove(name)
    for old, new in pairs(config.rename.headers):
        if new and old.lower() in before:
            headers.set(new, before[old.lower()])
            headers.remove(old)
    for name, value in pairs(config.replace.headers):
        if value and name.lower() in before:
            headers.set(name, value)
    for name, value in pairs(config.add.headers):
        if value and name.lower() not in before:
            headers.set(name, value)
    for name, value in pairs(config.append.headers):
        headers.add(name, value or "")


def changed(value: dict[str, Any], config: ResponseTransformer.Config) -> dict[str, Any]:
    """Change the fields of an object."""
    for name, _ in pairs(config.remove.json_fields):
        value.pop(name, None)
    for name, new in typed(config.replace):
        if is_there(value, name):
            value[name] = new
    for name, new in typed(config.add):
        if not is_there(value, name):
            value[name] = new
    for name, new in typed(config.append):
        value[name] = appended(value.get(name), new)
    return value


def is_there(value: dict[str, Any], name: str) -> bool:
    """Whether a field is there as Lua sees it: null counts, false does not."""
    return value.get(name, False) is not False


def typed(values: Values) -> list[tuple[str, Any]]:
    """Pairs whose values have the types that the configuration names; what is no number is left out."""
    types = [*values.json_types, *("string" for _ in values.json_fields)]
    found = [
        (name, cast(value, kind))
        for (name, value), kind in zip(pairs(values.json_fields), types, strict=False)
    ]
    return [(name, value) for name, value in found if value is not None]


def cast(text: str | None, kind: str) -> Any:
    """A text as a string, number or boolean; None when it cannot be."""
    if text is None or kind == "string":
        return text
    if kind == "boolean":
        return text == "true"
    try:
        number = float(int(text, 16)) if text.lower().startswith("0x") else float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number
