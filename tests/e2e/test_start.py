"""Starting, stopping and what may be in the way."""

import os
import signal
import socket
import subprocess
import time

import httpx
import psutil
import pytest

from tests.e2e.conftest import PROGRAM, run
from tests.servers.ports import free_port
from tests.servers.process import has_ended
from tests.waiting import PATIENCE, wait_for


@pytest.fixture
def environment(tmp_path):
    """The environment of a gateway that does not run yet."""
    settings = {
        "prefix": str(tmp_path / "prefix"),
        "proxy_listen": f"127.0.0.1:{free_port()}",
        "admin_listen": f"127.0.0.1:{free_port()}",
        "status_listen": "off",
        "nginx_worker_processes": "1",
    }
    return {**os.environ, **{f"GOPURA_{name.upper()}": value for name, value in settings.items()}}


def test_a_life(environment, tmp_path):
    environment |= {"KONG_PORTAL": "on"}
    started = run(environment, "start", "--daemon")
    assert started.returncode == 0, started.stderr
    notice = "ignored, as settings of Kong's paid edition: KONG_PORTAL\n"
    assert f"Notice: {notice}" in started.stderr
    assert notice in (tmp_path / "prefix" / "logs" / "error.log").read_text()
    assert f"Proxy       http://{environment['GOPURA_PROXY_LISTEN']}" in started.stdout
    assert started.stdout.count("  curl ") == 3
    health = run(environment, "health")
    assert "Notice" not in health.stderr
    assert (health.returncode, health.stdout.count(" ready ")) == (0, 2)
    for words in (["start"], ["start", "--daemon"]):
        second = run(environment, *words)
        assert (second.returncode, second.stdout) == (1, "")
        assert f"Error: gopura already runs on prefix {tmp_path}/prefix: process " in second.stderr
    restarted = run(environment, "restart")
    assert restarted.returncode == 0, restarted.stderr
    supervisor = psutil.Process(int((tmp_path / "prefix" / "pids" / "gopura.pid").read_text()))
    processes = [supervisor, *supervisor.children(recursive=True)]
    assert run(environment, "quit").stdout == "gopura stopped\n"
    assert all(has_ended(process) for process in processes)
    assert run(environment, "stop").stderr == f"Error: gopura is not running in {tmp_path}/prefix\n"


def test_the_children_of_a_killed_supervisor_end(environment, tmp_path):
    assert run(environment, "start", "--daemon").returncode == 0
    supervisor = psutil.Process(int((tmp_path / "prefix" / "pids" / "gopura.pid").read_text()))
    children = supervisor.children(recursive=True)
    supervisor.kill()
    _, alive = psutil.wait_procs(children, 20)
    assert alive == []
    assert run(environment, "start", "--daemon").returncode == 0
    assert run(environment, "stop").returncode == 0


HANGING = """
from gopura.plugin import Plugin

class Hang(Plugin, name="hang", priority=1):
    def access(self, exchange, config):
        open({mark!r}, "w").close()
        while True:
            pass
"""


