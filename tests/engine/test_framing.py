"""Requests that two parsers might read differently: refused, or forwarded in one unmistakable form."""

import pytest

from tests.engine.proxy import Config, Proxy
from tests.servers.echo import Echo

H = b"POST /p HTTP/1.1\r\nHost: a\r\n"
CHUNKED = H + b"Transfer-Encoding: chunked\r\n\r\n"

# RFC 9112 unless it says otherwise.
REFUSED: list[tuple[str, bytes, int]] = [
    ("2.2 bare LF after the request line", b"GET /p HTTP/1.1\nHost: a\r\n\r\n", 400),
    ("2.2 bare LF after a header", b"GET /p HTTP/1.1\r\nHost: a\n\r\n", 400),
    ("2.2 bare LF at the end", b"GET /p HTTP/1.1\r\nHost: a\r\n\n", 400),
    ("2.2 bare CR in a value", b"GET /p HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
    ("2.2 bare CR in the request line", b"GET /p\rx HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("2.2 CR CR LF", b"GET /p HTTP/1.1\r\r\nHost: a\r\n\r\n", 400),
    ("2.2 blank before the first header", b"GET /p HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ("2.3 lower-case version", b"GET /p http/1.1\r\nHost: a\r\n\r\n", 400),
    ("2.3 version 1.2", b"GET /p HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    ("2.3 version 0.9", b"GET /p HTTP/0.9\r\nHost: a\r\n\r\n", 505),
    ("2.3 version with more digits", b"GET /p HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    ("3 no version", b"GET /p\r\n\r\n", 400),
    ("3 blank behind the version", b"GET /p HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
    ("3 blank before the method", b" GET /p HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("3 tab for a space", b"GET\t/p HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("3 space in the target", b"GET /p x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("3.1 method that is no token", b"GE(T /p HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("3.1 lower-case method", b"get /p HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("3.2 relative target", b"GET p HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("3.2 asterisk", b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("3.2 no Host", b"GET /p HTTP/1.1\r\n\r\n", 400),
    ("3.2 two Hosts", b"GET /p HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("3.2 two equal Hosts", b"GET /p HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("3.2 empty Host", b"GET /p HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("3.2 Host list", b"GET /p HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    ("3.2 Host with a path", b"GET /p HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("3.2 Host with user", b"GET /p HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    ("3.2 Host with blanks", b"GET /p HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("3.2 port that is none", b"GET /p HTTP/1.1\r\nHost: a:x\r\n\r\n", 400),
    ("3.2.2 absolute target without Host", b"GET http://a/p HTTP/1.1\r\n\r\n", 400),
    ("3.2.2 absolute target with user", b"GET http://u@a/p HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("3.2.2 other scheme", b"GET ftp://a/p HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("5.1 space before the colon", H + b"X : 1\r\n\r\n", 400),
    ("5.1 tab before the colon", H + b"X\t: 1\r\n\r\n", 400),
    ("5.1 space in Content-Length's name", H + b"Content-Length : 3\r\n\r\nabc", 400),
    ("5.1 no name", H + b": 1\r\n\r\n", 400),
    ("5 no colon", H + b"X\r\n\r\n", 400),
    ("5.2 folded value", H + b"X: 1\r\n 2\r\n\r\n", 400),
    ("5.2 folded Transfer-Encoding", H + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    ("9110 5.5 NUL in a value", H + b"X: a\0b\r\n\r\n", 400),
    ("9110 5.6.2 NUL in a name", H + b"X\0: a\r\n\r\n", 400),
    ("9110 5.6.2 byte above 0x7f in a name", H + b"X\xe4: a\r\n\r\n", 400),
    ("6.1 both", H + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("6.1 both the other way", H + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
    (
        "6.1 coding in HTTP/1.0",
        b"POST /p HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "6.1 two codings",
        H + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("6.1 list of codings", H + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ("6.1 chunked twice", H + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501),
    ("6.1 identity", H + b"Transfer-Encoding: identity\r\n\r\n", 501),
    ("6.1 quoted", H + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', 501),
    ("6.1 with a vertical tab", H + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    ("6.1 xchunked", H + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    ("6.3 two lengths", H + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
    ("6.3 two equal lengths", H + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    ("9110 8.6 list of lengths", H + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    ("9110 8.6 signed", H + b"Content-Length: +3\r\n\r\nabc", 400),
    ("9110 8.6 negative", H + b"Content-Length: -1\r\n\r\nabc", 400),
    ("9110 8.6 hexadecimal", H + b"Content-Length: 0x3\r\n\r\nabc", 400),
    ("9110 8.6 empty", H + b"Content-Length:\r\n\r\nabc", 400),
    ("9110 8.6 with a blank", H + b"Content-Length: 1 1\r\n\r\nabc", 400),
    ("9110 8.6 too large", H + b"Content-Length: 99999999999999999999\r\n\r\nabc", 400),
    ("7.1 size that is none", CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n", 400),
    ("7.1 empty size", CHUNKED + b"\r\nabc\r\n0\r\n\r\n", 400),
    ("7.1 signed size", CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n", 400),
    ("7.1 size with 0x", CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
    ("7.1 size with a blank before", CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n", 400),
    ("7.1 size with a blank behind", CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n", 400),
    ("7.1 size that overflows", CHUNKED + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400),
    ("7.1 size line with bare LF", CHUNKED + b"3\nabc\r\n0\r\n\r\n", 400),
    ("7.1 chunk longer than its size", CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", 400),
    ("7.1 chunk end with bare LF", CHUNKED + b"3\r\nabc\n0\r\n\r\n", 400),
    ("7.1 no chunk end", CHUNKED + b"3\r\nabc0\r\n\r\n", 400),
    ("7.1.1 extension without a name", CHUNKED + b"3;\r\nabc\r\n0\r\n\r\n", 400),
    ("7.1.1 extension with bare LF", CHUNKED + b"3;a\nb\r\nabc\r\n0\r\n\r\n", 400),
    ("7.1.1 extension with an open quote", CHUNKED + b'3;a="b\r\nabc\r\n0\r\n\r\n', 400),
    ("7.1.2 trailer with bare LF", CHUNKED + b"0\r\nX: 1\n\r\n", 400),
]

FORWARDED: list[tuple[str, bytes, str]] = [
    (
        "2.2 empty line before the request",
        b"\r\nPOST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "abc",
    ),
    ("3.2.2 absolute target", b"POST http://a/p HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nabc", "abc"),
    ("5 blanks around a length", H + b"Content-Length: \t3 \t\r\n\r\nabc", "abc"),
    ("6.1 other case", H + b"Transfer-encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc"),
    ("7.1 upper-case size", CHUNKED + b"0A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
    ("7.1 leading zeros", CHUNKED + b"0003\r\nabc\r\n000\r\n\r\n", "abc"),
    ("7.1.1 extensions", CHUNKED + b'3;a;b=c;d="e f"\r\nabc\r\n0;x\r\n\r\n', "abc"),
    ("7.1.2 trailers", CHUNKED + b"3\r\nabc\r\n0\r\nX-T: 1\r\nContent-Length: 9\r\n\r\n", "abc"),
    ("6.3 nothing said", H + b"\r\n", ""),
]


@pytest.fixture
def served(proxy: Proxy, echo: Echo) -> Proxy:
    """`/` goes to the echo."""
    config = Config()
    config.route(config.service(echo.port), paths=["/"], strip_path=False)
    proxy.serve(config)
    return proxy


@pytest.mark.parametrize(("raw", "status"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused(served: Proxy, echo: Echo, raw: bytes, status: int) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = served.raw(raw + smuggled)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.count(b"HTTP/1.1 ") == 1
    assert [request.target for request in echo.received] == []


@pytest.mark.parametrize(
    ("raw", "body"), [case[1:] for case in FORWARDED], ids=[case[0] for case in FORWARDED]
)
def test_forwarded(served: Proxy, echo: Echo, raw: bytes, body: str) -> None:
    answer = served.raw(raw + b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 2
    first, second = echo.received
    assert (first.body.decode(), second.target) == (body, "/next")
    assert first.header("transfer-encoding") is None
    assert first.header("content-length") == (str(len(body)) if body else None)
