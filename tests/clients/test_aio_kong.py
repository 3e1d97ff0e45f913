"""aio-kong, an asynchronous client from PyPI, against the real gateway."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from kong.client import Kong, KongResponseError

from tests.servers.gateway import Gateway

CONFIGURATION: dict[str, Any] = {
    "services": [
        {
            "name": "orders",
            "host": "orders.internal",
            "port": 8080,
            "routes": [{"name": "orders", "paths": ["/orders"], "plugins": [{"name": "key-auth"}]}],
            "plugins": [{"name": "correlation-id", "config": {"generator": "tracker"}}],
        }
    ],
    "consumers": [{"username": "alice", "auths": [{"type": "key-auth", "config": {"key": "secret"}}]}],
    "plugins": [{"name": "request-termination", "enabled": False, "config": {"status_code": 503}}],
}


@pytest.fixture
async def kong(gateway: Gateway) -> AsyncIterator[Kong]:
    """The client, of a gateway that is empty at first."""
    async with Kong(gateway.admin) as client:
        await client.delete_all()
        yield client


async def test_a_configuration_can_be_applied_again(kong: Kong) -> None:
    first = await kong.apply_json(CONFIGURATION)
    again = await kong.apply_json(CONFIGURATION)
    for name in CONFIGURATION:
        assert [entity["id"] for entity in first[name]] == [entity["id"] for entity in again[name]]
    assert [key["key"] for key in await (await kong.consumers.get("alice")).keyauths.get_list()] == ["secret"]


async def test_paging_visits_everything_once(kong: Kong) -> None:
    names = {f"consumer-{number}" for number in range(101)}  # one more than there are on a page
    await asyncio.gather(*(kong.consumers.create(username=name) for name in names))
    seen = [consumer["username"] for consumer in await kong.consumers.get_full_list()]
    assert sorted(seen) == sorted(names)


async def test_an_error_is_kongs(kong: Kong) -> None:
    with pytest.raises(KongResponseError) as caught:
        await kong.services.create(name="orders", host="a b")
    assert caught.value.status == 400
    assert caught.value.message["name"] == "schema violation"


async def test_deleting_a_service_that_has_routes_is_refused(kong: Kong) -> None:
    await kong.apply_json(CONFIGURATION)
    with pytest.raises(KongResponseError) as caught:
        await kong.execute(f"{kong.url}/services/orders", "delete")
    assert caught.value.message["name"] == "foreign key violation"
