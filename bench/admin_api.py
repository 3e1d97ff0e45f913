"""`python -m bench.admin_api`: reads, writes, long lists and bulk loads through the Admin API, on both databases.

In one process without sockets, so that the numbers are the Admin API's and the store's own.
"""

import argparse
import asyncio
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psutil

from gopura import entities, schema
from gopura.admin import create_app
from gopura.settings import Settings
from gopura.store import Store, migrate
from tests.servers.postgres import Postgres

BATCH = 1000


@asynccontextmanager
async def opened(overrides: dict[str, str]) -> AsyncIterator[tuple[Store, httpx.AsyncClient]]:
    """A store and a client of the Admin API on it."""
    with tempfile.TemporaryDirectory() as prefix:
        settings = Settings.load(None, {}, {"prefix": prefix, **overrides})
        store = Store.of(settings)
        if settings.database == "postgres":
            await migrate.bootstrap(store.location)
        async with store:
            transport = httpx.ASGITransport(create_app(store, settings))
            async with httpx.AsyncClient(transport=transport, base_url="http://admin", timeout=600) as client:
                yield store, client


async def rate(count: int, one: Callable[[int], Awaitable[Any]]) -> str:
    """How many a second."""
    started = time.perf_counter()
    for number in range(count):
        await one(number)
    return f"{count / (time.perf_counter() - started):.0f}/s"


async def bulk(client: httpx.AsyncClient, count: int) -> str:
    """Seconds for so many services, each with a route, in transactions of BATCH operations."""
    started = time.perf_counter()
    for start in range(0, count, BATCH // 2):
        numbers = range(start, min(start + BATCH // 2, count))
        services = [("PUT", f"/services/b{n}", {"host": "a.test"}) for n in numbers]
        routes = [("POST", f"/services/b{n}/routes", {"paths": [f"/b{n}"]}) for n in numbers]
        operations = [{"method": m, "path": p, "body": b} for m, p, b in services + routes]
        answer = await client.post("/transaction", json={"operations": operations})
        answer.raise_for_status()
    return f"{time.perf_counter() - started:.0f} s"


async def walk(store: Store, client: httpx.AsyncClient, count: int) -> tuple[str, str]:
    """Rows a second through a list of so many routes, and by how much the process grew."""
    template = schema.insert(entities.get("routes"), {"paths": ["/"]})
    async with store.transaction() as tx:
        await tx.load("routes", [template | {"id": str(uuid.uuid4())} for _ in range(count)])
    process, link, found = psutil.Process(), "/routes?size=1000", 0
    before, started = process.memory_info().rss, time.perf_counter()
    while link:
        body = (await client.get(link)).json()
        found, link = found + len(body["data"]), body["next"]
    assert found >= count
    grown = (process.memory_info().rss - before) / 1024**2
    return f"{found / (time.perf_counter() - started):.0f}/s", f"{grown:.0f} MiB"


async def measure(overrides: dict[str, str], count: int, many: int, long: int) -> dict[str, str]:
    """All numbers of one database."""
    async with opened(overrides) as (store, client):
        written = await rate(count, lambda n: client.put(f"/services/s{n}", json={"host": "a.test"}))
        read = await rate(count, lambda n: client.get(f"/services/s{n}"))
        loaded = await bulk(client, many)
        walked, grown = await walk(store, client, long)
    return {
        "reads": read,
        "writes": written,
        f"{many:,} services and routes": loaded,
        f"list of {long:,}": walked,
        "growth": grown,
    }


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.admin_api", description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="single reads and writes")
    parser.add_argument("--bulk", type=int, default=10_000, help="services, each with a route")
    parser.add_argument("--list", type=int, default=100_000, help="routes in the long list")
    options = parser.parse_args()
    server = Postgres()
    databases = {"SQLite": {}, "PostgreSQL": server.database().settings}
    try:
        for name, overrides in databases.items():
            found = asyncio.run(measure(overrides, options.count, options.bulk, options.list))
            print(f"{name}: " + ", ".join(f"{what} {number}" for what, number in found.items()), flush=True)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
