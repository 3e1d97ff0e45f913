"""Request transformer: changes requests before the upstream gets them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from gopura.plugin import ALL_PROTOCOLS, Exchange, Plugin, config
from gopura.plugin import Headers as HeaderLines
from gopura.plugin.body import Fields, Form, Json, Multipart, sent
from gopura.plugin.lua import AnyCase, Scope
from gopura.plugin.pairs import appended, pairs
from gopura.plugin.template import has_expression, render
from gopura.schema.surroundings import surroundings
from gopura.schema.types.lua import DISABLED
from gopura.schema.types.pairs import HeaderPairs, HeaderRenames, Headers, TemplatePairs

BODY_LIMIT = 1 << 20
"""Bytes of a body that are changed; a larger one passes as it is."""

QUERY = "!$%&'()*+,-./:;=?@_~[]"
"""What may stand in a query as it is, beside letters and digits."""

Rendered = Callable[[Iterable[str]], Iterator[tuple[str, str | None]]]


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


def _no_lua_if_off(settings: "RequestTransformer.Config") -> str | None:
    off = not surroundings.untrusted_lua and any(map(has_expression, _templates(settings)))
    return DISABLED if off else None


def _templates(settings: "RequestTransformer.Config") -> Iterator[str]:
    yield settings.replace.uri or ""
    for kind in (settings.rename, settings.replace, settings.add, settings.append):
        yield from (*kind.body, *kind.headers, *kind.querystring)


class RequestTransformer(Plugin, name="request-transformer", priority=801, protocols=ALL_PROTOCOLS):
    """Removes, renames, replaces, adds and appends, in this order."""

    example = {
        "add": {"headers": ["X-Source:gateway"], "querystring": ["page:1"]},
        "remove": {"headers": ["Cookie"]},
    }

    class Config(config.Record):
        """The changes."""

        rules = (config.Custom(_no_lua_if_off),)

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

    def request_body_limit(self, config: Config) -> int:
        """Have the body read when it is to be changed, or may become the query."""
        return BODY_LIMIT if changes_body(config) or config.http_method else 0

    def access(self, exchange: Exchange, config: Config) -> None:
        """Change the request."""
        scope, lua = scope_of(exchange), self.node.lua

        def rendered(entries: Iterable[str]) -> Iterator[tuple[str, str | None]]:
            for name, value in pairs(entries):
                yield name, None if value is None else render(value, scope, lua)

        if config.replace.uri and not change_path(exchange, render(config.replace.uri, scope, lua, in_path)):
            return
        if config.http_method:
            change_method(exchange, config.http_method)
        change_headers(exchange.upstream_request.headers, config, rendered)
        if changes_body(config):
            change_body(exchange, config, rendered)
        change_query(exchange, config, rendered, scope)


def scope_of(exchange: Exchange) -> Scope:
    """What templates can name."""
    return Scope(
        {
            "headers": lambda: AnyCase(exchange.request.headers.to_dict()),
            "query_params": lambda: exchange.request.query,
            "uri_captures": lambda: {
                int(name) if name.isdecimal() else name: value for name, value in exchange.captures.items()
            },
            "shared": lambda: exchange.ctx,
        }
    )


def in_path(value: str) -> str:
    """A value as it may stand in a path: it begins no query and no fragment."""
    return value.replace("?", "%3F").replace("#", "%23")


def change_path(exchange: Exchange, target: str) -> bool:
    """Change the path; a `?` of the template's own text begins a query. False: the values lead elsewhere, 400."""
    path, _, query = target.partition("?")
    try:
        exchange.upstream_request.path = path
    except ValueError:
        exchange.error(400, "Bad request")
        return False
    if query:
        given = exchange.request.raw_query
        query = quote(query, safe=QUERY)
        exchange.upstream_request.raw_query = f"{query}&{given}" if given else query
    return True


