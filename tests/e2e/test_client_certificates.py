"""Certificates shown to upstreams: from the first request on, and through every change."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.engine.certificates import Signed, authority
from tests.servers.gateway import Gateway
from tests.servers.mutual import Mutual
from tests.servers.ports import free_port

ROOT = Signed.root("clients.test")


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mutual]:
    """Answers with the name in the certificate that it is shown."""
    folder = tmp_path_factory.mktemp("mutual")
    trusted, _ = ROOT.write(folder)
    server = Mutual(trusted, authority(folder, "up.test"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Gateway]:
    """A gateway with two workers, each of which has connections of its own."""
    gateway = Gateway({"nginx_worker_processes": "2"})
    yield gateway
    gateway.stop()


@pytest.fixture
def admin(two_workers: Gateway) -> Iterator[httpx.Client]:
    """A client of the Admin API."""
    with two_workers.client() as client:
        yield client


def pair(folder: Path, name: str) -> dict[str, str]:
    """A certificate for that name and its key, as the Admin API takes them."""
    certificate, key = ROOT.sign(name).write(folder)
    return {"cert": certificate.read_text(), "key": key.read_text()}


def put(admin: httpx.Client, path: str, **body: Any) -> None:
    """Put an entity."""
    admin.put(path, json=body).raise_for_status()


def balance(admin: httpx.Client, name: str, ports: list[int], certificate: str | None) -> None:
    """An Upstream over these ports that shows this certificate, and a route of the same name."""
    reference = {"id": certificate} if certificate else None
    put(admin, f"/upstreams/{name}", client_certificate=reference)
    for port in ports:
        admin.post(f"/upstreams/{name}/targets", json={"target": f"127.0.0.1:{port}"}).raise_for_status()
    put(admin, f"/services/{name}", url=f"https://{name}")
    put(admin, f"/services/{name}/routes/{name}", paths=[f"/{name}"])


def shown(gateway: Gateway, name: str) -> str:
    """What the upstream was shown."""
    return httpx.get(f"{gateway.proxy}/{name}", trust_env=False, timeout=10).text


def test_shown_at_once(two_workers: Gateway, admin: httpx.Client, upstream: Mutual, tmp_path: Path) -> None:
    for number in range(10):
        name = f"at-once-{number}"
        own = admin.post("/certificates", json=pair(tmp_path, f"{name}.test")).json()["id"]
        balance(admin, name, [upstream.port], own)
        with ThreadPoolExecutor(6) as pool:
            answers = set(pool.map(lambda name: shown(two_workers, name), [name] * 6))
        assert answers == {f"{name}.test"}


def test_shown_to_the_second_target(
    two_workers: Gateway, admin: httpx.Client, upstream: Mutual, tmp_path: Path
) -> None:
    own = admin.post("/certificates", json=pair(tmp_path, "second.test")).json()["id"]
    balance(admin, "second", [free_port(), upstream.port], own)
    assert [shown(two_workers, "second") for _ in range(6)] == ["second.test"] * 6


def test_shown_through_changes(
    two_workers: Gateway, admin: httpx.Client, upstream: Mutual, tmp_path: Path
) -> None:
    """After each change the new certificate is shown; meanwhile never none."""
    own = admin.post("/certificates", json=pair(tmp_path, "change-0.test")).json()["id"]
    balance(admin, "change", [upstream.port], own)
    with ThreadPoolExecutor(2) as pool:
        for number in range(1, 8):
            under_way = [pool.submit(shown, two_workers, "change") for _ in range(4)]
            admin.patch(
                f"/certificates/{own}", json=pair(tmp_path, f"change-{number}.test")
            ).raise_for_status()
            assert shown(two_workers, "change") == f"change-{number}.test"
            meanwhile = {future.result() for future in under_way}
            assert meanwhile <= {f"change-{number - 1}.test", f"change-{number}.test"}
    admin.patch("/upstreams/change", json={"client_certificate": None}).raise_for_status()
    assert shown(two_workers, "change") == "nobody"
