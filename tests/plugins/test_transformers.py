"""request-transformer and response-transformer: tables of changes."""

import json
from functools import partial
from typing import Any

import pytest

from gopura.plugin.lua import AnyCase, Lua, Policy, Scope
from gopura.plugin.template import TemplateError, render
from gopura.schema import surroundings
from gopura.schema.types.lua import DISABLED
from gopura.testing import Gateway
from gopura.testing.upstream import Reply
from tests.entities.refusals import fields_of

LUA = Lua(Policy())


def loaded(values: dict[str, Any]) -> Scope:
    return Scope({name: partial(values.get, name) for name in values})


def with_plugin(name: str, config: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"plugins": [{"name": name, "config": config}]}


@pytest.mark.parametrize(
    ("config", "sent", "expected"),
    [
        ({"remove": {"headers": ["x-a"]}}, {"X-A": ["1", "2"]}, {"x-a": None}),
        ({"rename": {"headers": ["x-a:x-b"]}}, {"X-A": "1", "X-B": "2"}, {"x-a": None, "x-b": ["1"]}),
        ({"replace": {"headers": ["x-a:9", "x-b:9"]}}, {"X-A": ["1", "2"]}, {"x-a": ["9"], "x-b": None}),
        ({"replace": {"headers": ["host:other.test"]}}, {}, {"host": ["other.test"]}),
        ({"replace": {"headers": ["x-a:"]}}, {"X-A": "1"}, {"x-a": ["1"]}),
        ({"rename": {"headers": ["host:x-host"]}}, {"Host": "a.test"}, {"x-host": None}),
        ({"add": {"headers": ["x-a:9", "x-b:9"]}}, {"X-A": "1"}, {"x-a": ["1"], "x-b": ["9"]}),
        ({"append": {"headers": ["x-a:9", "x-a:8"]}}, {"X-A": "1"}, {"x-a": ["1", "9", "8"]}),
        ({"add": {"headers": ["x-url:http://a.test:80/"]}}, {}, {"x-url": ["http://a.test:80/"]}),
        ({"add": {"headers": ["x-b:$(headers.x_a)-$(query_params.q)"]}}, {"X-A": "1"}, {"x-b": ["1-v"]}),
    ],
)
def test_request_headers(
    config: dict[str, Any], sent: dict[str, Any], expected: dict[str, list[str] | None]
) -> None:
    with Gateway(given=with_plugin("request-transformer", config)) as gateway:
        assert gateway.get("/?q=v", sent).status == 200
        seen = gateway.upstream.last.headers
        assert {name: seen.get_all(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("config", "query", "expected"),
    [
        ({"remove": {"querystring": ["a"]}}, "a=1&b=2&a=3", "b=2"),
        ({"rename": {"querystring": ["a:c"]}}, "a=1&b=2", "b=2&c=1"),
        ({"replace": {"querystring": ["a:9", "c:9"]}}, "a=1&b=2", "a=9&b=2"),
        ({"add": {"querystring": ["a:9", "c:x y"]}}, "a=1", "a=1&c=x%20y"),
        ({"append": {"querystring": ["a:9"]}}, "a=1", "a=1&a=9"),
        ({"http_method": "GET"}, "a=1&b", "a=1&b"),
    ],
)
def test_request_query(config: dict[str, Any], query: str, expected: str) -> None:
    with Gateway(given=with_plugin("request-transformer", config)) as gateway:
        gateway.get(f"/?{query}")
        assert gateway.upstream.last.query == expected


FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.mark.parametrize(
    ("config", "kind", "body", "expected"),
    [
        ({"remove": {"body": ["a"]}}, JSON, '{"a": 1, "b": 2}', '{"b":2}'),
        ({"rename": {"body": ["a:c"]}}, JSON, '{"a": 1}', '{"c":1}'),
        ({"replace": {"body": ["a:9", "b:9"]}}, JSON, '{"a": 1}', '{"a":"9"}'),
        ({"add": {"body": ["a:9", "b:9"]}}, JSON, '{"a": 1}', '{"a":1,"b":"9"}'),
        ({"append": {"body": ["a:9"]}}, JSON, '{"a": "1"}', '{"a":["1","9"]}'),
        (
            {"replace": {"body": ["a:9", "b:9", "c:9", "d:9"]}},
            JSON,
            '{"a":0,"b":"","c":null,"d":false}',
            '{"a":"9","b":"9","c":"9","d":false}',
        ),
        (
            {"add": {"body": ["a:9", "b:9", "c:9"]}},
            JSON,
            '{"a":0,"b":null,"c":false}',
            '{"a":0,"b":null,"c":"9"}',
        ),
        ({"add": {"body": ["a:9"]}}, JSON, "[1]", "[1]"),
        ({"add": {"body": ["a:9"]}}, JSON, "{bad", "{bad"),
        ({"add": {"body": ["a:9"]}}, "text/plain", "x", "x"),
        ({"add": {"body": ["b:9"]}}, FORM, "a=1", "a=1&b=9"),
        ({"append": {"body": ["a:9"]}}, FORM, "a=1", "a=1&a=9"),
        ({"remove": {"body": ["a"]}}, FORM, "a=1&b=2", "b=2"),
    ],
)
def test_request_body(config: dict[str, Any], kind: str, body: str, expected: str) -> None:
    with Gateway(given=with_plugin("request-transformer", config)) as gateway:
        gateway.post("/", {"Content-Type": kind}, body=body)
        received = gateway.upstream.last
        assert received.body.decode() == expected
        assert received.headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/u/$(uri_captures.id)/$(uri_captures[1])", "/u/42/42"),
        ("/all$(uri_captures[0])", "/all/users/42"),
        ("/a b/é", "/a%20b/%C3%A9"),
        ("/users/$(uri_captures.name or 'none')", "/users/none"),
    ],
)
def test_request_path(template: str, path: str) -> None:
    given = {
        "routes": [{"name": "all", "paths": ["~/users/(?<id>[0-9]+)"], "service": "echo"}],
        **with_plugin("request-transformer", {"replace": {"uri": template}}),
    }
    with Gateway(given=given) as gateway:
        assert gateway.get("/users/42").status == 200
        assert gateway.upstream.last.path == path


