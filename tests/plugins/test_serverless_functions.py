"""pre-function and post-function: tables of Lua code and what it does to a request and its response."""

import json
from typing import Any

import pytest

from gopura.plugin import Exchange, Plugin
from gopura.testing import Answer, ConfigurationError, Gateway, Reply

UNEXPECTED = "An unexpected error occurred"


def functions(name: str = "pre-function", **phases: str | list[str]) -> dict[str, list[dict[str, Any]]]:
    config = {phase: [code] if isinstance(code, str) else code for phase, code in phases.items()}
    return {"plugins": [{"name": name, "config": config}]}


def asked(given: dict[str, Any], path: str = "/a?q=1&q=2&r", **request: Any) -> tuple[Answer, Gateway]:
    request.setdefault("headers", {"X-A": "1", "Content-Type": "application/json"})
    with Gateway(given=given) as gateway:
        return gateway.request(request.pop("method", "GET"), path, **request), gateway


@pytest.mark.parametrize("name", ["pre-function", "post-function"])
@pytest.mark.parametrize(
    ("code", "status", "body"),
    [
        ("ngx.status = 503 ngx.exit(ngx.status)", 503, None),
        ("ngx.status = 404 ngx.say('Not Found') ngx.exit(ngx.status)", 404, "Not Found\n"),
        ("ngx.print('a', {'b', {1, 2}}, nil, true) ngx.exit(200)", 200, "ab12niltrue"),
        ("return kong.response.exit(406, { message = 'Invalid' })", 406, {"message": "Invalid"}),
        ("kong.response.exit(204)", 204, ""),
        ("pcall(kong.response.exit, 418, 'tea') error('never')", 418, "tea"),
        (["ngx.status = 400", "ngx.exit(ngx.status)"], 400, None),
        ("ngx.exit(ngx.OK)", 200, None),
        ("error('this should stop the request')", 500, {"message": UNEXPECTED}),
        ("kong.response.exit('x')", 500, {"message": UNEXPECTED}),
        ("kong.response.error(403)", 403, {"message": "Forbidden"}),
        ("kong.response.error(400, 'no')", 400, {"message": "no"}),
        ("ngx.redirect('/there')", 302, None),
        ("while true do end", 500, {"message": UNEXPECTED}),
        # With nobody to resume it, the code goes on.
        (
            "coroutine.yield() if not kong.request.get_header('x-key') then kong.response.exit(401, 'no') end",
            401,
            "no",
        ),
        (
            ["coroutine.yield(1)", "for i = 1, 1000 do coroutine.yield(i) end kong.response.exit(401)"],
            401,
            None,
        ),
        (
            "coroutine.wrap(function() coroutine.yield() end)() coroutine.yield() kong.response.exit(401)",
            401,
            None,
        ),
        ("pcall(coroutine.yield) kong.response.exit(401)", 401, None),
        ("coroutine.yield() error('x')", 500, {"message": UNEXPECTED}),
        ("while true do coroutine.yield() end", 500, {"message": UNEXPECTED}),
        ("while true do pcall(coroutine.yield) end", 500, {"message": UNEXPECTED}),
    ],
)
def test_an_answer(name: str, code: str | list[str], status: int, body: Any) -> None:
    answer, _ = asked(functions(name, access=code))
    assert answer.status == status
    if isinstance(body, dict):
        found = answer.json()
        found.pop("request_id", None)
        assert found == body
    elif body is not None:
        assert answer.body.decode() == body


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("kong.request.get_method()", "GET"),
        ("kong.request.get_scheme()", "http"),
        ("kong.request.get_path()", "/a"),
        ("kong.request.get_path_with_query()", "/a?q=1&q=2&r"),
        ("kong.request.get_raw_query()", "q=1&q=2&r"),
        ("kong.request.get_query_arg('q')", "1"),
        ("kong.request.get_query_arg('none')", None),
        ("kong.request.get_query()", {"q": ["1", "2"], "r": True}),
        ("kong.request.get_header('x_a')", "1"),
        ("kong.request.get_headers().host", "gopura.test"),
        ("kong.request.get_http_version()", 1.1),
        ("kong.request.get_uri_captures().unnamed[1]", "a"),
        ("kong.request.get_uri_captures().named.letter", "a"),
        ("kong.client.get_ip()", "127.0.0.1"),
        ("kong.client.get_consumer()", None),
        ("kong.client.get_protocol()", "http"),
        ("kong.router.get_route().name", "lua"),
        ("kong.router.get_service().name", "echo"),
        ("kong.ip.is_trusted('10.0.0.1')", False),
        ("kong.version", "3.5.0"),
        ("kong.configuration.untrusted_lua", "sandbox"),
        ("kong.configuration.pg_password", "******"),
        ("kong.cache.cluster_events", None),
        ("ngx.var.request_uri", "/a?q=1&q=2&r"),
        ("ngx.var.arg_q", "1"),
        ("ngx.var.http_x_a", "1"),
        ("ngx.var.remote_addr", "127.0.0.1"),
        ("ngx.var.cookie_c", "v"),
        ("ngx.var.nothing", None),
        ("ngx.req.get_headers()['x-a']", "1"),
        ("ngx.req.get_uri_args().q", ["1", "2"]),
        ("ngx.get_phase()", "access"),
        ("kong.request.get_body().none == ngx.null", True),
        ("ngx.ERR", 4),
        ("ngx.encode_base64('a\\255')", "Yf8="),
        ("ngx.decode_base64('YQ')", "a"),
        ("ngx.md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("ngx.encode_base64(ngx.hmac_sha1('k', 'v'))", "lPxqL36JuBls904QeajBHrZ5pVI="),
        ("ngx.escape_uri('a b/c')", "a%20b%2Fc"),
        ("ngx.unescape_uri('a%20b+c')", "a b c"),
        ("ngx.encode_args({b = 1, a = {'x y', true}})", "a=x%20y&a&b=1"),
        ("ngx.re.match('ab12', [[(?<word>[a-z]+)(\\d+)]], 'jo').word", "ab"),
        ("ngx.re.match('ab12', [[([a-z]+)(\\d+)]])[2]", "12"),
        ("ngx.re.match('ab', 'c')", None),
        ("{ngx.re.find('ab12', [[\\d+]], 'jo')}", [3, 4]),
        ("{ngx.re.gsub('a1b2', [[\\d]], '<$0>')}", ["a<1>b<2>", 2]),
        ("{ngx.re.sub('a1b2', [[\\d]], function(m) return m[0] + 1 end)}", ["a2b2", 1]),
        ("type(ngx.now() + ngx.time())", "number"),
        ("pcall(function() ngx.shared = {} end)", False),
        ("pcall(function() kong.request.get_path = nil end)", False),
        ("pcall(require, 'os')", False),
        ("debug or io or load or getmetatable or python", None),
    ],
)
def test_what_code_finds(expression: str, value: Any) -> None:
    routes = [{"name": "lua", "paths": ["~/(?<letter>a)"], "service": "echo"}]
    given = functions(access=f"local found = {expression} kong.response.exit(200, {{ found = found }})")
    headers = {"X-A": "1", "Host": "gopura.test", "Cookie": "b=1; c=v"}
    settings = {"untrusted_lua": "sandbox", "pg_password": "secret"}
    with Gateway(given=given | {"routes": routes}, settings=settings) as gateway:
        headers["Content-Type"] = "application/json"
        found = gateway.request("GET", "/a?q=1&q=2&r", headers, body=b'{"none": null}')
        assert found.json().get("found") == value


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (
            "kong.response.get_status",
            "function cannot be called in access phase (only in: header_filter, body_filter, log)",
        ),
        ("kong.request.get_header, 1", "header name must be a string"),
        ("kong.request.get_query, 1001", "max_args must be a number between 1 and 1000"),
        (
            "kong.response.set_header, 'x', {}",
            'invalid header value for "x": got table, expected string, number or boolean',
        ),
        ("kong.service.request.set_path, 'a'", "path must start with /"),
        ("kong.service.request.set_method, 'x'", "invalid method: x"),
        ("kong.service.set_target, 'a', 1.5", "port must be an integer"),
        ("kong.client.load_consumer, 'a'", "cannot load a consumer with an id that is not a uuid"),
    ],
)  # fmt: skip
def test_misuse_is_told_as_in_kong(misuse: str, message: str) -> None:
    code = f"local _, problem = pcall({misuse}) kong.response.exit(200, problem)"
    answer, _ = asked(functions(access=code))
    assert answer.body.decode().partition("]:1: ")[2] == message


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("kong.service.request.set_header('X-B', 2)", {"headers": {"x-b": ["2"]}}),
        ("kong.service.request.add_header('X-A', '2')", {"headers": {"x-a": ["1", "2"]}}),
        ("kong.service.request.clear_header('X-A')", {"headers": {"x-a": []}}),
        ("kong.service.request.set_headers({['X-A'] = {'3', '4'}})", {"headers": {"x-a": ["3", "4"]}}),
        ("kong.service.request.set_header('Host', 'h.test')", {"headers": {"host": ["h.test"]}}),
        ("ngx.req.set_header('X-A', nil)", {"headers": {"x-a": []}}),
        ("kong.service.request.set_path('/b c')", {"path": "/b%20c"}),
        ("kong.service.request.set_method('DELETE')", {"method": "DELETE"}),
        ("ngx.req.set_method(ngx.HTTP_PUT)", {"method": "PUT"}),
        ("kong.service.request.set_raw_query('z=1')", {"query": "z=1"}),
        ("kong.service.request.set_query({b = true, a = {1, 'x'}})", {"query": "a=1&a=x&b"}),
        ("ngx.req.set_uri_args({k = 'v'})", {"query": "k=v"}),
        ("ngx.var.args = nil", {"query": ""}),
        ("kong.service.request.set_raw_body('raw')", {"body": "raw"}),
        ("kong.service.request.set_body({a = 1})", {"body": '{"a":1}'}),
        ("kong.service.request.set_body({b = 2, a = 1}, 'application/x-www-form-urlencoded')", {"body": "a=1&b=2"}),
        (
            "local body = kong.request.get_body() body.n = body.n + 1 kong.service.request.set_body(body)",
            {"body": '{"n":2}'},
        ),
        (
            "ngx.req.read_body() ngx.req.set_body_data(ngx.req.get_body_data():upper())",
            {"body": '{"N":1}'},
        ),
    ],
)  # fmt: skip
def test_what_the_upstream_gets(code: str, expected: dict[str, Any]) -> None:
    _, gateway = asked(functions(access=code), method="POST", body=b'{"n":1}')
    seen = gateway.upstream.last
    headers = {name: seen.headers.get_all(name) or [] for name in expected.get("headers", {})}
    found = {"headers": headers, "path": seen.path, "query": seen.query, "method": seen.method}
    found["body"] = seen.body.decode()
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("phases", "status", "headers", "body"),
    [
        ({"header_filter": "kong.response.set_header('X-B', 'b')"}, 200, {"x-b": "b"}, "plain"),
        ({"header_filter": "ngx.header['X-B'] = {'1', '2'}"}, 200, {"x-b": "1, 2"}, "plain"),
        ({"header_filter": "ngx.header.x_up = nil"}, 200, {"x-up": None}, "plain"),
        ({"header_filter": "kong.response.set_status(201)"}, 201, {}, "plain"),
        ({"header_filter": "ngx.status = ngx.status + 2"}, 202, {}, "plain"),
        ({"header_filter": "kong.response.exit(403, 'no')"}, 403, {}, "no"),
        (
            {"header_filter": "kong.response.set_header('X-S', kong.service.response.get_status())"},
            200,
            {"x-s": "200"},
            "plain",
        ),
        ({"access": "kong.response.set_header('X-B', 'early')"}, 200, {"x-b": "early"}, "plain"),
        ({"body_filter": "ngx.arg[1] = ngx.arg[1]:upper()"}, 200, {"content-length": None}, "PLAIN"),
        (
            {
                "body_filter": "local body = kong.response.get_raw_body() "
                "if body then kong.response.set_raw_body('<' .. body .. '>') end"
            },
            200,
            {},
            "<plain>",
        ),
        (
            {
                "access": "kong.service.request.enable_buffering()",
                "header_filter": "kong.response.set_header('X-L', #kong.service.response.get_raw_body())",
            },
            200,
            {"x-l": "5"},
            "plain",
        ),
        (
            {
                "rewrite": "kong.ctx.shared.a = 1 ngx.ctx.b = { 2 } kong.ctx.plugin.c = 3",
                "header_filter": "ngx.header['X-Ctx'] = kong.ctx.shared.a + ngx.ctx.b[1] + kong.ctx.plugin.c",
            },
            200,
            {"x-ctx": "6"},
            "plain",
        ),
    ],
)
def test_the_response(phases: dict[str, str], status: int, headers: dict[str, str | None], body: str) -> None:
    with Gateway(given=functions(**phases)) as gateway:
        gateway.upstream.reply = lambda _request: Reply(200, {"X-Up": "1"}, b"plain")
        answer = gateway.get("/")
    assert (answer.status, answer.body.decode()) == (status, body)
    found = {name: ", ".join(answer.headers.get_all(name) or []) or None for name in headers}
    assert found == headers


