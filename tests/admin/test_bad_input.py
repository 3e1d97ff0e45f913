"""Requests that must be refused clearly and change nothing."""

from typing import Any

import httpx
import pytest

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
DEEP = b'{"name":"key-auth","config":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}"

REFUSED: list[tuple[str, str, dict[str, str], bytes, int, str]] = [
    ("POST", "/services", JSON, b"{", 400, "Cannot parse JSON body"),
    ("POST", "/services", JSON, b"", 400, "Cannot parse JSON body"),
    ("POST", "/services", JSON, b"null", 400, "Cannot parse JSON body: expected an object"),
    ("POST", "/services", JSON, b"[1]", 400, "Cannot parse JSON body: expected an object"),
    ("POST", "/services", JSON, b'"text"', 400, "Cannot parse JSON body: expected an object"),
    ("POST", "/services", JSON, b'{"host":"\xff"}', 400, "Cannot parse JSON body"),
    ("POST", "/services", JSON, b'{"host":1e400}', 400, "Cannot parse JSON body"),
    ("POST", "/services", JSON, b"[" * 5000 + b"]" * 5000, 400, "Cannot parse JSON body"),
    ("POST", "/plugins", JSON, DEEP, 400, "schema violation"),
    ("POST", "/consumers", JSON, b'{"username":"a\\u0000b"}', 400, "must not contain a NUL character"),
    ("POST", "/consumers", JSON, b'{"username":"a","created_at":9223372036854775808}', 400, "out of range"),
    ("POST", "/consumers", JSON, b'{"username":"a","created_at":-1}', 400, "expected a valid timestamp"),
    (
        "POST",
        "/consumers",
        FORM,
        b"username=%ff",
        400,
        "invalid utf-8 character sequence detected at position 1",
    ),
    (
        "POST",
        "/consumers",
        FORM,
        b"username=\xc3",
        400,
        "invalid utf-8 character sequence detected at position 1",
    ),
    ("POST", "/consumers", FORM, b"&".join(b"a%d=1" % n for n in range(1001)), 400, "Too many arguments"),
    ("POST", "/consumers", FORM, b".".join([b"a"] * 3000) + b"=1", 400, ""),
    ("POST", "/services", {"content-type": "text/plain"}, b"host=a", 415, "415 Unsupported Media Type"),
    ("POST", "/services", MULTIPART, b"", 400, "schema violation (host: required field missing)"),
    ("POST", "/services", MULTIPART, b"x", 400, "Cannot parse multipart body"),
    ("POST", "/services", {}, b"host=a", 415, "415 Unsupported Media Type"),
    ("POST", "/services", JSON, b"x" * (11 << 20), 413, "413 Request Entity Too Large"),
    ("GET", "/services?size=0", {}, b"", 400, "size must be an integer between 1 and 1000"),
    ("GET", "/services?size=1001", {}, b"", 400, "size must be an integer between 1 and 1000"),
    ("GET", "/services?size=x", {}, b"", 400, "size must be a number"),
    ("GET", "/services?size=1&size=2", {}, b"", 400, "size must be a number"),
    ("GET", "/services?offset=nope", {}, b"", 400, "'nope' is not a valid offset: bad json encoding"),
    ("GET", "/services?offset=a&offset=b", {}, b"", 400, "is not a valid offset"),
    ("GET", "/services?tags=a,b/c", {}, b"", 400, "invalid filter syntax"),
    ("GET", "/services?tags=", {}, b"", 400, "invalid filter syntax"),
    ("GET", "/services?tags=a,b,c,d,e,f", {}, b"", 400, "cannot query more than 5 tags"),
    ("GET", "/services?tags=%FF", {}, b"", 400, "invalid option (tags: invalid filter syntax)"),
    ("GET", "/services?offset=%FF", {}, b"", 400, "is not a valid offset"),
    ("GET", "/tags/%FF", {}, b"", 400, "invalid utf-8 character sequence detected at position 1"),
    ("GET", "/consumers/a%FF", {}, b"", 400, "invalid utf-8 character sequence detected at position 2"),
    ("GET", "/consumers?custom_id=%FF", {}, b"", 400, "invalid unique custom_id"),
    ("GET", "/keys/%FF", {}, b"", 400, "invalid unique name"),
    ("GET", "/schemas/%FF", {}, b"", 404, "No entity named"),
    ("GET", "/consumers?custom_id=%00", {}, b"", 400, "NUL"),
    ("GET", "/%00", {}, b"", 400, "400 Bad Request"),
    ("GET", "/%zz", {}, b"", 400, "400 Bad Request"),
    ("TRACE", "/", {}, b"", 405, "405 Not Allowed"),
    ("FOO", "/services", {}, b"", 405, "Method not allowed"),
    ("GET", "/nope", {}, b"", 404, "Not found"),
]


@pytest.mark.parametrize(
    "case", REFUSED, ids=lambda case: f"{case[0]} {case[1][:20]} {case[3][:16].decode('latin-1')} {case[4]}"
)
async def test_refusals(api: httpx.AsyncClient, case: tuple[Any, ...]) -> None:
    method, path, headers, content, status, message = case
    request = httpx.Request(method, "http://admin.test/", headers=headers, content=content)
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await api.send(request)
    assert answer.status_code == status, answer.text[:300]
    assert message in answer.text
    assert (await api.get("/consumers")).json()["data"] == []
    assert (await api.get("/services")).json()["data"] == []


async def test_a_duplicate_json_key_counts_last(api: httpx.AsyncClient) -> None:
    answer = await api.post("/services", content=b'{"host":"a.test","host":"b.test"}', headers=JSON)
    assert answer.json()["host"] == "b.test"


@pytest.mark.parametrize(
    ("accept", "allow"), [("application/problem+json", "GET, HEAD, OPTIONS"), ("application/json", None)]
)
async def test_a_405_names_the_methods_to_who_accepts_problem_details(
    api: httpx.AsyncClient, accept: str, allow: str | None
) -> None:
    answer = await api.delete("/status", headers={"Accept": accept})
    assert (answer.status_code, answer.headers.get("allow")) == (405, allow)