@pytest.mark.parametrize(
    ("query", "status", "target"),
    [
        ("u=a/b", 200, "/u/a/b"),
        ("u=a%20b", 200, "/u/a%20b"),
        ("u=a%3fx%3d1", 200, "/u/a%3Fx=1"),
        ("u=a%23b", 200, "/u/a%23b"),
        ("u=../../admin%3fx=1%23", 400, None),
        ("u=..", 400, None),
        ("u=%252e%252e/admin", 400, None),
        ("u=.%252E/", 400, None),
        ("u=a/./b", 400, None),
        ("u=...", 200, "/u/..."),
        ("u=a%0d%0ab", 200, "/u/a%0D%0Ab"),
    ],
)
def test_a_clients_value_is_only_a_part_of_the_path(query: str, status: int, target: str | None) -> None:
    given = with_plugin("request-transformer", {"replace": {"uri": "/u/$(query_params.u)"}})
    with Gateway(given=given) as gateway:
        assert gateway.get(f"/?{query}").status == status
        received = [(request.path, request.query) for request in gateway.upstream.requests]
        assert received == ([] if target is None else [(target, query)])


@pytest.mark.parametrize(
    ("template", "query", "seen"),
    [
        ("/new?fixed=1", "", "fixed=1"),
        ("/new?fixed=1", "a=b", "fixed=1&a=b"),
        ("/new?fixed=$(query_params.a)", "a=b%3fc%20d", "fixed=b%3Fc%20d&a=b%3fc%20d"),
    ],
)
def test_a_query_of_the_template_itself(template: str, query: str, seen: str) -> None:
    given = with_plugin("request-transformer", {"replace": {"uri": template}})
    with Gateway(given=given) as gateway:
        assert gateway.get(f"/?{query}").status == 200
        assert (gateway.upstream.last.path, gateway.upstream.last.query) == ("/new", seen)