def test_functions_keep_their_upvalues_and_codes_do_not_see_each_other() -> None:
    counting = """
      local count = 0
      return function()
        count = count + 1
        leaked = (leaked or 0) + 1
        kong.response.set_header('X-Count', count)
      end
    """
    looking = "kong.response.set_header('X-Leaked', tostring(leaked))"
    with Gateway(given=functions(access=[counting, looking])) as gateway:
        answers = [gateway.get("/").headers for _ in range(3)]
    assert [(it["x-count"], it["x-leaked"]) for it in answers] == [("1", "nil"), ("2", "nil"), ("3", "nil")]


def test_a_cache_of_the_node() -> None:
    code = """
      local value, err, level = kong.cache:get('key', { ttl = 60 }, function(n) return { n = n } end, 7)
      kong.response.exit(200, { value = value, level = level })
    """
    with Gateway(given=functions(access=code)) as gateway:
        answers = [gateway.get("/").json() for _ in range(2)]
    assert answers == [{"value": {"n": 7}, "level": 3}, {"value": {"n": 7}, "level": 1}]


@pytest.mark.parametrize(
    "body", ['{"a":null,"b":[],"c":{},"d":[1,null,{"e":[[]]}],"f":1.5}', "[]", "{}", "[[],{}]"]
)
@pytest.mark.parametrize(
    "code",
    [
        "kong.service.request.set_body(kong.request.get_body())",
        "local json = require('cjson') "
        "kong.service.request.set_raw_body(json.encode(json.decode(kong.request.get_raw_body())))",
    ],
)
def test_json_stays_what_it_is(code: str, body: str) -> None:
    settings = {"untrusted_lua_sandbox_requires": ["cjson"]}
    with Gateway(given=functions(access=code), settings=settings) as gateway:
        gateway.post("/", {"Content-Type": "application/json"}, body=body)
        assert json.loads(gateway.upstream.last.body) == json.loads(body)


