"""Redis servers that plugins count in: users that may do little, and certificates with names of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gopura.testing import Gateway, Reply
from tests.engine.certificates import Signed
from tests.servers.ports import free_port
from tests.servers.redis import Redis
from tests.waiting import PATIENCE, wait_for

NAME = "redis.example.com"
KONGS_COMMANDS = ("+incrby", "+select", "+info", "+expire", "+get", "+exists")


def configured(redis: Redis, **config: Any) -> dict[str, Any]:
    place = {"policy": "redis", "redis_host": redis.host, "redis_port": redis.port, "redis_database": 1}
    patient = {"redis_timeout": int(PATIENCE * 1000), "fault_tolerant": False}
    return {
        "name": "response-ratelimiting",
        "config": place | patient | {"limits": {"video": {"year": 5}}} | config,
    }


def test_a_user_that_may_do_what_kong_does(redis: Redis) -> None:
    redis.command("ACL", "SETUSER", "counter", "on", "allkeys", *KONGS_COMMANDS, ">secret")
    user = {"redis_username": "counter", "redis_password": "secret"}
    with Gateway(given={"plugins": [configured(redis, **user)]}) as gateway:
        gateway.upstream.reply = Reply(headers={"X-Kong-Limit": "video=2"})
        assert gateway.get("/").headers["X-RateLimit-Remaining-video-year"] == "3"
        wait_for(lambda: gateway.get("/").headers["X-RateLimit-Remaining-video-year"] == "0")


@pytest.fixture(scope="module")
def authority() -> Signed:
    return Signed.root("authority")


@pytest.fixture
def secured(authority: Signed, tmp_path: Path) -> Iterator[Redis]:
    """A server whose certificate is not for its address; its `port` is that of TLS."""
    chain, key = authority.sign(NAME).write(tmp_path)
    port = free_port()
    server = Redis(
        *("--tls-port", str(port), "--tls-auth-clients", "no"),
        *("--tls-cert-file", str(chain), "--tls-key-file", str(key), "--tls-ca-cert-file", str(chain)),
    )
    server.port = port
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("trusting", "config", "status"),
    [
        (True, {"redis_ssl_verify": True, "redis_server_name": NAME}, 200),
        (True, {"redis_ssl_verify": True, "redis_server_name": "other.example.com"}, 500),
        (False, {"redis_ssl_verify": True, "redis_server_name": NAME}, 500),
        (False, {"redis_ssl_verify": False, "redis_server_name": "other.example.com"}, 200),
    ],
)
def test_tls(
    authority: Signed, secured: Redis, tmp_path: Path, trusting: bool, config: dict[str, Any], status: int
) -> None:
    certificate, _ = authority.write(tmp_path)
    settings = {"lua_ssl_trusted_certificate": [str(certificate)]} if trusting else {}
    given = {"plugins": [configured(secured, redis_ssl=True, **config)]}
    with Gateway(given=given, settings=settings) as gateway:
        assert gateway.get("/").status == status
