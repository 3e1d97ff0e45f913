"""Regular expressions of configurations and of our own that meet texts of requests: bounded, and never passed over."""

import logging
import time
from typing import Any

import pytest

from gopura.plugins.bot_detection import BOTS_PATTERN
from gopura.testing import Gateway

HANGS = r"^(\w+\s?)+(?=bot)"
"""What only a backtracking engine can run, and would run for ages."""
TEXT = "a" * 60 + "!"


@pytest.mark.parametrize(
    ("name", "config", "headers"),
    [
        ("bot-detection", {"deny": [HANGS]}, {"User-Agent": TEXT}),
        ("bot-detection", {"allow": [HANGS]}, {"User-Agent": TEXT}),
        ("cors", {"origins": [HANGS, "x"]}, {"Origin": TEXT}),
        ("pre-function", {"access": [f"ngx.re.find(ngx.var.http_x, [[{HANGS}]])"]}, {"X": TEXT}),
        ("pre-function", {"access": [f"ngx.re.gsub(ngx.var.http_x, [[{HANGS}]], '')"]}, {"X": TEXT}),
    ],
)
def test_too_many_steps(
    name: str, config: dict[str, Any], headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """The request gets an error, others are served, and the log names plugin and route in one line."""
    given = {"plugins": [{"name": name, "config": config}]}
    with caplog.at_level(logging.ERROR), Gateway(given=given) as gateway:
        assert gateway.get("/", headers).status == 500
        assert gateway.get("/", {"User-Agent": "curl", "Origin": "http://a.test", "X": "y"}).status == 200
    lines = [record.getMessage() for record in caplog.records if "failed in" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].startswith(f"{name} failed in ")
    assert "route all" in lines[0]


@pytest.mark.parametrize(
    ("name", "config", "headers", "status"),
    [
        ("bot-detection", {"deny": [r"^(\w+\s?)+bot$"]}, {"User-Agent": TEXT}, 200),
        ("bot-detection", {}, {"User-Agent": " " * 7900}, 200),
        ("bot-detection", {}, {"User-Agent": "x" + " " * 7900 + "x"}, 200),
        ("bot-detection", {}, {"User-Agent": "aA /" * 1900}, 200),
        ("cors", {"origins": [r"^(\w+\.?)+$", "x"]}, {"Origin": TEXT}, 200),
        ("jwt", {}, {"Authorization": "x" + " " * 7900 + "x"}, 401),
        ("basic-auth", {}, {"Authorization": "x" + " " * 7900 + "x"}, 401),
        ("hmac-auth", {}, {"Authorization": "x" + " " * 7900 + "x"}, 401),
        ("hmac-auth", {}, {"Authorization": 'hmac username="' * 500}, 401),
        ("zipkin", {"http_endpoint": None}, {"Zipkin-Tags": "a=" + " " * 7900}, 200),
        ("zipkin", {"http_endpoint": None}, {"traceparent": "a" * 7900 + "-"}, 200),
    ],
)
def test_long_texts(name: str, config: dict[str, Any], headers: dict[str, str], status: int) -> None:
    """What took seconds or for ever takes next to nothing: the bound is far above that."""
    with Gateway(given={"plugins": [{"name": name, "config": config}]}) as gateway:
        began = time.process_time()
        assert gateway.get("/", headers).status == status
        assert time.process_time() - began < 1


def test_the_list_of_robots_is_quick() -> None:
    text = " " * 7900
    BOTS_PATTERN.matches(text)
    began = time.thread_time()
    for _ in range(100):
        BOTS_PATTERN.matches(text)
    assert (time.thread_time() - began) / 100 < 0.001
