"""The harness that authors of plugins test with."""

import time
from typing import Annotated, Any

import pytest

from gopura.plugin import Exchange, Plugin, Response, config
from gopura.testing import ConfigurationError, Gateway, Reply


class Polite(Plugin, name="polite"):
    class Config(config.Record):
        greeting: Annotated[str, config.LenMin(2)] = "hello"
        times: int = 1

    def access(self, exchange: Exchange, config: Config) -> Response | None:
        return None


def test_requests_take_milliseconds() -> None:
    with Gateway(Polite) as gateway:
        gateway.get("/")
        began = time.monotonic()
        for _ in range(20):
            gateway.post("/", body="x" * 1000)
        assert time.monotonic() - began < 20 * 0.035  # a delayed acknowledgement alone takes 40 ms


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "application/json"),
        ({"content-type": "text/plain"}, "text/plain"),
        ({"Content-Type": "text/csv"}, "text/csv"),
    ],
)
def test_a_reply_has_one_content_type(headers: dict[str, str], kind: str) -> None:
    with Gateway(Polite) as gateway:
        gateway.upstream.reply = Reply(headers=headers)
        [told] = gateway.get("/").headers.get_all("Content-Type") or []
        assert told.partition(";")[0] == kind


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"config": {"greeting": "x"}}, "config.greeting: length must be at least 2"),
        ({"config": {"greting": "hi"}}, "config.greting: unknown field"),
        ({"config": {"times": "often"}}, "config.times: expected an integer"),
        (
            {"given": {"consumers": [{"usrname": "al"}]}},
            "consumers {'usrname': 'al'}: .*usrname: unknown field",
        ),
        ({"given": {"consumer": [{"username": "al"}]}}, "there is no entity consumer, only .*consumers"),
        ({"given": {"plugins": [{"name": "rude"}]}}, "there is no plugin rude: pass its class to Gateway"),
        (
            {"given": {"plugins": [{"name": "polite", "consumer": "al"}]}},
            "plugins .*: there is no al among consumers",
        ),
        ({"given": {"routes": [{"paths": ["~/("]}]}}, "routes|cannot be served"),
    ],
)
def test_a_bad_configuration_is_explained(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Gateway(Polite, **arguments)
