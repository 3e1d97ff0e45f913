"""Started as root, the processes are somebody else's once the addresses are bound."""

import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from gopura.supervisor.commands import ask
from tests.e2e.conftest import PROGRAM
from tests.engine.certificates import authority
from tests.servers.ports import free_port
from tests.waiting import PATIENCE, wait_for

NOBODY = pwd.getpwnam("nobody").pw_uid


def opened(hold: Path) -> list[str]:
    """The words before a command with which `nobody` may run this interpreter.

    Where it lies in a folder that only root may enter, such as /root, they put another in its place, for that command
    and what it starts.
    """
    interpreter = Path(sys.executable).resolve()
    closed = next((one for one in reversed(interpreter.parents) if not one.stat().st_mode & 0o001), None)
    if closed is None:
        return []
    inner = interpreter.relative_to(closed).parts[0]
    script = (
        f"mount --bind {closed} {hold} && mount -t tmpfs -o mode=755 none {closed} && mkdir {closed}/{inner} && "
        f'mount --bind {hold}/{inner} {closed}/{inner} && exec "$@"'
    )
    return ["unshare", "-m", "sh", "-c", script, "sh"]


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """A `gopura` command."""
    with tempfile.TemporaryDirectory() as hold:
        command = [*opened(Path(hold)), str(PROGRAM), *words]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=90, check=False
        )


pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that anybody may enter; pytest's own are root's alone."""
    made = Path(tempfile.mkdtemp(prefix="gopura-user-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    certificate(folder, "first.test")
    settings = {
        "prefix": str(folder / "prefix"),
        "proxy_listen": f"127.0.0.1:{free_port()}, 127.0.0.1:{free_port()} ssl",
        "admin_listen": f"127.0.0.1:{free_port()}",
        "status_listen": "off",
        "nginx_worker_processes": "1",
        "nginx_user": "nobody",
        "ssl_cert": str(folder / "cert.pem"),
        "ssl_cert_key": str(folder / "key.pem"),
    }
    return {**os.environ, **{f"GOPURA_{name.upper()}": value for name, value in settings.items()}}


@pytest.fixture(scope="module")
def running(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Runs as nobody, in a prefix in which root has run before."""
    started = run(environment | {"GOPURA_NGINX_USER": "root"}, "start", "--daemon")
    assert (started.returncode, started.stderr) == (0, "")
    assert add_consumer(environment, "stored-by-root") == 201
    run(environment, "stop")
    started = run(environment, "start", "--daemon")
    assert (started.returncode, started.stderr) == (0, "")
    yield environment
    assert run(environment, "stop").returncode == 0


def certificate(folder: Path, name: str) -> None:
    """A certificate, and a key that only root may read."""
    found = authority(folder, name)
    for made, place in zip(found, ("cert.pem", "key.pem"), strict=True):
        made.rename(folder / place)
    (folder / "key.pem").chmod(0o600)


def shown(environment: dict[str, str]) -> bytes:
    port = int(environment["GOPURA_PROXY_LISTEN"].split(":")[-1].split()[0])
    context = ssl._create_unverified_context()
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as secure:
        found = secure.getpeercert(binary_form=True)
    assert found is not None
    return found


def users(folder: Path) -> dict[str, int]:
    status = ask(folder / "prefix" / "run" / "supervisor.sock", "status", PATIENCE)
    pids = {name: process["pid"] for name, process in status["processes"].items()}
    return {
        name: psutil.Process(pid).uids().real for name, pid in {**pids, "supervisor": status["pid"]}.items()
    }


def add_consumer(environment: dict[str, str], name: str) -> int:
    url = f"http://{environment['GOPURA_ADMIN_LISTEN']}/consumers"
    return httpx.post(url, json={"username": name}, trust_env=False, timeout=PATIENCE).status_code


def test_the_processes_are_somebody_elses(running: dict[str, str], folder: Path) -> None:
    assert users(folder) == {"control": NOBODY, "data": NOBODY, "supervisor": 0}
    assert add_consumer(running, "stored-by-root") == 409
    assert add_consumer(running, "another") == 201


def test_a_reload_reads_keys_again(running: dict[str, str], folder: Path) -> None:
    assert b"first.test" in shown(running)
    certificate(folder, "second.test")
    reloaded = run(running, "reload")
    assert reloaded.returncode == 0, reloaded.stderr
    assert b"second.test" in shown(running)
    assert users(folder) == {"control": NOBODY, "data": NOBODY, "supervisor": 0}


