"""rate-limiting with the policy cluster: the control plane counts for all nodes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gopura.testing import Gateway


def given(**config: Any) -> dict[str, list[dict[str, Any]]]:
    settings = {"policy": "cluster", "hour": 5, "limit_by": "ip"} | config
    return {"plugins": [{"name": "rate-limiting", "config": settings}]}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(given=given()) as running:
        yield running


def test_exact_for_clients_at_the_same_time(gateway: Gateway) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: gateway.get("/").status, range(40)))
    assert (statuses.count(200), statuses.count(429)) == (5, 35)
    assert gateway.get("/").headers["RateLimit-Remaining"] == "0"


@pytest.mark.parametrize(("fault_tolerant", "status"), [(True, 200), (False, 500)])
def test_without_a_control_plane(gateway: Gateway, fault_tolerant: bool, status: int) -> None:
    gateway.configure(given(fault_tolerant=fault_tolerant))
    gateway.records.away = True
    assert gateway.get("/").status == status