def test_modules_have_to_be_allowed() -> None:
    code = "local found = require('cjson.safe').decode('[1,') kong.response.exit(200, { found = tostring(found) })"
    for allowed, status in (([], 500), (["cjson.safe"], 200)):
        settings = {"untrusted_lua_sandbox_requires": allowed}
        with Gateway(given=functions(access=code), settings=settings) as gateway:
            assert gateway.get("/").status == status


def test_where_lua_is_off_nothing_passes_unchecked() -> None:
    with pytest.raises(ConfigurationError, match="untrusted_lua"):
        Gateway(given=functions(access="return"), settings={"untrusted_lua": "off"})


def test_the_log(caplog: pytest.LogCaptureFixture) -> None:
    code = """
      kong.log.err('a', 1, nil)
      ngx.log(ngx.WARN, 'b')
      kong.log(kong.log.serialize().request.method)
      kong.log.inspect({ a = { 1 } }, print)
    """
    with caplog.at_level("DEBUG"), Gateway(given=functions(log=code)) as gateway:
        gateway.get("/")
    lines = [(it.levelname.upper(), it.getMessage()) for it in caplog.records if "pre-function" in it.name]
    assert lines == [("ERROR", "a1nil"), ("WARNING", "b"), ("NOTICE", "GET"), ("DEBUG", '{"a":[1]} null')]


