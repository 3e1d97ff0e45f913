"""hmac-auth: signatures over headers, request lines and bodies."""

import base64
import hashlib
import hmac
import time
from email.utils import formatdate
from typing import Any

import pytest

from gopura.testing import Answer
from tests.plugins.stored import Stored

OLD = "Sat, 21 Nov 2015 10:00:00 GMT"
UNUSABLE = "HMAC signature cannot be verified"
WRONG = "HMAC signature does not match"
NO_DATE = f"{UNUSABLE}, a valid date or x-date header is required for HMAC Authentication"


def given(**config: Any) -> dict[str, list[dict[str, Any]]]:
    return {
        "consumers": [{"username": "bob", "custom_id": "b"}, {"username": "guest"}],
        "hmacauth_credentials": [{"consumer": "bob", "username": "hb", "secret": "hs"}],
        "plugins": [{"name": "hmac-auth", "config": config}],
    }


def signature(text: str, algorithm: str = "hmac-sha256", secret: str = "hs") -> str:
    digest = hmac.digest(secret.encode(), text.encode(), algorithm.removeprefix("hmac-"))
    return base64.b64encode(digest).decode()


def authorization(names: str, text: str, algorithm: str = "hmac-sha256", user: str = "hb") -> str:
    made = signature(text, algorithm)
    return f'hmac username="{user}", algorithm="{algorithm}", headers="{names}", signature="{made}"'


Headers = dict[str, str | list[str]]


def dated(**more: str) -> Headers:
    now = formatdate(usegmt=True)
    return {"Date": now, "Authorization": authorization("date", f"date: {now}", **more)}


def says(answer: Answer, message: str | None) -> bool:
    if message is None:
        return answer.status == 200
    return answer.status == 401 and answer.json()["message"] == message