def test_templates_see_headers_as_they_came() -> None:
    config = {
        "remove": {"headers": ["x-old"]},
        "replace": {"headers": ["x-new:2"]},
        "add": {
            "headers": ["x-seen:$(headers['x-old'])$(headers['x-new'])"],
            "querystring": ["q:$(headers.x_old)"],
        },
    }
    with Gateway(given=with_plugin("request-transformer", config)) as gateway:
        gateway.get("/", {"X-Old": "1", "X-New": "1"})
        seen = gateway.upstream.last
        assert (seen.headers["x-seen"], seen.headers["x-new"], seen.query) == ("11", "2", "q=1")


def test_request_line() -> None:
    given = {
        "routes": [{"name": "all", "paths": ["~/users/(?<id>[0-9]+)"], "service": "echo"}],
        **with_plugin(
            "request-transformer",
            {"http_method": "PUT", "replace": {"uri": "/u/$(uri_captures.id)/$(uri_captures[1])"}},
        ),
    }
    with Gateway(given=given) as gateway:
        assert gateway.get("/users/42").status == 200
        assert (gateway.upstream.last.method, gateway.upstream.last.path) == ("PUT", "/u/42/42")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", "plain"),
        ("$(h.a)", "1"),
        ('$(h["a"])-$(h.b or "none")', "1-none"),
        ("$(h.missing)", ""),
        ("$(list[2] .. '!')", "y!"),
        ("$(h.a == '1' and 'yes' or 'no')", "yes"),
        ("$(type(list))$(tostring(1))", "table1"),
        ("$(not h.b)", "true"),
        ("$(10 * h.a)/$(#list)", "10/2"),
        ("$(list[1]:upper())$(('abc'):gsub('b', 'd'):sub(1, 2))", "Xad"),
        ("$(any.X_Y)$(any['X-Y'])", "zz"),
        ("$(os or io or load)", ""),
    ],
)
def test_templates(template: str, expected: str) -> None:
    values = {"h": {"a": "1"}, "list": ["x", "y"], "any": AnyCase({"x-y": "z"})}
    assert render(template, loaded(values), LUA) == expected


@pytest.mark.parametrize(
    ("where", "value"),
    [("headers", "x-a:$(headers.x_b)"), ("querystring", "a:$(1)"), ("body", "a:$(1)"), ("uri", "/$(1)")],
)
def test_without_lua_templates_are_refused_and_do_not_run(
    where: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"replace": {where: value if where == "uri" else [value]}}
    sent = {"X-A": "1", "Content-Type": "application/json"}
    off = {"untrusted_lua": "off"}
    with Gateway(given=with_plugin("request-transformer", config), settings=off) as gateway:
        assert gateway.post("/?a=1", sent, body=b'{"a":1}').status == 500
        gateway.configure(with_plugin("request-transformer", {"add": {"headers": ["x-c:plain"]}}))
        assert gateway.get("/").status == 200
    monkeypatch.setattr(surroundings, "untrusted_lua", False)
    refused = fields_of("plugins", {"name": "request-transformer", "config": config})
    assert refused == {"config": DISABLED}


