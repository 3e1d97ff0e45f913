from typing import Any

import pytest

from gopura.schema import Endpoints, HeaderName, Headers, Hosts, Methods, RouterPaths
from tests.schema.refusals import refused

NOT_BOTH = {"@entity": ["at least one of these fields must be non-empty: 'ip', 'port'"]}

CASES: list[tuple[Any, Any, Any]] = [
    (Methods, ["GET", "FOO"], None),
    (Methods, ["get"], {0: "invalid value: get"}),
    (Hosts, ["a.test", "*.b.test", "c.*", "d.test:80"], None),
    (Hosts, ["*.a.*"], {0: "invalid wildcard: must have at most one wildcard"}),
    (Hosts, ["a.*.test"], {0: "invalid wildcard: must be placed at leftmost or rightmost label"}),
    (Hosts, ["a b"], {0: "invalid hostname: a b"}),
    (RouterPaths, ["/", "/a/b", "~/a/(?<id>\\d+)$"], None),
    (RouterPaths, ["a"], {0: "should start with: / (fixed path) or ~/ (regex path)"}),
    (RouterPaths, ["/a//b"], {0: "must not have empty segments"}),
    (RouterPaths, ["/a/../b"], {0: "non-normalized path, consider use '/b' instead"}),
    (RouterPaths, ["/%61"], {0: "non-normalized path, consider use '/a' instead"}),
    (RouterPaths, ["/a%2"], {0: "invalid url-encoded value: '%2'"}),
    (HeaderName, "x-my_key", None),
    (HeaderName, "x y", "bad header name 'x y', allowed characters are A-Z, a-z, 0-9, '_', and '-'"),
    (Headers, {"x": ["a"]}, None),
    (Headers, {"x": "a"}, "expected an array"),
    (Headers, {"x": [1]}, {0: "expected a string"}),
    (Endpoints, [{"ip": "10.0.0.0/8"}, {"port": 80}], None),
    (Endpoints, [{"ip": "10.0.0.0/8"}, {}], {1: NOT_BOTH}),
]


@pytest.mark.parametrize(("annotation", "value", "message"), CASES)
def test_routing(annotation: Any, value: Any, message: Any) -> None:
    assert refused(annotation, value) == message


def test_a_regex_that_does_not_compile() -> None:
    message = refused(RouterPaths, ["~/a("])[0]
    assert message.startswith("invalid regex: '/a(' (PCRE returned: ")
