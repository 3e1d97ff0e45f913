"""The plugin with an entity of its own, in the real processes: table, Admin endpoints, requests, a broken file."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gopura.testing import Reply, Upstream
from tests.e2e.conftest import run
from tests.servers.gateway import Gateway
from tests.waiting import wait_for

SOURCE = Path("examples/plugins/badges.py")
ID = "6c0c1a2e-5d52-4e7e-9d83-3b1a64d8a4b0"


@pytest.fixture(scope="module")
def directory() -> Iterator[Upstream]:
    with Upstream(Reply(body=b'{"title": "Sthapati"}')) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def echo() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plugins")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def gateway(
    request: pytest.FixtureRequest, folder: Path, directory: Upstream, echo: Upstream
) -> Iterator[Gateway]:
    (folder / "badges.py").write_bytes(SOURCE.read_bytes())
    settings = {"plugins_path": str(folder), "database": request.param}
    if request.param == "postgres":
        settings |= request.getfixturevalue("postgres").database().settings
        for words in ("bootstrap", "up"):
            done = run(environment_of(settings), "migrations", words)
            assert done.returncode == 0, done.stderr
    gateway = Gateway(settings)
    with gateway.client() as admin:
        admin.post("/services", json={"name": "echo", "url": echo.url}).raise_for_status()
        admin.post("/services/echo/routes", json={"paths": ["/"]}).raise_for_status()
        config = {"directory": directory.url}
        admin.post("/plugins", json={"name": "badges", "config": config}).raise_for_status()
    yield gateway
    gateway.stop()


def environment_of(settings: dict[str, str]) -> dict[str, str]:
    return os.environ | {f"GOPURA_{name.upper()}": value for name, value in settings.items()}


def asked(gateway: Gateway, code: str) -> tuple[int, str | None]:
    answer = httpx.get(gateway.proxy, headers={"X-Badge": code}, trust_env=False)
    return answer.status_code, answer.headers.get("X-Title")


def test_badges_are_an_entity_like_any_other(gateway: Gateway) -> None:
    with gateway.client() as admin:
        made = admin.post("/badges", json={"id": ID, "code": "b-01", "person": "raja", "tags": ["old"]})
        assert made.status_code == 201, made.text
        assert asked(gateway, "b-01") == (200, "Sthapati")
        assert admin.post("/badges", json={"code": "b-01", "person": "x"}).status_code == 409
        assert admin.post("/badges", json={"code": "b"}).json()["fields"] == {
            "code": "length must be at least 4",
            "person": "required field missing",
        }
        assert admin.patch("/badges/b-01", json={"code": "b-02"}).json()["code"] == "b-02"
        assert (asked(gateway, "b-01")[0], asked(gateway, "b-02")[0]) == (401, 200)
        assert [row["id"] for row in admin.get("/badges?tags=old").json()["data"]] == [ID]
        assert admin.delete(f"/badges/{ID}").status_code == 204
        assert asked(gateway, "b-02")[0] == 401


def test_a_broken_file_stops_nothing_else(gateway: Gateway, folder: Path) -> None:
    file = folder / "badges.py"
    with gateway.client() as admin:
        admin.put("/badges/b-07", json={"person": "raja"}).raise_for_status()
    file.write_text(SOURCE.read_text().replace("async def access(", "async def access(:"))
    line = 1 + SOURCE.read_text().partition("async def access(")[0].count("\n")
    assert run(gateway.environment(), "reload").returncode == 0
    assert f"{file}:{line}: " in gateway.log.read_text()
    with gateway.client() as admin:
        assert admin.get("/services").status_code == 200
        assert admin.get("/badges").status_code == 404
    file.write_bytes(SOURCE.read_bytes())
    assert run(gateway.environment(), "reload").returncode == 0
    wait_for(lambda: asked(gateway, "b-07") == (200, "Sthapati"))


def test_a_setting_that_is_newly_required_lets_nobody_pass_until_it_is_given(
    gateway: Gateway, folder: Path
) -> None:
    file = folder / "badges.py"
    field = "        directory: config.Url\n"
    file.write_text(SOURCE.read_text().replace(field, f"        realm: str\n{field}"))
    assert run(gateway.environment(), "reload").returncode == 0
    wait_for(lambda: asked(gateway, "b-07")[0] == 500)
    assert asked(gateway, "unknown")[0] == 500
    with gateway.client() as admin:
        (plugin,) = admin.get("/plugins").json()["data"]
        reason = f"plugins {plugin['id']}, badges: schema violation (config.realm: required field missing)"
        assert reason in gateway.log.read_text()
        admin.patch(f"/plugins/{plugin['id']}", json={"config": {"realm": "x"}}).raise_for_status()
    assert (asked(gateway, "b-07")[0], asked(gateway, "unknown")[0]) == (200, 401)