@pytest.mark.parametrize(
    "template", ["$(h.a", "$(h.)", "$(;)", "$(1 +)", "$(or)", "$(h.a.b.c)", "$(list .. 'x')"]
)
def test_bad_templates(template: str) -> None:
    with pytest.raises(TemplateError):
        render(template, loaded({"h": {"a": "1"}, "list": ["x"]}), LUA)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"remove": {"headers": ["x-a"]}}, {"x-a": None}),
        ({"rename": {"headers": ["x-a:x-b"]}}, {"x-a": None, "x-b": ["1"]}),
        ({"replace": {"headers": ["x-a:9", "x-b:9"]}}, {"x-a": ["9"], "x-b": None}),
        ({"add": {"headers": ["x-a:9", "x-b:9"]}}, {"x-a": ["1"], "x-b": ["9"]}),
        ({"append": {"headers": ["x-a:9"]}}, {"x-a": ["1", "9"]}),
    ],
)
def test_response_headers(config: dict[str, Any], expected: dict[str, list[str] | None]) -> None:
    with Gateway(given=with_plugin("response-transformer", config)) as gateway:
        gateway.upstream.reply = Reply(headers={"X-A": "1"}, body=b"body")
        answer = gateway.get("/")
        assert {name: answer.headers.get_all(name) for name in expected} == expected
        assert (answer.body, answer.headers["Content-Length"]) == (b"body", "4")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"remove": {"json": ["a"]}}, {"b": ["x"]}),
        ({"replace": {"json": ["a:9", "c:9"], "json_types": ["number", "string"]}}, {"a": 9, "b": ["x"]}),
        ({"add": {"json": ["c:true"], "json_types": ["boolean"]}}, {"a": "1", "b": ["x"], "c": True}),
        ({"append": {"json": ["b:y", "a:2"]}}, {"a": ["1", "2"], "b": ["x", "y"]}),
        (
            {"replace": {"headers": ["Content-Type:text/plain"]}, "add": {"json": ["c:1"]}},
            {"a": "1", "b": ["x"]},
        ),
    ],
)
def test_response_json(config: dict[str, Any], expected: dict[str, Any]) -> None:
    with Gateway(given=with_plugin("response-transformer", config)) as gateway:
        gateway.upstream.reply = Reply(body=json.dumps({"a": "1", "b": ["x"]}).encode())
        assert gateway.get("/").json() == expected
        gateway.upstream.reply = Reply(
            headers={"Content-Type": "application/problem+json"}, body=b'{"a":"1","b":["x"]}'
        )
        assert gateway.get("/").json() == expected
        gateway.upstream.reply = Reply(headers={"Content-Type": "text/plain"}, body=b"text")
        assert gateway.get("/").body == b"text"
        gateway.upstream.reply = Reply(body=b"{bad")
        assert gateway.get("/").body == b"{bad"


@pytest.mark.parametrize(
    ("config", "value", "expected"),
    [
        ({"replace": {"json": ["a:x"]}}, 0, "x"),
        ({"replace": {"json": ["a:x"]}}, None, "x"),
        ({"replace": {"json": ["a:x"]}}, False, False),
        ({"add": {"json": ["a:x"]}}, 0, 0),
        ({"add": {"json": ["a:x"]}}, None, None),
        ({"add": {"json": ["a:x"]}}, False, "x"),
        ({"replace": {"json": ["a:0x10"], "json_types": ["number"]}}, 1, 16),
        ({"replace": {"json": ["a:nan"], "json_types": ["number"]}}, 1, 1),
    ],
)
def test_what_counts_as_there(config: dict[str, Any], value: Any, expected: Any) -> None:
    with Gateway(given=with_plugin("response-transformer", config)) as gateway:
        gateway.upstream.reply = Reply(body=json.dumps({"a": value}).encode())
        assert gateway.get("/").json() == {"a": expected}


MULTIPART = "multipart/form-data; boundary=x"


def parts(**fields: str) -> str:
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return "".join(part.format(name, value) for name, value in fields.items()) + "--x--\r\n"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"remove": {"body": ["a"]}, "rename": {"body": ["a:c"]}}, parts(b="2", c="1")),
        ({"replace": {"body": ["a:9", "c:9"]}}, parts(a="9", b="2")),
        ({"add": {"body": ["a:9", "c:9"]}}, parts(a="1", b="2", c="9")),
        ({"append": {"body": ["a:9"]}}, parts(a="1", b="2")),
    ],
)
def test_multipart_forms(config: dict[str, Any], expected: str) -> None:
    with Gateway(given=with_plugin("request-transformer", config)) as gateway:
        gateway.post("/", {"Content-Type": MULTIPART}, body=parts(a="1", b="2"))
        assert gateway.upstream.last.body.decode() == expected
