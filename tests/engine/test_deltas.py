"""After any series of deltas an engine answers as one that was given everything at once."""

import json
import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gopura.snapshot.content import Content
from gopura.snapshot.encoding import delta_message
from tests.engine.proxy import Proxy

Row = dict[str, Any]
KEYS = [f"key-{n}" if n % 2 else f'key "{n}"' for n in range(8)]
PATHS = ["/", "/a", "/a/b", "/b", "/c"]
HOSTS = ["a.test", "b.test"]
REFERENCES = ("service", "route", "consumer", "upstream")


class Plugin(SimpleNamespace):
    """What the engine reads of a bound plugin."""

    def __init__(self, key: str, name: str, config: Any) -> None:
        call = {"auth": authenticate, "answer": answer}.get(name, note)
        super().__init__(
            id=key,
            name=name,
            priority={"auth": 1000, "answer": 0}.get(name, 500),
            config=key,
            phases={"access": (call, False)},
            request_body=0,
            response_body=0,
            no_route=False,
            no_service=False,
            no_consumer=False,
            time_limit=1.0,
            loop=SimpleNamespace(step=None, follow=None, submit=None, cancel=None),
            failed=print,
        )


def authenticate(exchange: Any, config: Any) -> None:
    exchange.log_in("keyauth_credentials", "key", exchange.request.headers.get("x-key"))


def note(exchange: Any, config: str) -> None:
    exchange.ctx.setdefault("ran", []).append(config)


def answer(exchange: Any, config: Any) -> None:
    consumer = exchange.consumer
    groups = exchange.belonging("acls", "consumer", consumer) if consumer else []
    told = {
        "route": exchange.route and exchange.route.value,
        "service": exchange.service and exchange.service.value,
        "consumer": consumer and consumer.value,
        "credential": exchange.credential and exchange.credential.id,
        "groups": sorted(row.group for row in groups),
        "ran": exchange.ctx.get("ran"),
    }
    exchange.exit(200, told)


