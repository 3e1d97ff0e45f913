"""The examples of the plugins' pages, followed literally: only their ports and folders are replaced."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gopura.plugin.discovery import discover
from tests.docs.generated import plugin_pages
from tests.servers.echo import Echo
from tests.servers.gateway import Gateway
from tests.servers.ports import free_port

ROOT = Path(__file__).parents[2]
PLUGINS = discover().plugins
PAGES = plugin_pages.pages()

# What a person does not notice, as nobody types that fast: whether the listener of the line before is there yet.
LISTENING = 'until grep -q "0100007F:$(printf %04X $1) " /proc/net/tcp /proc/net/udp; do sleep 0.05; done'


@pytest.fixture(scope="module")
def examined() -> Iterator[Gateway]:
    server = Gateway({"tracing_instrumentations": "all", "tracing_sampling_rate": "1"})
    yield server
    server.stop()


@pytest.fixture
def files(examined: Gateway, echo: Echo) -> Iterator[Gateway]:
    """A gateway with the service and the route of the first steps."""
    with examined.client() as admin:
        admin.post(
            "/services", json={"name": "files", "url": f"http://127.0.0.1:{echo.port}"}
        ).raise_for_status()
        admin.post("/services/files/routes", json={"name": "files", "paths": ["/files"]}).raise_for_status()
        yield examined
        for collection in ("plugins", "consumers", "routes", "services"):
            for one in admin.get(f"/{collection}").json()["data"]:
                admin.delete(f"/{collection}/{one['id']}").raise_for_status()


def chapter(name: str) -> str:
    return PAGES[f"plugins/{name}.md"].split("## Example\n")[1].split("\n## ")[0]


def script(text: str, gateway: Gateway, folder: Path) -> str:
    """What the page says to type, here."""
    known = {"8000": gateway.proxy_port, "8001": gateway.admin_port, "8443": gateway.tls_port}
    ports = {port: known.get(port) or free_port() for port in re.findall(r"\b(8\d\d\d|9999)\b", text)}
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.S))
    blocks = re.sub("(/var/log/gateway|/tmp)/", f"{folder}/", blocks)
    typed = re.sub(r"\b(8\d\d\d|9999)\b", lambda port: str(ports[port[1]]), blocks)
    waiting = re.sub(r"^(.*listen.py \w+ (\d+) &)$", r"\1\nlistening \2", typed, flags=re.M)
    return f"listening() {{ {LISTENING}; }}\n{waiting}"


def shown(text: str) -> list[str]:
    """The lines that the page says to see."""
    return [
        line for block in re.findall(r"```\n(.*?)```", _without_sh(text), re.S) for line in block.splitlines()
    ]


def _without_sh(text: str) -> str:
    return re.sub(r"```\w+\n.*?```\n", "", text, flags=re.S)


def seen(lines: list[str], output: str) -> bool:
    """Whether the lines are in the output, in this order; `...` stands for anything."""
    pattern = ".*?".join(re.escape(line).replace(re.escape("..."), ".*?") for line in lines)
    return re.search(pattern, output, re.S | re.I) is not None


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugins_example_has_the_effect_that_its_page_shows(
    name: str, files: Gateway, tmp_path: Path
) -> None:
    text = chapter(name)
    done = subprocess.run(
        ["bash", "-c", script(text, files, tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    with files.client() as admin:
        configured: list[Any] = admin.get("/plugins").json()["data"]
    assert name in [one["name"] for one in configured], done.stdout + done.stderr
    assert seen(shown(text), done.stdout), done.stdout + done.stderr


def test_the_check_notices_what_is_not_shown() -> None:
    output = "HTTP/1.1 200 OK\nX-A: 1\n\nbody"
    assert seen(["HTTP/1.1 200 OK", "body"], output)
    assert seen(["x-a: ..."], output)
    assert not seen(["body", "HTTP/1.1 200 OK"], output)
    assert not seen(["X-B: ..."], output)
