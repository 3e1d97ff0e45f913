from typing import Any

import pytest

from gopura import entities
from gopura.schema import insert
from tests.entities.refusals import fields_of

NOT_TLS = "failed conditional validation given value of field 'protocol'"
PROTOCOLS = "expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp"

URLS: list[tuple[str, tuple[str, str, int, str | None]]] = [
    ("http://a.test", ("http", "a.test", 80, None)),
    ("https://a.test", ("https", "a.test", 443, None)),
    ("https://a.test:8443/b", ("https", "a.test", 8443, "/b")),
    ("http://a.test:443/", ("http", "a.test", 443, "/")),
    ("//a.test:443/x", ("https", "a.test", 443, "/x")),
    ("http://a.test/b?c=d#e", ("http", "a.test", 80, "/b")),
]


@pytest.mark.parametrize(("url", "parts"), URLS)
def test_url(url: str, parts: tuple[str, str, int, str | None]) -> None:
    row = insert(entities.get("services"), {"url": url})
    assert (row["protocol"], row["host"], row["port"], row["path"]) == parts


REFUSED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"host": "required field missing"}),
    ({"url": "http://a.test:99999"}, {"port": "value should be between 0 and 65535"}),
    ({"url": "http://a.test:abc"}, {"port": "expected an integer"}),
    ({"url": "foo://a.test"}, {"protocol": PROTOCOLS}),
    ({"url": 1}, {"url": "expected a string"}),
    ({"url": None}, {"host": "required field missing"}),
    ({"host": "a.test:80"}, {"host": "must not have a port"}),
    ({"host": "a.test", "retries": 32768}, {"retries": "value should be between 0 and 32767"}),
    ({"host": "a.test", "connect_timeout": 0}, {"connect_timeout": "value should be between 1 and 2147483646"}),
    ({"host": "a.test", "protocol": "tcp", "path": "/"}, {"@entity": [NOT_TLS], "path": "value must be null"}),
    ({"host": "a.test", "tls_verify": True}, {"@entity": [NOT_TLS], "tls_verify": "value must be null"}),
    ({"host": "a.test", "ca_certificates": ["x"], "protocol": "https"}, {"ca_certificates": ["expected a valid UUID"]}),
    ({"host": "a.test", "enabled": None}, {"enabled": "required field missing"}),
    ({"host": "a.test", "name": "a b"}, {"name": ("invalid value 'a b': the only accepted ascii characters "
                                                  "are alphanumerics or ., -, _, and ~")}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "fields"), REFUSED)
def test_refused(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields_of("services", given) == fields
