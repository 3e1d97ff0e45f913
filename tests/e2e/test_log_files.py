"""The log files in the prefix."""

import json
import os
import signal

import pytest

from tests.waiting import wait_for


@pytest.fixture(scope="module")
def node(nodes):
    return nodes(log_format="json", log_level="info")


def logs(node, name):
    return node.gateway.prefix / "logs" / name


def test_a_renamed_log_is_opened_again(node):
    node.add_route("before")
    node.get("/before")
    names = ("access.log", "admin_access.log", "error.log")
    for name in names:
        logs(node, name).rename(logs(node, f"{name}.1"))
    os.kill(node.status()["pid"], signal.SIGUSR1)
    wait_for(lambda: all(logs(node, name).exists() for name in names))
    node.add_route("after")
    node.get("/after")
    node.gateway.halt()
    assert "POST /services/echo/routes" in logs(node, "admin_access.log").read_text()
    assert "/after" in logs(node, "access.log").read_text()
    assert "/after" not in logs(node, "access.log.1").read_text()
    assert logs(node, "error.log").exists()


def test_every_line_of_the_error_log_is_an_object(node):
    text = "".join(logs(node, name).read_text() for name in ("error.log.1", "error.log"))
    lines = [json.loads(line) for line in text.splitlines()]
    assert all({"time", "level", "message"} <= set(line) for line in lines)
    assert any(line["message"].startswith("started: control process ") for line in lines)
