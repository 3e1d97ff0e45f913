import pytest

from gopura.settings.listen import HTTP_FLAGS, STREAM_FLAGS, parse_listen

GOOD = [
    ("0.0.0.0:8000", "0.0.0.0", 8000, "0.0.0.0:8000"),
    (
        "0.0.0.0:8443 http2 ssl reuseport backlog=16384",
        "0.0.0.0",
        8443,
        "0.0.0.0:8443 ssl http2 reuseport backlog=16384",
    ),
    ("[::]:80 ipv6only=on", "::", 80, "[::]:80 ipv6only=on"),
    ("[::1]:0", "::1", 0, "[::1]:0"),
    ("localhost:9000 deferred bind", "localhost", 9000, "localhost:9000 deferred bind"),
    ("127.0.0.1:1 so_keepalive=30m::10", "127.0.0.1", 1, "127.0.0.1:1 so_keepalive=30m::10"),
]
BAD = [
    ("8000", "`<ip>:<port>`"),
    ("0.0.0.0", "`<ip>:<port>`"),
    ("0.0.0.0:70000", "port up to 65535"),
    ("0.0.0.0:80 tls", "not `tls`"),
    ("0.0.0.0:80 backlog=x", "not `backlog=x`"),
    ("0.0.0.0:80 udp", "not `udp`"),
    ("300.0.0.1:80", "a valid IP address"),
]


@pytest.mark.parametrize(("entry", "ip", "port", "text"), GOOD)
def test_good(entry, ip, port, text):
    (listener,) = parse_listen([entry], HTTP_FLAGS)
    assert (listener.ip, listener.port, str(listener)) == (ip, port, text)


@pytest.mark.parametrize(("entry", "message"), BAD)
def test_bad(entry, message):
    with pytest.raises(ValueError, match=message):
        parse_listen([entry], HTTP_FLAGS)


def test_off_is_empty():
    assert parse_listen(["off"]) == []


def test_streams_take_udp_but_not_http2():
    assert parse_listen(["0.0.0.0:53 udp"], STREAM_FLAGS)[0].has("udp")
    with pytest.raises(ValueError, match="not `http2`"):
        parse_listen(["0.0.0.0:53 http2"], STREAM_FLAGS)