@pytest.mark.parametrize("algorithm", ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"])
def test_algorithms(gateway: Stored, algorithm: str) -> None:
    gateway.configure(given())
    assert gateway.get("/", dated(algorithm=algorithm)).status == 200
    headers = gateway.upstream.last.headers
    assert (headers["X-Consumer-Username"], headers["X-Credential-Identifier"]) == ("bob", "hb")
    gateway.configure(
        given(algorithms=[other for other in ["hmac-sha1", "hmac-sha512"] if other != algorithm])
    )
    assert says(gateway.get("/", dated(algorithm=algorithm)), UNUSABLE)


NOW = formatdate(usegmt=True)
ASCTIME = time.asctime(time.gmtime())
LINE = "GET /x?a=%20b HTTP/1.1"
TARGET = "@request-target: get /x?a=%20b"
REQUESTS: list[tuple[dict[str, Any], Headers, str | None]] = [
    ({}, {}, "Unauthorized"),
    ({}, {"Authorization": authorization("date", f"date: {NOW}")}, NO_DATE),
    ({}, {"Date": OLD, "Authorization": authorization("date", f"date: {OLD}")}, NO_DATE),
    ({}, {"Date": "junk", "Authorization": authorization("date", "date: junk")}, NO_DATE),
    ({"clock_skew": 4e9}, {"Date": OLD, "Authorization": authorization("date", f"date: {OLD}")}, None),
    ({}, {"X-Date": NOW, "Date": OLD, "Authorization": authorization("x-date", f"x-date: {NOW}")}, None),
    ({}, {"Date": NOW, "Authorization": "hmac nothing"}, UNUSABLE),
    ({}, {"Date": NOW, "Authorization": authorization("date", f"date: {NOW}").replace('="', '"')}, UNUSABLE),
    ({}, {"Date": ASCTIME, "Authorization": authorization("date", f"date: {ASCTIME}")}, None),
    ({}, {"Date": NOW, "Authorization": authorization("date", f"date: {NOW}", user="nobody")}, UNUSABLE),
    ({}, {"Date": NOW, "Authorization": authorization("date", f"date: {NOW}", user="\xff")}, UNUSABLE),
    ({}, {"Date": NOW, "Authorization": authorization("date", "date: other")}, WRONG),
    ({}, {"Date": NOW, "Proxy-Authorization": authorization("date", f"date: {NOW}")}, None),
    ({}, {"Date": NOW, "Authorization": authorization("date request-line", f"date: {NOW}\n{LINE}")}, None),
    ({}, {"Date": NOW, "Authorization": authorization("@request-target", TARGET)}, None),
    ({}, {"Date": NOW, "Authorization": authorization("x-none", "x-none:")}, None),
    (
        {"enforce_headers": ["date"]},
        {"Date": NOW, "Authorization": authorization("request-line", LINE)},
        UNUSABLE,
    ),
    ({"anonymous": "guest"}, {}, None),
    # A date that is signed is the one that counts, whatever lies beside it.
    ({}, {"X-Date": NOW, "Date": OLD, "Authorization": authorization("date", f"date: {OLD}")}, NO_DATE),
    ({}, {"X-Date": NOW, "Date": OLD, "Authorization": authorization("Date", f"Date: {OLD}")}, NO_DATE),
    ({}, {"Date": NOW, "X-Date": OLD, "Authorization": authorization("x-date", f"x-date: {OLD}")}, NO_DATE),
    ({}, {"Date": NOW, "X-Date": OLD, "Authorization": authorization("x_date", f"x_date: {OLD}")}, NO_DATE),
    ({}, {"X-Date": NOW, "Authorization": authorization("date", "date:")}, NO_DATE),
    # What has nearly its name is not what is signed.
    ({}, {"X-Date": NOW, "X_Date": OLD, "Authorization": authorization("x_date", f"x_date: {OLD}")}, WRONG),
    ({}, {"X-Date": NOW, "X_Date": OLD, "Authorization": authorization("X_Date", f"X_Date: {OLD}")}, WRONG),
    ({}, {"X-Date": NOW, "Authorization": authorization("x_date", f"x_date: {NOW}")}, None),
    (
        {},
        {
            "X-Date": NOW,
            "Date": OLD,
            "Authorization": authorization("date x-date", f"date: {OLD}\nx-date: {NOW}"),
        },
        None,
    ),
    # Further lines of a signed header are signed too.
    ({}, {"Date": [NOW, OLD], "Authorization": authorization("date", f"date: {NOW}")}, WRONG),
    (
        {},
        {
            "Date": NOW,
            "X-Role": ["user", "admin"],
            "Authorization": authorization("date x-role", f"date: {NOW}\nx-role: user"),
        },
        WRONG,
    ),
    (
        {},
        {
            "Date": NOW,
            "X-Role": ["user", "admin"],
            "Authorization": authorization("date x-role", f"date: {NOW}\nx-role: user, admin"),
        },
        None,
    ),
    # What looks like a part of the request line, but is a header.
    (
        {},
        {
            "Date": NOW,
            "Request-Line": "GET /x?a=%20b HTTP/1.1",
            "Authorization": authorization("date request-line", f"date: {NOW}\n{LINE}"),
        },
        WRONG,
    ),
]


@pytest.mark.parametrize(("config", "headers", "message"), REQUESTS)
def test_requests(gateway: Stored, config: dict[str, Any], headers: Headers, message: str | None) -> None:
    # The times were taken when the tests were collected, which may be a while ago.
    gateway.configure(given(**{"clock_skew": 3600, **config}))
    assert says(gateway.get("/x?a=%20b", headers), message)


def digest(body: bytes) -> str:
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


BODIES: list[tuple[bytes, str | None, str | None]] = [
    (b'{"a":1}', digest(b'{"a":1}'), None),
    (b'{"a":2}', digest(b'{"a":1}'), WRONG),
    (b"x", None, WRONG),
    (b"x", "MD5=abc", WRONG),
    (b"", None, None),
    (b"", digest(b""), None),
]


@pytest.mark.parametrize(("body", "digest", "message"), BODIES)
def test_bodies(gateway: Stored, body: bytes, digest: str | None, message: str | None) -> None:
    gateway.configure(given(validate_request_body=True))
    extra: Headers = {"Digest": digest} if digest else {}
    now = formatdate(usegmt=True)
    text = f"date: {now}\ndigest:" + (f" {digest}" if digest else "")
    signed: Headers = {"Date": now, "Authorization": authorization("date digest", text)}
    answer = gateway.post("/", signed | extra, body=body)
    assert says(answer, message)
    assert message or gateway.upstream.last.body == body


def test_a_digest_that_is_not_signed_proves_nothing(gateway: Stored) -> None:
    gateway.configure(given(validate_request_body=True))
    assert says(gateway.post("/", dated() | {"Digest": digest(b"x")}, body=b"x"), WRONG)


@pytest.mark.parametrize("value", [dated()["Authorization"], "hmac nothing", authorization("date", "other")])
def test_hiding(gateway: Stored, value: str) -> None:
    gateway.configure(given(hide_credentials=True, anonymous="guest", clock_skew=3600))
    assert gateway.get("/", {"Date": NOW, "Authorization": value}).status == 200
    assert gateway.upstream.last.headers["Authorization"] is None
