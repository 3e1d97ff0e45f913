"""The same gateway on PostgreSQL."""

import os

import httpx
import pytest

from tests.e2e.conftest import run
from tests.waiting import wait_for


def environment_of(settings):
    return {**os.environ, **{f"GOPURA_{name.upper()}": value for name, value in settings.items()}}


@pytest.fixture(scope="module")
def database(postgres):
    return postgres.database()


@pytest.fixture(scope="module")
def node(nodes, database):
    assert run(environment_of(database.settings), "migrations", "bootstrap").returncode == 0
    return nodes(**database.settings)


def test_a_database_without_tables_is_refused(postgres, tmp_path):
    listen = {"admin_listen": "127.0.0.1:0", "proxy_listen": "127.0.0.1:0", "status_listen": "off"}
    settings = {**postgres.database().settings, **listen, "prefix": str(tmp_path)}
    result = run(environment_of(settings), "start")
    assert result.returncode == 1
    assert "run 'gopura migrations bootstrap' first" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_new_route_serves_the_next_request(node):
    node.add_route("stored")
    assert node.get("/stored") == 200


def test_a_change_by_another_node_arrives(node, nodes, database):
    second = nodes(service=False, **database.settings)
    node.add_route("shared")
    # A node serves its own change only together with all that came before it.
    assert second.admin.post("/consumers", json={"username": "someone"}).status_code == 201
    assert second.get("/shared") == 200


def test_traffic_goes_on_while_the_database_is_away(node, postgres):
    node.add_route("steady")
    postgres.halt()
    try:
        assert node.get("/steady") == 200
        assert node.admin.post("/services", json={"name": "x", "url": "http://x"}).status_code == 503
        assert node.get("/steady") == 200
    finally:
        postgres.start()
    node.add_route("afterwards")
    assert node.get("/afterwards") == 200


def test_the_status_api_tells_whether_the_database_answers(node, postgres):
    def reachable():
        url = f"http://127.0.0.1:{node.gateway.status_port}/status"
        return httpx.get(url, trust_env=False, timeout=30).json()["database"]["reachable"]

    assert reachable()
    postgres.halt()
    try:
        wait_for(lambda: not reachable())
    finally:
        postgres.start()
    wait_for(reachable)