def test_a_failure_is_told_with_its_line_of_lua_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("ERROR"), Gateway(given=functions(log="\n\nlocal a = nil + 1")) as gateway:
        assert gateway.get("/").status == 200
    [line] = caplog.records
    assert line.exc_info is None
    assert line.getMessage().startswith("pre-function failed in log, route all, request ")
    assert line.getMessage().endswith(":3: attempt to perform arithmetic on a nil value")


class Noting(Plugin, name="noting", priority=900):
    """Shares values with plugins in Lua."""

    def access(self, exchange: Exchange, config: Any) -> None:
        exchange.ctx["noted"] = {"by": [exchange.ctx.get("word"), exchange.ctx.get("more")]}


def test_lua_and_python_share_a_context() -> None:
    given = functions(
        access="kong.ctx.shared.word = 'pre' kong.ctx.shared.more = { 1 } kong.ctx.shared.no = print"
    )
    given["plugins"] += [
        {"name": "noting"},
        {"name": "request-transformer", "config": {"add": {"headers": ["x-word:$(shared.word)"]}}},
        *functions("post-function", access="kong.response.exit(200, kong.ctx.shared.noted)")["plugins"],
    ]
    with Gateway(Noting, given=given) as gateway:
        assert gateway.get("/").json() == {"by": ["pre", [1]]}
        given["plugins"].pop()
        gateway.configure(given)
        gateway.get("/")
        assert gateway.upstream.last.headers["x-word"] == "pre"


def test_pre_and_post_share_a_request() -> None:
    given = functions(access="kong.ctx.shared.order = { 'pre' } kong.ctx.plugin.own = 1")
    code = """
      table.insert(kong.ctx.shared.order, 'post')
      kong.response.exit(200, { order = kong.ctx.shared.order, own = kong.ctx.plugin.own or 'nothing' })
    """
    given["plugins"] += functions("post-function", access=code)["plugins"]
    answer, _ = asked(given)
    assert json.loads(answer.body) == {"order": ["pre", "post"], "own": "nothing"}
