"""Nodes without a database: certificates lie in the storage, and data planes ask for them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.plugins.acme.conftest import Pair
from tests.plugins.acme.presented import issuer, names, presented, until
from tests.servers.gateway import Gateway
from tests.servers.pebble import Pebble
from tests.servers.redis import Redis

CERTIFICATE = "here:kong_acme:cert_key:a.test"


@pytest.fixture(scope="module")
def gateway(pair: Pair) -> Iterator[Gateway]:
    server = Gateway({"database": "off", "lua_ssl_trusted_certificate": str(pair[0])})
    yield server
    server.stop()


def configure(gateway: Gateway, pebble: Pebble, **settings: Any) -> None:
    usual = {
        "account_email": "ops@example.com",
        "api_uri": pebble.directory,
        "tos_accepted": True,
        "allow_any_domain": True,
        "cert_type": "ecc",
    }
    document = {"_format_version": "3.0", "plugins": [{"name": "acme", "config": usual | settings}]}
    with gateway.client() as admin:
        answer = admin.post("/config", json=document)
    assert answer.status_code == 201, answer.text


def in_redis(redis: Redis) -> dict[str, Any]:
    settings = {"host": redis.host, "port": redis.port, "namespace": "here:"}
    return {"storage": "redis", "storage_config": {"redis": settings}}


def has_one(gateway: Gateway, name: str) -> bool:
    return issuer(presented(gateway, name)) != "localhost"


def test_in_memory(gateway: Gateway, pebble: Pebble) -> None:
    configure(gateway, pebble, storage="shm")
    assert not has_one(gateway, "memory.test")
    until(lambda: has_one(gateway, "memory.test"))
    assert names(presented(gateway, "memory.test")) == ["memory.test"]
    assert not has_one(gateway, "other.test")


def test_in_redis(gateway: Gateway, pebble: Pebble, redis: Redis) -> None:
    configure(gateway, pebble, **in_redis(redis))
    with gateway.client() as admin:
        assert admin.post("/acme", json={"host": "a.test"}).status_code == 201
        assert admin.get("/acme/certificates/a.test").json()["data"]["host"] == "a.test"
        assert admin.get("/certificates").json()["data"] == []
    until(lambda: has_one(gateway, "a.test"))
    _, _, text = redis.command("GET", CERTIFICATE).partition(b"\r\n")
    assert json.loads(text).keys() == {"cert", "key"}


def test_a_certificate_of_another_node(gateway: Gateway, pebble: Pebble, redis: Redis) -> None:
    configure(gateway, pebble, **in_redis(redis))
    with gateway.client() as admin:
        assert admin.post("/acme", json={"host": "one.test"}).status_code == 201
    _, _, text = redis.command("GET", "here:kong_acme:cert_key:one.test").partition(b"\r\n")
    redis.command("SET", "here:kong_acme:cert_key:two.test", text.strip().decode())
    assert names(presented(gateway, "two.test")) == ["one.test"]


def test_the_last_known_outlives_redis(gateway: Gateway, pebble: Pebble, pair: Pair) -> None:
    redis = Redis()
    try:
        configure(gateway, pebble, **in_redis(redis))
        with gateway.client() as admin:
            assert admin.post("/acme", json={"host": "lasting.test"}).status_code == 201
        until(lambda: has_one(gateway, "lasting.test"))
        redis.halt()
        log = gateway.prefix / "logs" / "error.log"
        before = log.stat().st_size
        until(lambda: has_one(gateway, "lasting.test") and log.stat().st_size > before)
        assert "the certificate of lasting.test is unknown: Redis at" in log.read_text()
    finally:
        redis.stop()
