"""Every storage keeps texts by name, some for a time."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gopura.plugin.redis import RedisPools
from gopura.plugins.acme.configuration import Consul as ConsulSettings
from gopura.plugins.acme.configuration import HashicorpVault as VaultSettings
from gopura.plugins.acme.configuration import Redis as RedisSettings
from gopura.plugins.acme.storage import Storage, StorageError
from gopura.plugins.acme.storage.consul import Consul
from gopura.plugins.acme.storage.database import Database
from gopura.plugins.acme.storage.memory import Memory
from gopura.plugins.acme.storage.redis import Redis
from gopura.plugins.acme.storage.vault import Vault
from gopura.settings import Settings
from gopura.store import Store, migrate
from gopura.store.location import from_settings
from tests.plugins.acme import key_values
from tests.servers.redis import Redis as RedisServer


@pytest.fixture(params=["memory", "sqlite", "postgres", "redis", "consul", "vault"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    if request.param == "memory":
        yield Memory()
    elif request.param in ("sqlite", "postgres"):
        settings = {"database": request.param, "prefix": str(tmp_path)}
        if request.param == "postgres":
            settings |= request.getfixturevalue("postgres_database").settings
        location = from_settings(Settings.load(None, {}, settings))
        if request.param == "postgres":
            await migrate.bootstrap(location)
        async with Store.at(location) as store:
            yield Database(store)
    elif request.param in ("consul", "vault"):
        with key_values.serving(request.param) as port:
            yield by_http(request.param, port)
    else:
        pools = RedisPools()
        yield in_redis(request.getfixturevalue("redis"), pools, "here:")
        await pools.close()


def by_http(kind: str, port: int, token: str = key_values.TOKEN) -> Storage:
    context = ssl.create_default_context()
    settings: dict[str, Any] = {"host": "127.0.0.1", "port": port, "token": token, "kv_path": "kv/acme"}
    if kind == "consul":
        return Consul(ConsulSettings.load(settings), context)
    return Vault(VaultSettings.load(settings), context)


def in_redis(server: RedisServer, pools: RedisPools, namespace: str) -> Redis:
    settings: dict[str, Any] = {"host": server.host, "port": server.port, "namespace": namespace}
    return Redis(RedisSettings.load(settings), pools)


async def test_set_and_get(storage: Storage) -> None:
    assert await storage.get("name") is None
    await storage.set("name", "one")
    await storage.set("name", "two é")
    assert await storage.get("name") == "two é"


async def test_add_never_replaces(storage: Storage) -> None:
    assert await storage.add("name", "one")
    assert not await storage.add("name", "two")
    assert await storage.get("name") == "one"


async def test_one_of_many_adds(storage: Storage) -> None:
    assert sorted(await asyncio.gather(*(storage.add("lock", str(n)) for n in range(5)))) == [False] * 4 + [
        True
    ]


async def test_delete(storage: Storage) -> None:
    await storage.set("name", "one")
    await storage.delete("name")
    await storage.delete("name")
    assert await storage.get("name") is None
    assert await storage.add("name", "two")


async def test_names(storage: Storage) -> None:
    for name in ("a:2", "a:1", "ab", "b:1", "a*:3"):
        await storage.set(name, "text")
    assert await storage.names("a:") == ["a:1", "a:2"]
    assert await storage.names("a*") == ["a*:3"]
    assert await storage.names("c") == []


async def test_ends_when_its_time_is_over(storage: Storage) -> None:
    await storage.set("short", "text", 1)
    await storage.set("lasting", "text", 1)
    await storage.set("lasting", "text")
    for _ in range(200):
        if await storage.get("short") is None:
            break
        await asyncio.sleep(0.05)
    assert await storage.get("short") is None
    assert await storage.get("lasting") == "text"
    assert await storage.names("") == ["lasting"]


async def test_namespaces_are_apart(redis: RedisServer) -> None:
    pools = RedisPools()
    here, there, nowhere = (in_redis(redis, pools, space) for space in ("one", "two", ""))
    await here.set("name", "here")
    await there.set("name", "there")
    assert (await here.get("name"), await there.get("name"), await nowhere.get("name")) == (
        "here",
        "there",
        None,
    )
    assert await nowhere.names("") == ["onename", "twoname"]
    await pools.close()


async def test_a_dead_redis_says_where() -> None:
    pools = RedisPools()
    dead = Redis(RedisSettings.load({"host": "127.0.0.1", "port": 1}), pools)
    with pytest.raises(StorageError, match=r"Redis at 127\.0\.0\.1:1: "):
        await dead.get("name")
    await pools.close()


@pytest.mark.parametrize("kind", ["consul", "vault"])
async def test_a_refusal_says_where(kind: str) -> None:
    with key_values.serving(kind) as port:
        refused = by_http(kind, port, "wrong")
        with pytest.raises(StorageError, match=rf"{kind.title()} at http://127\.0\.0\.1:{port}: .*403"):
            await refused.get("name")


async def test_vault_knows_the_service_account(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(key_values.SERVICE_ACCOUNT)
    with key_values.serving("vault") as port:
        login = {"auth_method": "kubernetes", "auth_role": "gateway", "jwt_path": str(file)}
        settings: dict[str, Any] = {"host": "127.0.0.1", "port": port, "kv_path": "kv/acme"}
        storage = Vault(VaultSettings.load(settings | login), ssl.create_default_context())
        await storage.set("name", "text")
        assert await storage.get("name") == "text"