@pytest.fixture
def hanging(environment, tmp_path):
    """The environment of a gateway one of whose workers runs a plugin without end."""
    folder, mark = tmp_path / "plugins", tmp_path / "hangs"
    folder.mkdir()
    (folder / "hang.py").write_text(HANGING.format(mark=str(mark)))
    (tmp_path / "kong.yml").write_text(
        '_format_version: "3.0"\nservices: [{host: a.test, routes: [{paths: [/]}], plugins: [{name: hang}]}]'
    )
    environment |= {"GOPURA_PLUGINS_PATH": str(folder), "GOPURA_DATABASE": "off"}
    environment |= {"GOPURA_DECLARATIVE_CONFIG": str(tmp_path / "kong.yml")}
    started = run(environment, "start", "--daemon")
    assert started.returncode == 0, started.stderr
    host, _, port = environment["GOPURA_PROXY_LISTEN"].rpartition(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_for(mark.exists)
        yield environment


def test_quit_ends_within_its_time_whatever_a_plugin_does(hanging, tmp_path):
    supervisor = psutil.Process(int((tmp_path / "prefix" / "pids" / "gopura.pid").read_text()))
    processes = [supervisor, *supervisor.children(recursive=True)]
    result = run(hanging, "quit", "--timeout", "1")
    assert (result.returncode, result.stdout) == (0, "gopura stopped\n")
    assert result.stderr == "not everything has ended within 1 seconds: stopping at once\n"
    assert all(has_ended(process) for process in processes)
    assert (
        "has not ended within 2 seconds: killed" in (tmp_path / "prefix" / "logs" / "error.log").read_text()
    )


def test_what_a_killed_supervisor_left_is_ended_by_the_next(hanging, tmp_path):
    supervisor = psutil.Process(int((tmp_path / "prefix" / "pids" / "gopura.pid").read_text()))
    children = supervisor.children(recursive=True)
    supervisor.kill()
    started = run(hanging, "start", "--daemon")
    assert started.returncode == 0, started.stderr
    assert all(has_ended(child) for child in children)
    assert (
        "of a supervisor that is gone did not end, and is killed"
        in (tmp_path / "prefix" / "logs" / "error.log").read_text()
    )
    assert run(hanging, "stop").returncode == 0


def test_a_database_that_was_cut_is_not_begun_anew(environment, tmp_path):
    address, database = environment["GOPURA_ADMIN_LISTEN"], tmp_path / "prefix" / "gopura.sqlite"
    assert run(environment, "start", "--daemon").returncode == 0
    httpx.post(f"http://{address}/consumers", json={"username": "kept"}, trust_env=False, timeout=PATIENCE)
    run(environment, "quit")
    good = database.read_bytes()
    database.write_bytes(b"")
    advice = "is empty, though this node has served a configuration: put a backup of it in its place"
    assert advice in run(environment, "migrations", "bootstrap").stderr
    started = run(environment, "start", "--daemon")
    try:
        assert f"Warning: the control process cannot be started: {database} {advice}" in started.stdout
        assert database.read_bytes() == b""
        database.write_bytes(good)
        assert answer(f"http://{address}/consumers/kept", 200).json()["username"] == "kept"
    finally:
        run(environment, "stop")


def test_interrupting_the_terminal_stops_everything(environment):
    process = subprocess.Popen([PROGRAM, "start"], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("  curl"):
            break
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    process.stdout.close()
    assert process.wait(20) == 0
    assert all(has_ended(child) for child in children)


def test_nginx_daemon_leaves_it_running(environment):
    environment |= {"KONG_NGINX_DAEMON": "on"}
    assert run(environment, "start").returncode == 0
    assert run(environment, "health").returncode == 0
    assert run(environment, "stop").returncode == 0


@pytest.mark.parametrize("words", [["start"], ["start", "--daemon"]])
def test_a_port_in_use_names_who_uses_it(environment, words):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(environment | {"GOPURA_PROXY_LISTEN": f"127.0.0.1:{port} reuseport"}, *words)
    assert result.returncode == 1
    assert f"Error: cannot listen on 127.0.0.1:{port} (proxy_listen): Address already in use" in result.stderr
    assert f"process {os.getpid()} (" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unwritable_prefix(environment, tmp_path):
    (tmp_path / "file").write_text("")
    result = run(environment | {"GOPURA_PREFIX": str(tmp_path / "file" / "prefix")}, "start")
    assert result.returncode == 1
    where = "environment variable GOPURA_PREFIX"
    assert (
        result.stderr
        == f"Error: cannot write to prefix {tmp_path}/file/prefix (set by {where}): Not a directory\n"
    )


def test_a_broken_plugin_file_stops_nothing(environment, tmp_path):
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "broken.py").write_text("x = 1\nimport nothing_of_this_name\n")
    result = run(environment | {"GOPURA_PLUGINS_PATH": str(folder)}, "start", "--daemon")
    assert result.returncode == 0, result.stderr
    run(environment, "stop")
    errors = (tmp_path / "prefix" / "logs" / "error.log").read_text()
    assert f"{folder}/broken.py:2" in errors


def answer(url, status):
    """The first answer with this status; others before are passed over."""
    end = time.monotonic() + PATIENCE
    while (found := httpx.get(url, trust_env=False, timeout=PATIENCE)).status_code != status:
        assert time.monotonic() < end, found.text
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_control_process_that_cannot_start(environment, tmp_path, scheme):
    address, database = environment["GOPURA_ADMIN_LISTEN"], tmp_path / "prefix" / "gopura.sqlite"
    admin = f"http://{address}"
    assert run(environment, "start", "--daemon").returncode == 0
    httpx.post(f"{admin}/consumers", json={"username": "kept"}, trust_env=False, timeout=PATIENCE)
    run(environment, "quit")
    good = database.read_bytes()
    database.write_bytes(b"no database" * 1000)
    environment |= {"GOPURA_ADMIN_LISTEN": f"{address} ssl" if scheme == "https" else address}
    started = run(environment, "start", "--daemon")
    try:
        assert started.returncode == 0, started.stderr
        assert "Warning: the control process cannot be started: DatabaseError" in started.stdout
        proxy = f"http://{environment['GOPURA_PROXY_LISTEN']}"
        assert httpx.get(proxy, trust_env=False, timeout=PATIENCE).status_code == 404
        for method in ("GET", "POST", "HEAD"):
            url = f"{scheme}://{address}/"
            found = httpx.request(method, url, trust_env=False, verify=False, timeout=PATIENCE)
            assert found.status_code == 503
            assert found.text.startswith('{"message": "the control process cannot be started: ') is (
                method != "HEAD"
            )
        database.write_bytes(good)
        if scheme == "http":
            assert answer(f"{admin}/consumers/kept", 200).json()["username"] == "kept"
    finally:
        run(environment, "stop")