def changes_body(config: RequestTransformer.Config) -> bool:
    """Whether anything is to be done to bodies."""
    kinds = (config.remove, config.rename, config.replace, config.add, config.append)
    return any(kind.body for kind in kinds)


def change_method(exchange: Exchange, method: str) -> None:
    """Change the method; a form moves into the query where the new method has no body."""
    exchange.upstream_request.method = method.upper()
    if method not in ("GET", "HEAD", "TRACE"):
        return
    form = sent(exchange.request)
    if isinstance(form, Form) and form.values:
        query: dict[str, Any] = exchange.request.query
        for name, value in form.values.items():
            query[name] = appended(query[name], value) if name in query else value
        exchange.upstream_request.set_query(query)


def change_headers(headers: HeaderLines, config: RequestTransformer.Config, rendered: Rendered) -> None:
    """Change the headers; Host can only be replaced. Templates see the headers as they came."""
    kinds = (config.rename, config.replace, config.add, config.append)
    renamed, replaced, added, more = (list(rendered(kind.headers)) for kind in kinds)
    for name, _ in pairs(config.remove.headers):
        if name.lower() != "host":
            headers.remove(name)
    for old, new in renamed:
        if new and old.lower() != "host" and (values := headers.get_all(old)):
            headers.remove(old)
            headers.set(new.lower(), values)
    for name, value in replaced:
        if value is not None and name in headers:
            headers.set(name, value)
    for name, value in added:
        if value is not None and name not in headers:
            headers.set(name, value)
    for name, value in more:
        if value is not None and name.lower() != "host":
            headers.add(name, value)


def change_body(exchange: Exchange, config: RequestTransformer.Config, rendered: Rendered) -> None:
    """Change the fields of a form or of a JSON object."""
    body = exchange.request.body
    media = exchange.request.headers.get("content-type") or ""
    fields = Json({}) if body == b"" and "application/json" in media.lower() else sent(exchange.request)
    if fields is None:
        return
    before = fields.encode()
    if body:
        change_present(fields, config, rendered)
    for name, value in rendered(config.add.body):
        if name not in fields:
            fields.set(name, value)
    if not isinstance(fields, Multipart):
        for name, value in rendered(config.append.body):
            fields.set(name, appended(fields.get(name), value))
    if (after := fields.encode()) != before:
        exchange.upstream_request.set_body(after)


def change_present(fields: Fields, config: RequestTransformer.Config, rendered: Rendered) -> None:
    """Remove, rename and replace fields that are there; in multipart forms Kong renames first."""
    removals = [name for name, _ in pairs(config.remove.body)]
    if not isinstance(fields, Multipart):
        remove(fields, removals)
    for old, new in rendered(config.rename.body):
        value = fields.get(old)
        if new and (old in fields or value is False):
            fields.remove(old)
            fields.set(new, value)
    if isinstance(fields, Multipart):
        remove(fields, removals)
    for name, value in rendered(config.replace.body):
        if name in fields:
            fields.set(name, value)


def remove(fields: Fields, names: Iterable[str]) -> None:
    """Take fields out."""
    for name in names:
        fields.remove(name)


def change_query(
    exchange: Exchange, config: RequestTransformer.Config, rendered: Rendered, scope: Scope
) -> None:
    """Change the query arguments."""
    kinds = (config.remove, config.rename, config.replace, config.add, config.append)
    if not any(kind.querystring for kind in kinds):
        return
    query: dict[str, Any] = dict(scope["query_params"])
    for name, _ in pairs(config.remove.querystring):
        query.pop(name, None)
    for old, new in rendered(config.rename.querystring):
        value = query.pop(old, None)
        if new and value is not None:
            query[new] = value
    for name, value in rendered(config.replace.querystring):
        if name in query:
            query[name] = value
    for name, value in rendered(config.add.querystring):
        query.setdefault(name, value)
    for name, value in rendered(config.append.querystring):
        query[name] = appended(query.get(name), value)
    exchange.upstream_request.set_query({name: value for name, value in query.items() if value is not None})
