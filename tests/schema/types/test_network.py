from typing import Any

import pytest

from gopura.schema import Host, HostWithPort, Ip, IpOrCidr, Path, Port, Sni, Timeout, Url, WildcardHost
from tests.schema.refusals import refused

CASES: list[tuple[Any, Any, str | None]] = [
    (Host, "a.test", None),
    (Host, "a.test.", None),
    (Host, "127.0.0.1", None),
    (Host, "::1", None),
    (Host, "[::1]", None),
    (Host, "a_b", None),
    (Host, "a.test:80", "must not have a port"),
    (Host, "a.test:99999", "must not have a port"),
    (Host, "[::1]:80", "must not have a port"),
    (Host, "a b", "invalid value: a b"),
    (Host, "a..b", "invalid value: a..b"),
    (Host, "a-.b", "invalid value: a-.b"),
    (Host, "1.2.3", "invalid value: 1.2.3"),
    (Host, "1.2.3.256", "invalid value: 1.2.3.256"),
    (HostWithPort, "a.test:80", None),
    (HostWithPort, "a.test:99999", "invalid port number"),
    (HostWithPort, "a b", "invalid hostname: a b"),
    (HostWithPort, "300.1.1.1", "invalid ipv4 address: 300.1.1.1"),
    (HostWithPort, "::g", "invalid ipv6 address: ::g"),
    (Sni, "a.test", None),
    (Sni, "127.0.0.1", "must not be an IP"),
    (Sni, "a.test:80", "must not have a port"),
    (WildcardHost, "*.a.test", None),
    (WildcardHost, "a.*", None),
    (WildcardHost, "a.*.test", "wildcard must be leftmost or rightmost character"),
    (WildcardHost, "*.a.*", "only one wildcard must be specified"),
    (WildcardHost, "1.2.3.4", "must not be an IP"),
    (Ip, "127.0.0.1", None),
    (Ip, "10.0.0.0/8", "not an ip address: 10.0.0.0/8"),
    (IpOrCidr, "10.0.0.0/8", None),
    (IpOrCidr, "10.0.0.1/8", None),
    (IpOrCidr, "::1/128", None),
    (IpOrCidr, "::1/129", "invalid ip or cidr range: '::1/129'"),
    (IpOrCidr, "x", "invalid ip or cidr range: 'x'"),
    (Port, 0, None),
    (Port, 65536, "value should be between 0 and 65535"),
    (Timeout, 2**31 - 1, "value should be between 0 and 2147483646"),
    (Path, "/a/b%20c", None),
    (Path, "a", "should start with: /"),
    (Path, "/a//b", "must not have empty segments"),
    (Path, "/a b", "invalid path: '/a b' (characters outside of the reserved list of RFC 3986 found)"),
    (Path, "/a%2", "invalid url-encoded value: '%2'"),
    (Path, "/a%zzb", "invalid url-encoded value: '%zz'"),
    (Url, "http://a.test/x", None),
    (Url, "a.test", "missing host in url"),
    (Url, "//a.test", "missing scheme in url"),
    (Url, "http:///x", "missing host in url"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), CASES)
def test_network(annotation: Any, value: Any, message: str | None) -> None:
    assert refused(annotation, value) == message


@pytest.mark.parametrize(
    "host",
    [
        "/example",
        ".example",
        "example:",
        "mock;bin",
        "example.com/org",
        "example-.org",
        "example.org-",
        "a..b",
        "*a",
    ],
)
def test_no_hosts(host: str) -> None:
    assert refused(Host, host) == f"invalid value: {host}"
    assert refused(HostWithPort, host) == f"invalid hostname: {host}"


@pytest.mark.parametrize(
    "host",
    [
        "hello.com",
        "1991.io",
        "HELLO.com",
        "example.123",
        "example_api.com",
        "localhost",
        "-with-dash",
        "a.test.",
        "3B-x",
    ],
)
def test_hosts(host: str) -> None:
    assert refused(Host, host) is None
    assert refused(HostWithPort, f"{host}:80") is None


@pytest.mark.parametrize(
    ("path", "escape"),
    [("/a%2w", "%2w"), ("/a%0X", "%0X"), ("/a%20w%", "%"), ("/a%20w%a", "%a"), ("/a%20w%ax", "%ax")],
)
def test_bad_escapes(path: str, escape: str) -> None:
    assert refused(Path, path) == f"invalid url-encoded value: '{escape}'"


def test_sub_delimiters_are_fine_in_paths() -> None:
    assert refused(Path, "/hello/path$with$!&'()*+,;=stuff") is None
