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
from tests.waiting import PATIENCE


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