def test_renamed_logs_are_opened_again(running: dict[str, str], folder: Path) -> None:
    proxy = f"http://{running['GOPURA_PROXY_LISTEN'].split(',')[0]}"
    logs = folder / "prefix" / "logs"
    names = ("access.log", "admin_access.log", "error.log")
    for name in names:
        (logs / name).rename(logs / f"{name}.1")
    assert add_consumer(running, "before") == 201  # with nowhere else to log this than the old file
    os.kill(int((folder / "prefix" / "pids" / "gopura.pid").read_text()), signal.SIGUSR1)
    wait_for(lambda: all((logs / name).exists() for name in names))
    assert httpx.get(f"{proxy}/after", trust_env=False, timeout=PATIENCE).status_code == 404
    wait_for(lambda: "GET /after" in (logs / "access.log").read_text())
    wait_for(
        lambda: add_consumer(running, "x") and "POST /consumers" in (logs / "admin_access.log").read_text()
    )


KEPT = ["run/supervisor.sock", "run/lock", "pids/gopura.pid", "logs/error.log", "node_id", "ssl/ssl-1.key"]


@pytest.mark.parametrize("path", KEPT)
def test_what_that_user_may_not_replace(running: dict[str, str], folder: Path, path: str) -> None:
    """Nothing that root opens by its name."""
    place = folder / "prefix" / path
    own = {"user": NOBODY, "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    done = subprocess.run(["rm", "-f", place], check=False, capture_output=True, **own)
    assert done.returncode != 0
    assert place.exists()


def test_root_does_not_write_where_that_user_points(environment: dict[str, str], folder: Path) -> None:
    prefix, secret = folder / "theirs", folder / "secret"
    secret.write_text("secret")
    (prefix / "run").mkdir(parents=True)
    (prefix / "run" / ".writable").symlink_to(secret)
    for path in (prefix, prefix / "run", prefix / "run" / ".writable"):
        os.chown(path, NOBODY, -1, follow_symlinks=False)
    ports = {f"GOPURA_{name}_LISTEN": f"127.0.0.1:{free_port()}" for name in ("PROXY", "ADMIN")}
    others = environment | ports | {"GOPURA_PREFIX": str(prefix)}
    started = run(others, "start", "--daemon")
    assert (started.returncode, started.stderr) == (0, "")
    assert run(others, "stop").returncode == 0
    assert secret.read_text() == "secret"
    assert prefix.stat().st_uid == 0


def test_copies_of_keys_are_that_users_alone(running: dict[str, str], folder: Path) -> None:
    key = (folder / "prefix" / "ssl" / "ssl-1.key").stat()
    assert (key.st_uid, key.st_mode & 0o777) == (NOBODY, 0o400)


REFUSED = [
    ("no-such-user", "Error: nginx_user = no-such-user: there is no user no-such-user"),
    ("nobody no-such-group", "Error: nginx_user = nobody no-such-group: there is no group no-such-group"),
]


@pytest.mark.parametrize(("user", "message"), REFUSED)
@pytest.mark.parametrize("command", ["start", "check"])
def test_a_user_that_cannot_be_used(
    environment: dict[str, str], folder: Path, user: str, message: str, command: str
) -> None:
    others = {"GOPURA_NGINX_USER": user, "GOPURA_PREFIX": str(folder / "other")}
    result = run(environment | others, command)
    assert result.returncode == 1
    assert message in result.stderr


def test_a_file_that_the_user_cannot_read(environment: dict[str, str], folder: Path) -> None:
    path = folder / "kong.yml"
    path.write_text('_format_version: "3.0"')
    path.chmod(0o600)
    others = {"GOPURA_DATABASE": "off", "GOPURA_DECLARATIVE_CONFIG": str(path)}
    result = run(environment | others, "check")
    assert result.returncode == 1
    assert f"nginx_user = nobody: the user nobody cannot serve: it cannot read {path}" in result.stderr


def test_the_usual_user_need_not_exist(environment: dict[str, str]) -> None:
    with suppress(KeyError):
        pwd.getpwnam("kong")
        return
    result = run(environment | {"GOPURA_NGINX_USER": "kong kong"}, "check")
    assert result.returncode == 0
    assert result.stderr == (
        "Notice: the processes run as root: there is no user kong; nginx_user may name another user, or `root`\n"
    )
