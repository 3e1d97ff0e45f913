"""The README, followed literally: only its ports are replaced by free ones."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.gateway import Gateway
from tests.servers.ports import free_port

README = Path(__file__).parent.parent / "README.md"


def blocks(chapter: str, language: str) -> str:
    """The code of a chapter in one language."""
    text = README.read_text().split(f"## {chapter}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", text, re.S))


def test_the_quick_start_routes_a_request_with_a_key(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("served by the upstream")
    ports = {"8000": gateway.proxy_port, "8001": gateway.admin_port, "9000": free_port()}
    script = re.sub(r"\b(8000|8001|9000)\b", lambda port: str(ports[port[1]]), blocks("Quick start", "sh"))
    upstream = f"python3 -m http.server {ports['9000']} &\n"
    assert upstream in script
    # A person is slower than a script, which has to wait until the upstream listens.
    listening = f"until curl -so /dev/null localhost:{ports['9000']}; do sleep 0.05; done\n"
    done = subprocess.run(
        ["bash", "-c", "trap 'kill $(jobs -p)' EXIT\n" + script.replace(upstream, upstream + listening)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    statuses = [int(status) for status in re.findall(r"HTTP/1\.1 (\d+)", done.stdout)]
    assert statuses == [201, 201, 200, 201, 201, 201, 401, 200], done.stdout + done.stderr
    assert done.stdout.count("served by the upstream") == 2


@pytest.fixture
def extended(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway with the README's plugin."""
    (tmp_path / "hello.py").write_text(blocks("A plugin is a file", "python"))
    server = Gateway({"plugins_path": str(tmp_path)})
    yield server
    server.stop()


def test_the_plugin_of_the_readme_works(extended: Gateway) -> None:
    with extended.client() as admin, extended.visitor() as visitor:
        created = admin.post("/plugins", data={"name": "hello", "config.word": "Vanakkam"})
        assert created.status_code == 201, created.text
        assert visitor.get("/").headers["X-Greeting"] == "Vanakkam from gopura"