class Changing:
    """A configuration that changes at random, each row with its references intact."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.rows: dict[tuple[str, str], Row] = {}
        self.content = Content(1)
        for name in ("auth", "answer"):
            self._put("plugins", name, {"name": name, "config": {}})
        self._first = self.content.message()

    def first(self) -> bytes:
        return self._first

    def delta(self) -> bytes:
        """A few changes, at times none."""
        changes = [step for _ in range(self._random.randrange(4)) for step in self._step()]
        self.content.version += 1
        start, version = self.content.version - 1, self.content.version
        return delta_message(start, version, self.content.total, changes)

    def _step(self) -> list[tuple[str, str, bytes | None]]:
        kind, fields = self._random.choice([
            ("services", self._service), ("routes", self._route), ("routes", self._route), ("plugins", self._plugin),
            ("plugins", self._plugin), ("consumers", self._consumer), ("consumers", self._consumer),
            ("keyauth_credentials", self._credential), ("keyauth_credentials", self._credential),
            ("acls", self._acl), ("upstreams", self._upstream), ("targets", self._target),
        ])  # fmt: skip
        key = f"{kind}-{self._random.randrange(6)}"
        if self._random.random() < 0.3:
            return self._delete(kind, key)
        value = fields(key)
        return [] if value is None else [(kind, key, self._put(kind, key, value))]

    def _put(self, kind: str, key: str, value: Row) -> bytes | None:
        self.rows[kind, key] = {"id": key, **value}
        return self.content.put(kind, key, self.rows[kind, key])

    def _delete(self, kind: str, key: str) -> list[tuple[str, str, bytes | None]]:
        if not self.rows.pop((kind, key), None):
            return []
        self.content.put(kind, key, None)
        belonging = [
            at
            for at, row in self.rows.items()
            if any((row.get(it) or {}).get("id") == key for it in REFERENCES)
        ]
        return [step for at in belonging for step in self._delete(*at)] + [(kind, key, None)]

    def _some(self, kind: str) -> Row | None:
        """A reference to a row of this kind, or none."""
        keys = [None, *(key for other, key in self.rows if other == kind)]
        key = self._random.choice(keys)
        return key and {"id": key}

    def _service(self, key: str) -> Row:
        enabled = self._random.random() < 0.7
        return {
            "name": key,
            "protocol": "http",
            "host": "h",
            "port": self._random.randrange(9),
            "enabled": enabled,
        }

    def _route(self, key: str) -> Row:
        hosts = self._random.choice([None, [self._random.choice(HOSTS)], HOSTS])
        paths = self._random.sample(PATHS, self._random.randrange(1, 3))
        return {
            "name": key,
            "protocols": ["http"],
            "hosts": hosts,
            "paths": paths,
            "service": self._some("services"),
        }

    def _plugin(self, key: str) -> Row:
        scope = {
            kind: self._some(f"{kind}s") for kind in self._random.sample(["route", "service", "consumer"], 2)
        }
        name, enabled = self._random.choice("xyz"), self._random.random() < 0.8
        return {"name": name, "enabled": enabled, "config": {"n": self._random.randrange(3)}, **scope}

    def _consumer(self, key: str) -> Row:
        return {"username": f"{key} {self._random.randrange(3)}", "custom_id": None}

    def _credential(self, key: str) -> Row | None:
        used = {
            row["key"]
            for (kind, other), row in self.rows.items()
            if kind == "keyauth_credentials" and other != key
        }
        consumer = self._some("consumers")
        free = [text for text in KEYS if text not in used]
        return consumer and {"key": self._random.choice(free), "consumer": consumer}

    def _acl(self, key: str) -> Row | None:
        consumer = self._some("consumers")
        return consumer and {"group": f"group-{self._random.randrange(3)}", "consumer": consumer}

    def _upstream(self, key: str) -> Row:
        return {"name": f"{key}.test", "slots": 10, "algorithm": "round-robin"}

    def _target(self, key: str) -> Row | None:
        upstream = self._some("upstreams")
        target, weight = f"127.0.0.{self._random.randrange(1, 5)}:80", self._random.randrange(100)
        return upstream and {
            "target": target,
            "weight": weight,
            "upstream": upstream,
            "created_at": len(self.rows),
        }


def take(proxy: Proxy, message: bytes) -> None:
    prepared = proxy.engine.prepare(message)
    bound = {key: Plugin(key, name, config) for key, name, config, _ in prepared.changed_plugins}
    proxy.engine.commit(prepared, bound)


def seen(proxy: Proxy, rows: dict[tuple[str, str], Row]) -> Iterator[Any]:
    """What can be told from outside about what a proxy serves."""
    engine = proxy.engine
    yield engine.hash
    held = [row["key"] for (kind, _), row in rows.items() if kind == "keyauth_credentials"]
    for path in PATHS:
        for host in HOSTS:
            for key in [*held[:3], "unknown"]:
                response = proxy.get(path, host, x_key=key)
                yield path, host, key, response.status, response.json() | {"request_id": None}
    for text in KEYS:
        yield text, (found := engine.find("keyauth_credentials", "key", text)) and found.id
    for kind, key in rows:
        yield (found := engine.find(kind, "id", key)) and found.value
        yield kind == "upstreams" and json.loads(engine.upstream_health(key) or b"null")
        yield kind == "consumers" and engine.find(kind, "username", rows[kind, key]["username"]).id  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(6))
def test_deltas_lead_to_what_a_whole_snapshot_does(proxy: Proxy, seed: int) -> None:
    whole, changing = Proxy(), Changing(seed)
    try:
        take(proxy, changing.first())
        for _ in range(6):
            for _ in range(4):
                take(proxy, changing.delta())
            take(whole, changing.content.message())
            expected = list(seen(whole, changing.rows))
            assert list(seen(proxy, changing.rows)) == expected
    finally:
        whole.stop()
