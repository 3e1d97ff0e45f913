"""Routes in bulk, and changes of them at a constant rate."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx

BATCH = 250


def create_routes(admin: httpx.Client, upstream: str, count: int) -> None:
    """So many routes `/route-N/` to one service."""
    admin.put("/services/up", json={"url": upstream}).raise_for_status()
    for start in range(0, count, BATCH):
        operations = [
            {"method": "PUT", "path": f"/services/up/routes/route-{n}", "body": {"paths": [f"/route-{n}/"]}}
            for n in range(start, min(start + BATCH, count))
        ]
        admin.post("/transaction", json={"operations": operations}).raise_for_status()


def change_routes(admin: httpx.Client, routes: int, rate: int, seconds: float) -> list[str]:
    """Give one route after another a second path, at most so many a second; returns the new paths."""
    start = time.monotonic()

    def change(number: int) -> str | None:
        time.sleep(max(0.0, start + number / rate - time.monotonic()))
        if number and time.monotonic() > start + seconds:  # the machine is too slow for the rate
            return None
        name = f"route-{number % routes}"
        body = {"paths": [f"/{name}/", f"/change-{number}/"]}
        admin.patch(f"/routes/{name}", json=body).raise_for_status()
        return f"/change-{number}/"

    with ThreadPoolExecutor(8) as pool:
        return [path for path in pool.map(change, range(int(rate * seconds))) if path]
