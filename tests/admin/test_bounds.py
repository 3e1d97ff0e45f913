"""No answer takes long, however a body near the largest size is written."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from gopura.admin import bounds, create_app
from gopura.settings import Settings
from gopura.store import Store

SECONDS = 4.0
"""Of processor time; one is what an answer may take on a machine that does nothing else."""
MOST_VALUES = (10 << 20) // bounds.BYTES_PER_VALUE
MANY = MOST_VALUES - 50
TEXT = bounds.MOST_TEXT - 50
BODY = 10_400_000

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"


def _json(**fields: Any) -> bytes:
    return orjson.dumps(fields)


def _names(form: str, count: int = MANY) -> list[str]:
    return [form % number for number in range(count)]


def _unknown(count: int) -> dict[str, int]:
    return dict.fromkeys(_names("k%d", count), 1)


def _operations(**operation: Any) -> bytes:
    return _json(operations=[{"method": "POST", "path": "/services", **operation}])


def _headers(*headers: str) -> bytes:
    return _plugin("request-transformer", add={"headers": [f"a:{header}" for header in headers]})


def _plugin(name: str, **config: Any) -> bytes:
    return _json(name=name, config=config)


def _part(content: bytes) -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="host"\r\n\r\n' + content + b"\r\n--b--\r\n"


# (path, content type, body, status)
BODIES: dict[str, tuple[str, str, Callable[[], bytes], int]] = {
    "many tags": ("/services", JSON, lambda: _json(host="a", tags=_names("t%d")), 201),
    "48,000 tags": ("/services", JSON, lambda: _json(host="a", tags=_names("t%d", 48_000)), 201),
    "one tag, often": ("/services", JSON, lambda: _json(host="a", tags=["t"] * MANY), 201),
    "wrong tags": ("/services", JSON, lambda: _json(host="a", tags=_names(",%d")), 400),
    "more values than may be": ("/services", JSON, lambda: _json(host="a", tags=["t"] * 2_500_000), 400),
    "unknown fields": ("/services", JSON, lambda: _json(**_unknown(MANY // 2)), 400),
    "100,000 unknown fields": ("/services", JSON, lambda: _json(**_unknown(100_000)), 400),
    "a long unknown field": ("/services", JSON, lambda: _json(**{"k" * TEXT: 1}), 400),
    "the same field": ("/services", JSON, lambda: b"{" + b'"host":"a",' * 900_000 + b'"port":1}', 201),
    "a long name": ("/services", JSON, lambda: _json(host="a", name="a" * 9_000_000), 400),
    "a name that no database indexes": ("/services", JSON, lambda: _json(host="a", name="a" * 2001), 400),
    "a tag that no database indexes": ("/services", JSON, lambda: _json(host="a", tags=["a" * 2001]), 400),
    "a long host": ("/services", JSON, lambda: _json(host="a." * (TEXT // 2)), 201),
    "a host of colons": ("/services", JSON, lambda: _json(host=":" * TEXT), 400),
    "a long path": ("/services", JSON, lambda: _json(host="a", path="/" + "a/../" * (TEXT // 5)), 201),
    "a long URL": ("/services", JSON, lambda: _json(url="http://a" + ":a" * (TEXT // 2 - 10)), 400),
    "methods": ("/routes", JSON, lambda: _json(methods=_names("A%d")), 400),
    "long methods": ("/routes", JSON, lambda: _json(methods=["A" * TEXT + "a"] * 3), 400),
    "hosts": ("/routes", JSON, lambda: _json(hosts=_names("h%d.test")), 201),
    "hosts of stars": ("/routes", JSON, lambda: _json(hosts=["a" * (TEXT // 2) + "*" + "a" * (TEXT // 4) + "*"]), 400),
    "paths": ("/routes", JSON, lambda: _json(paths=_names("/p%d")), 201),
    "paths with escapes": ("/routes", JSON, lambda: _json(paths=["/" + "%41" * (TEXT // 3)] * 3), 400),
    "regular paths": ("/routes", JSON, lambda: _json(paths=_names("~/p%d")), 400),
    "long regular paths": ("/routes", JSON, lambda: _json(paths=["~/" + "(a|b)*" * (TEXT // 7)] * 3), 400),
    "ill-formed regular paths": ("/routes", JSON, lambda: _json(paths=_names("~/p%d(", 3000)), 400),
    "regular headers": ("/routes", JSON, lambda: _json(headers={"a": _names("~*h%d", MANY // 2)}), 400),
    "headers": ("/routes", JSON, lambda: _json(headers={name: [] for name in _names("h%d", MANY // 3)}), 201),
    "empty sources": ("/routes", JSON, lambda: _json(protocols=["tcp"], sources=[{}] * MANY), 400),
    "a reference of many": ("/routes", JSON, lambda: _json(paths=["/"], service=_unknown(25_000)), 400),
    "server names": ("/certificates", JSON, lambda: _json(cert="x", key="y", snis=_names("h%d.test")), 400),
    "certificates": ("/certificates", JSON, lambda: _json(cert="-----BEGIN -----\n" * 60_000, key="y"), 400),
    "addresses": ("/plugins", JSON, lambda: _plugin("ip-restriction", allow=_names("::%x")), 201),
    "patterns": ("/plugins", JSON, lambda: _plugin("bot-detection", deny=_names("b%d.*")), 400),
    "Lua": ("/plugins", JSON, lambda: _plugin("pre-function", access=_names("return %d", MANY)), 201),
    "long Lua": ("/plugins", JSON, lambda: _plugin("pre-function", access=["x = 1 " * (TEXT // 6)] * 3), 201),
    "deep Lua": ("/plugins", JSON, lambda: _plugin("pre-function", access=["return " + "(" * TEXT]), 400),
    "templates": ("/plugins", JSON, lambda: _headers("$(uri)" * (TEXT // 6)), 201),
    "open templates": ("/plugins", JSON, lambda: _headers("$(" * (TEXT // 2)), 201),
    "a long plugin": ("/plugins", JSON, lambda: _json(name="x" * TEXT), 400),
    "an e-mail address": ("/plugins", JSON, lambda: _plugin("acme", account_email="a" * TEXT), 400),
    "lists in lists": ("/services", JSON, lambda: b'{"a":[' + (b"[" * 999 + b"]" * 999 + b",") * 5000 + b"0]}", 400),
    "deeper lists": ("/services", JSON, lambda: b'{"tags":' + b"[" * 5_000_000 + b"]" * 5_000_000 + b"}", 400),
    "objects in objects": ("/services", JSON, lambda: b'{"a":' * 1_500_000 + b"1" + b"}" * 1_500_000, 400),
    "digits": ("/services", JSON, lambda: b'{"host":"a","port":' + b"9" * BODY + b"}", 400),
    "&": ("/services", FORM, lambda: b"&" * BODY, 400),
    "=&": ("/services", FORM, lambda: b"=&" * (BODY // 2), 400),
    "fields of a form": ("/services", FORM, lambda: b"a=1&" * (BODY // 4), 400),
    "dots of a form": ("/services", FORM, lambda: b"a." * (BODY // 2) + b"b=1", 400),
    "levels of a form": ("/services", FORM, lambda: (b"a." * 5000 + b"b=1&") * 990, 400),
    "indices of a form": ("/services", FORM, lambda: b"a" + b"[1]" * (BODY // 3) + b"=1", 400),
    "an index of a form": ("/services", FORM, lambda: b"host=a&tags[" + b"9" * 9_000_000 + b"]=1", 400),
    "brackets of a form": ("/services", FORM, lambda: b"a" + b"[" * BODY + b"=1", 400),
    "numbers of a form": ("/services", FORM, lambda: b"host=a&port=" + b"9" * TEXT, 400),
    "escapes of a form": ("/services", FORM, lambda: b"host=" + b"%41" * (BODY // 3), 400),
    "a part": ("/services", PARTS, lambda: _part(b"a" * 9_000_000), 400),
    "ends of lines in a part": ("/services", PARTS, lambda: _part(b"\r\n" * 4_500_000), 400),
    "ends of parts": ("/services", PARTS, lambda: _part(b"\r\n--" * 2_000_000), 400),
    "headers of a part": ("/services", PARTS, lambda: b"--b\r\n" + b"X: a\r\n" * 1_500_000 + b"\r\n\r\n--b--\r\n", 400),
    "no parts": ("/services", PARTS, lambda: b"-" * BODY, 400),
    "operations": ("/transaction", JSON, lambda: _operations(body={"host": "a", "tags": _names("t%d")}), 200),
    "an operation of many": ("/transaction", JSON, lambda: _operations(body={"tags": ["a"] * 2_000_000}), 400),
    "an operation far away": ("/transaction", JSON, lambda: _operations(path="/a" * 5_000_000), 404),
    "to be validated": ("/schemas/services/validate", JSON, lambda: _json(**_unknown(25_000)), 400),
}  # fmt: skip


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bounds")


@pytest.fixture
async def admin(prefix: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.load(None, {}, {"prefix": str(prefix)})
    async with Store.of(settings) as store:
        transport = httpx.ASGITransport(create_app(store, settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://admin.test") as client:
            await client.get("/services")  # what is made once is made now
            yield client


@pytest.mark.parametrize("problem", [False, True], ids=["as Kong", "problem details"])
async def test_every_refusal_and_every_write_is_bounded(admin: httpx.AsyncClient, problem: bool) -> None:
    slow, answered = {}, {}
    accept = {"accept": "application/problem+json"} if problem else {}
    for name, (path, kind, body, status) in BODIES.items():
        if problem and status < 400:
            continue
        content = body()
        began = time.process_time()
        answer = await admin.post(path, content=content, headers={"content-type": kind} | accept)
        taken = time.process_time() - began
        answered[name] = answer.status_code
        assert len(answer.content) < 3 * len(content) + 200_000, name
        if taken > SECONDS:
            slow[name] = taken
        for plugin in (await admin.get("/plugins")).json()["data"]:
            await admin.delete(f"/plugins/{plugin['id']}")
    assert not slow
    assert answered == {name: BODIES[name][3] for name in answered}


QUERIES = [
    ("/services?" + "&".join(f"a{n}=1" for n in range(5000)), 400),
    ("/services?" + "a." * 30_000 + "b=1", 400),
    ("/services?a" + "[1]" * 20_000 + "=1", 400),
    ("/services?tags=" + ",".join(f"t{n}" for n in range(9000)), 400),
    ("/services?tags=" + "a" * 60_000, 200),
    ("/services?offset=" + "A" * 60_000, 400),
    ("/services?size=" + "9" * 60_000, 400),
    ("/" + "a/" * 30_000, 404),
    ("/services/" + "%41" * 20_000, 400),
]


@pytest.mark.parametrize(("target", "status"), QUERIES)
async def test_queries_and_paths(admin: httpx.AsyncClient, target: str, status: int) -> None:
    began = time.process_time()
    url = httpx.URL(scheme="http", host="admin.test", raw_path=target.encode())
    answer = await admin.get(url)
    assert answer.status_code == status
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_json(host="a", tags=["t"] * 2_500_000), "nginx_admin_client_max_body_size"),
        (_json(host="a" * 2_000_000), f"the most is {bounds.MOST_TEXT}"),
        (_json(host="a", tags=["t" * 1_000_000] * 6), f"more than {bounds.MOST_TEXTS} characters"),
        (_json(host="a", name="a" * 2001), "name: length must be at most 2000"),
        (_json(paths=_names("~/%d")), "262144 characters"),
    ],
)
async def test_limits_are_told(admin: httpx.AsyncClient, body: bytes, words: str) -> None:
    path = "/routes" if b"paths" in body else "/services"
    answer = await admin.post(path, content=body, headers={"content-type": JSON})
    assert (answer.status_code, words in answer.json()["message"]) == (400, True)


async def test_who_sends_more_may_raise_the_limits(prefix: Path) -> None:
    settings = Settings.load(
        None, {}, {"prefix": str(prefix), "database": "off", "nginx_admin_client_max_body_size": "20m"}
    )
    async with Store.of(settings) as store:
        transport = httpx.ASGITransport(create_app(store, settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://admin.test") as client:
            answer = await client.post(
                "/schemas/services/validate", json={"host": "a", "tags": ["t"] * (MOST_VALUES + 10)}
            )
    assert answer.status_code == 200


async def test_of_many_problems_the_first_are_told(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/services", json={"host": "a", "tags": _names(",%d", 3000)})
    body = answer.json()
    assert body["message"].startswith("1000 schema violations (tags.1: invalid tag")
    assert len(body["fields"]["tags"]) == 1000
