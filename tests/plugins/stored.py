"""The real gateway in the hands of a test that configures it as it would `gopura.testing.Gateway`."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from gopura import entities
from gopura.testing import Upstream
from gopura.testing.client import Client
from gopura.testing.configuration import Given
from tests.servers.gateway import Gateway

Operation = dict[str, Any]


class Stored(Client):
    """Serves one service, `echo`, by one route, `all`, unless other routes are given; all of it from a database."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway.proxy_port)
        self.gateway = gateway
        self.upstream = Upstream()
        self.admin = gateway.client()
        self._stored: list[str] = []

    def configure(self, given: Given) -> None:
        """Store these entities, by the Admin API, in the place of those before, and have them served."""
        basis: dict[str, Any] = {"services": [{"name": "echo", "url": self.upstream.url, "retries": 0}]}
        if "routes" not in given:
            basis["routes"] = [{"name": "all", "paths": ["/"], "service": "echo"}]
        added = [*_creations(basis), *_creations(given)]
        removed = [{"method": "DELETE", "path": path} for path in reversed(self._stored)]
        answer = self.admin.post("/transaction", json={"operations": removed + added})
        assert answer.status_code == 200, answer.text
        made = [result["body"]["id"] for result in answer.json()["results"][len(removed) :]]
        self._stored = [f"{one['path']}/{key}" for one, key in zip(added, made, strict=True)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.admin.close()
        self.upstream.close()


def _creations(given: Given) -> Iterator[Operation]:
    for kind, rows in given.items():
        for row in rows:
            body = {name: _reference(kind, name, value) for name, value in row.items()}
            yield {"method": "POST", "path": f"/{entities.get(kind).admin_name}", "body": body}


def _reference(kind: str, name: str, value: Any) -> Any:
    """The name of another entity in the form of the Admin API."""
    foreign = entities.get(kind).foreign_fields.get(name)
    if foreign is None or not isinstance(value, str):
        return value
    return {entities.get(str(foreign.reference)).endpoint_key: value}
