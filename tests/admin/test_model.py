"""Random operations on the Admin API, compared with a model made of dictionaries."""

import asyncio
import tempfile
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gopura.admin import create_app
from gopura.settings import Settings
from gopura.store import Store, migrate
from tests.servers.postgres import Postgres

NAMES = st.sampled_from(["a", "b", "c", "d"])
TAGS = st.lists(st.sampled_from(["x", "y", "z"]), unique=True)
KEYS = st.sampled_from(["k1", "k2", "k3"])


class Model(RuleBasedStateMachine):
    """Services with routes (refused to go while referred to), consumers with keys (which go with them)."""

    overrides: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.services: dict[str, list[str]] = {}
        self.routes: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.consumers: set[str] = set()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.runner.run(self._open())

    async def _open(self) -> None:
        known = Settings.load(None, {}, {"prefix": self.folder.name, **self.overrides})
        self.store = Store.of(known)
        if known.database == "postgres":
            await migrate.reset(self.store.location)
            await migrate.bootstrap(self.store.location)
        await self.store.open()
        transport = httpx.ASGITransport(create_app(self.store, known))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://admin.test")

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()
        self.folder.cleanup()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self.runner.run(self.client.request(method, path, json=body))
        return answer.status_code, answer.json() if answer.content else None

    def listed(self, path: str, size: int = 2) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        link: str | None = f"{path}{'&' if '?' in path else '?'}size={size}"
        while link:
            _, body = self.call("GET", link)
            found += body["data"]
            link = body["next"]
        return found

    @rule(name=NAMES, tags=TAGS)
    def create_service(self, name: str, tags: list[str]) -> None:
        status, _ = self.call("POST", "/services", {"name": name, "host": "a.test", "tags": tags})
        assert status == (409 if name in self.services else 201)
        self.services.setdefault(name, tags)

    @rule(name=NAMES, tags=TAGS)
    def put_service(self, name: str, tags: list[str]) -> None:
        assert self.call("PUT", f"/services/{name}", {"host": "a.test", "tags": tags})[0] == 200
        self.services[name] = tags

    @rule(name=NAMES, new=NAMES)
    def rename_service(self, name: str, new: str) -> None:
        status, _ = self.call("PATCH", f"/services/{name}", {"name": new})
        if name not in self.services:
            assert status == 404
        elif new in self.services and new != name:
            assert status == 409
        else:
            assert status == 200
            self.services[new] = self.services.pop(name)
            self.routes = {route: new if owner == name else owner for route, owner in self.routes.items()}

    @rule(name=NAMES)
    def delete_service(self, name: str) -> None:
        referred = name in self.routes.values()
        assert self.call("DELETE", f"/services/{name}")[0] == (400 if referred else 204)
        if not referred:
            self.services.pop(name, None)

    @rule(name=NAMES, service=NAMES)
    def put_route(self, name: str, service: str) -> None:
        status, _ = self.call("PUT", f"/routes/{name}", {"paths": ["/"], "service": {"name": service}})
        assert status == (200 if service in self.services else 400)
        if status == 200:
            self.routes[name] = service

    @rule(name=NAMES)
    def delete_route(self, name: str) -> None:
        assert self.call("DELETE", f"/routes/{name}")[0] == 204
        self.routes.pop(name, None)

    @rule(name=NAMES)
    def put_consumer(self, name: str) -> None:
        assert self.call("PUT", f"/consumers/{name}", {})[0] == 200
        self.consumers.add(name)

    @rule(name=NAMES)
    def delete_consumer(self, name: str) -> None:
        assert self.call("DELETE", f"/consumers/{name}")[0] == 204
        self.consumers.discard(name)
        self.keys = {key: owner for key, owner in self.keys.items() if owner != name}

    @rule(name=NAMES, key=KEYS)
    def create_key(self, name: str, key: str) -> None:
        status, _ = self.call("POST", f"/consumers/{name}/key-auth", {"key": key})
        assert status == (404 if name not in self.consumers else 409 if key in self.keys else 201)
        if status == 201:
            self.keys[key] = name

    @invariant()
    def the_lists_are_the_model(self) -> None:
        services = self.listed("/services")
        assert {one["name"]: one["tags"] for one in services} == self.services
        assert [one["id"] for one in services] == sorted(one["id"] for one in services)
        names = {one["id"]: one["name"] for one in services}
        assert {one["name"]: names[one["service"]["id"]] for one in self.listed("/routes")} == self.routes
        consumers = {one["id"]: one["username"] for one in self.listed("/consumers")}
        assert set(consumers.values()) == self.consumers
        assert {
            one["key"]: consumers[one["consumer"]["id"]] for one in self.listed("/key-auths")
        } == self.keys

    @invariant()
    def tags_find_what_carries_them(self) -> None:
        for query, wanted in (("x", {"x"}), ("x,y", {"x", "y"})):
            found = {one["name"] for one in self.listed(f"/services?tags={query}")}
            assert found == {name for name, tags in self.services.items() if wanted <= set(tags)}
        either = {one["name"] for one in self.listed("/services?tags=x/z")}
        assert either == {name for name, tags in self.services.items() if {"x", "z"} & set(tags)}


FEW = settings(
    max_examples=8,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_random_operations(database: str, request: pytest.FixtureRequest) -> None:
    overrides = {}
    if database == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        overrides = server.database().settings

    class Machine(Model):
        pass

    Machine.overrides = overrides
    run_state_machine_as_test(Machine, settings=FEW)
