"""`resty.http` and `resty.redis` of Lua code: what users' functions do with them, through the node's own clients."""

from __future__ import annotations

import gzip
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gopura.plugin.redis import PASSING, RedisPools, Server
from gopura.testing import Gateway
from tests.servers.ports import free_port
from tests.servers.redis import Redis
from tests.waiting import PATIENCE

SETTINGS = {"untrusted_lua_sandbox_requires": ["resty.http", "resty.redis", "cjson", "cjson.safe"]}
RELEASE, ASKED = threading.Event(), threading.Event()


BOMB = gzip.compress(bytes(1 << 20))
MIB = 1 << 20


class Told(BaseHTTPRequestHandler):
    """Tells what it was asked; at `/held` only when the test lets it."""

    def do_POST(self) -> None:
        if self.path == "/held":
            ASKED.set()
            RELEASE.wait(20)
        if self.path == "/packed":
            return self.pour(BOMB, {"Content-Encoding": "gzip", "Content-Length": str(len(BOMB))})
        if self.path == "/endless":
            return self.pour(bytes(MIB), {}, 1 << 20)
        return self.tell()

    def pour(self, part: bytes, headers: dict[str, str], times: int = 1) -> None:
        self.close_connection = True
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            for _ in range(times):
                self.wfile.write(part)

    def tell(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        said = f"{self.command} {self.path} {self.headers.get('X-A')} {body}".encode()
        self.send_response(201, "Made")
        self.send_header("X-Two", "1")
        self.send_header("X-Two", "2")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST  # noqa: N815 - as its base has it

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def told() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def gateway(code: str, phase: str = "access", **settings: Any) -> Gateway:
    given = {"plugins": [{"name": "pre-function", "config": {phase: [code]}}]}
    return Gateway(given=given, settings=SETTINGS | settings)


HTTP = """
local http = require('resty.http').new()
http:set_timeouts(1000, 1000, %(timeout)s)
local answer, problem = http:request_uri('%(url)s', %(options)s)
if not answer then return kong.response.exit(502, problem) end
http:set_keepalive(1000, 10)
local told = { answer.status, answer.reason, answer.headers['x-two'][2], answer.body }
kong.response.exit(200, table.concat(told, ' '))
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("nil", "201 Made 2 GET / None "),
        (
            "{ method = 'POST', path = '/p', query = { a = 'b' }, headers = { ['X-A'] = 'x' }, body = 'hi' }",
            "201 Made 2 POST /p?a=b x hi",
        ),
        ("{ query = 'q=1', ssl_verify = false }", "201 Made 2 GET /?q=1 None "),
    ],
)
def test_http(told: str, options: str, expected: str) -> None:
    with gateway(HTTP % {"url": told + "/", "options": options, "timeout": 5000}) as served:
        assert served.get("/").body.decode() == expected


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("{told}/held", "timeout"),
        ("{told}/endless", "the response is too large"),
        ("http://127.0.0.1:{closed}/", "connection refused"),
    ],
)
def test_http_that_fails(told: str, url: str, problem: str) -> None:
    RELEASE.clear()
    address = url.format(told=told, closed=free_port())
    with gateway(HTTP % {"url": address, "options": "nil", "timeout": 1000}) as served:
        answer = served.get("/")
        RELEASE.set()
        assert (answer.status, answer.body.decode()) == (502, problem)


def test_an_answer_is_as_it_came(told: str) -> None:
    """As with the module of OpenResty: what is packed is not unpacked."""
    code = f"""
        local answer = require('resty.http').new():request_uri('{told}/packed')
        kong.response.exit(200, answer.headers['content-encoding'] .. #answer.body)
    """
    with gateway(code) as served:
        assert served.get("/").body.decode() == f"gzip{len(BOMB)}"


def test_code_that_waited_has_its_own_environment(told: str) -> None:
    """Although other code ran meanwhile."""
    RELEASE.clear()
    ASKED.clear()
    code = f"""
        if kong.request.get_path() ~= '/held' then return end
        mine = 'own'
        require('resty.http').new():request_uri('{told}/held')
        kong.response.exit(200, tostring(loadstring('return mine')()) .. tostring(load('return mine')()))
    """
    config = {"rewrite": [code], "access": ["mine = 'other'"]}
    given = {"plugins": [{"name": "pre-function", "config": config}]}
    settings = SETTINGS | {"untrusted_lua": "on"}
    with Gateway(given=given, settings=settings) as served, ThreadPoolExecutor(1) as pool:
        held = pool.submit(served.get, "/held")
        assert ASKED.wait(PATIENCE)
        assert served.get("/").status == 200
        RELEASE.set()
        assert held.result().body == b"ownown"


def test_others_are_served_while_code_waits(told: str) -> None:
    """Through coroutines and pcall of the code, too."""
    RELEASE.clear()
    code = f"""
        if kong.request.get_path() ~= '/held' then return end
        local asked = coroutine.wrap(function()
            local fine, answer = pcall(function() return require('resty.http').new():request_uri('{told}/held') end)
            coroutine.yield(answer.status)
        end)
        kong.response.exit(200, tostring(asked()))
    """
    with gateway(code) as served:
        found: list[Any] = []
        held = threading.Thread(target=lambda: found.append(served.get("/held")))
        held.start()
        began = time.monotonic()
        for _ in range(5):
            assert served.get("/").status == 200
        assert time.monotonic() - began < 10
        RELEASE.set()
        held.join()
        assert found[0].body == b"201"


@pytest.mark.parametrize("phase", ["header_filter", "log"])
def test_phases_that_cannot_wait(phase: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), gateway("require('resty.http').new()", phase) as served:
        served.get("/")
    assert f"API disabled in the context of {phase}_by_lua*" in caplog.text


REDIS = """
local redis, cjson = require('resty.redis'), require('cjson')
local r = redis:new()
r:set_timeouts(1000, 1000, 1000)
local fine, problem = r:connect('127.0.0.1', %(port)s)
if not fine then return kong.response.exit(502, problem) end
local results = {}
for _, line in ipairs({
  { 'set', 'a', 5 }, { 'get', 'a' }, { 'incr', 'a' }, { 'expire', 'a', 100 }, { 'setex', 'b', 100, 'x' },
  { 'get', 'b' },
  { 'get', 'none' }, { 'hset', 'h', 'f', 'v' }, { 'hget', 'h', 'f' }, { 'hgetall', 'h' }, { 'del', 'a' },
  { 'incr', 'b' },
}) do
  local command = table.remove(line, 1)
  local value, why = r[command](r, unpack(line))
  results[#results + 1] = why or value == ngx.null and 'null' or value
end
results[#results + 1] = r:select(3)
results[#results + 1] = r:get('b') == ngx.null
results[#results + 1] = r:set_keepalive(1000, 10)
kong.response.exit(200, cjson.encode(results))
"""


def test_redis(redis: Redis) -> None:
    with gateway(REDIS % {"port": redis.port}) as served:
        answer = served.get("/")
    refusal = "value is not an integer or out of range"
    assert answer.json() == [
        "OK", "5", 6, 1, "OK", "x", "null", 1, "v", ["f", "v"], 1, refusal, "OK", True, 1
    ]  # fmt: skip


async def test_clients_of_redis_are_let_go(redis: Redis) -> None:
    """Whatever names the code gives, the server has few connections; one that is used is not closed."""
    pools = RedisPools()

    def server(name: str) -> Server:
        return Server("127.0.0.1", redis.port, database=3, timeout=PATIENCE, name=name)

    async with pools.passing(server("held")) as held:
        for number in range(PASSING * 2):
            async with pools.passing(server(str(number))) as client:
                assert await client.ping()
        assert len(await held.client_list()) == PASSING
        async with pools.passing(server("held")) as same:
            assert same is held
    await pools.close()


def test_redis_that_is_away() -> None:
    with gateway(REDIS % {"port": free_port()}) as served:
        answer = served.get("/")
    assert (answer.status, answer.body) == (502, b"connection refused")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Expected value but found T_END at character 1"),
        ("x", "Expected value but found invalid token at character 1"),
        ("{", "Expected object key string but found T_END at character 2"),
        ("{x", "Expected object key string but found invalid token at character 2"),
        ('{"a"}', "Expected colon but found T_OBJ_END at character 5"),
        ('{"a":1 "b"}', "Expected comma or object end but found T_STRING at character 8"),
        ('{"a":1,}', "Expected object key string but found T_OBJ_END at character 8"),
        ("[1 2]", "Expected comma or array end but found T_NUMBER at character 4"),
        ("[1,]", "Expected value but found T_ARR_END at character 4"),
        ("1 2", "Expected the end but found T_NUMBER at character 3"),
        ('"a', "Expected value but found unexpected end of string at character 3"),
        (r'"\\x"', "Expected value but found invalid escape code at character 2"),
        (r'"\\u12"', "Expected value but found invalid unicode escape code at character 2"),
        ("-", "Expected value but found invalid number at character 1"),
    ],
)
def test_what_is_wrong_with_json(text: str, problem: str) -> None:
    code = f"local v, e = require('cjson.safe').decode('{text}') kong.response.exit(200, tostring(v) .. ': ' .. e)"
    with gateway(code) as served:
        assert served.get("/").body.decode() == f"nil: {problem}"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("function() end", "Cannot serialise function: type not supported"),
        ("endless", "Cannot serialise, excessive depth (101)"),
    ],
)
def test_what_cannot_be_json(value: str, problem: str) -> None:
    code = f"local endless = {{}} endless[1] = endless local v, e = require('cjson.safe').encode({value})"
    with gateway(f"{code} kong.response.exit(200, tostring(v) .. ': ' .. tostring(e))") as served:
        assert served.get("/").body.decode() == f"nil: {problem}"
