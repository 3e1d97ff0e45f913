"""`gopura reload` replaces the processes, and no request notices."""

import textwrap
import threading

import pytest

from tests.e2e.conftest import run
from tests.e2e.load import Load
from tests.waiting import wait_for


@pytest.mark.parametrize("round_", range(2))
def test_no_request_is_lost(node, round_):
    node.add_route(f"loaded-{round_}")
    before = node.pid("control"), node.pid("data")
    load = Load(f"{node.gateway.proxy}/loaded-{round_}")
    result = node.command("reload")
    statuses = load.stop()
    assert (result.returncode, result.stdout) == (0, "gopura reloaded\n"), result.stderr
    assert {*before}.isdisjoint({node.pid("control"), node.pid("data")})
    assert set(statuses) == {200}
    assert len(statuses) > 20


def test_a_request_in_flight_is_answered(node):
    node.add_route("slow")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(node.get("/slow/held")))
    thread.start()
    node.wait_for_request("/held")
    assert node.command("reload").returncode == 0
    assert node.get("/slow") == 200
    assert answers == []
    node.upstream.release()
    thread.join()
    assert answers == [200]


def test_a_reload_with_bad_settings_changes_nothing(node):
    before = node.status()
    environment = node.gateway.environment() | {"GOPURA_PROXY_LISTEN": "256.0.0.1:1"}
    result = run(environment, "reload")
    assert result.returncode == 1
    assert "proxy_listen: `256.0.0.1:1` is not allowed" in result.stderr
    assert node.status() == before


def test_quit_answers_what_is_in_flight(nodes):
    node = nodes()
    node.add_route("slow")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(node.get("/slow/delay/2000")))
    thread.start()
    node.wait_for_request("/delay/2000")
    result = node.command("quit", "-t", "30")
    thread.join()
    assert (result.returncode, answers) == (0, [200]), result


def test_the_health_of_targets_is_kept(node):
    admin, target = node.admin, "127.0.0.1:1"
    checks = {"passive": {"unhealthy": {"tcp_failures": 1}}}
    assert admin.post("/upstreams", json={"name": "kept", "healthchecks": checks}).status_code == 201
    assert admin.post("/upstreams/kept/targets", json={"target": target}).status_code == 201
    assert admin.put(f"/upstreams/kept/targets/{target}/unhealthy").status_code == 204
    wait_for((node.gateway.prefix / "run" / "health.json").exists)
    assert node.command("reload").returncode == 0
    assert [row["health"] for row in admin.get("/upstreams/kept/health").json()["data"]] == ["UNHEALTHY"]


GUARD = textwrap.dedent("""
    from gopura.plugin import Plugin

    class Guard(Plugin, name="guard", priority=1):
        def access(self, exchange, config):
            pass
""")


def test_requests_of_a_plugin_that_is_not_loaded_any_more_are_refused(nodes, tmp_path):
    plugin = tmp_path / "guard.py"
    plugin.write_text(GUARD)
    node = nodes(plugins_path=str(tmp_path))
    node.add_route("guarded")
    node.add_route("open")
    assert node.admin.post("/routes/guarded/plugins", json={"name": "guard"}).status_code == 201
    statuses = []
    for text in (GUARD, "an error", GUARD):
        plugin.write_text(text)
        assert node.command("reload").returncode == 0
        statuses.append((node.get("/guarded"), node.get("/open")))
    assert statuses == [(200, 200), (500, 200), (200, 200)]
