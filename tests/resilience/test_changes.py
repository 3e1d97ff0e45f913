"""No request fails while routes change all the time."""

from concurrent.futures import ThreadPoolExecutor

from tests.resilience.churn import change_routes, create_routes
from tests.resilience.steady_load import steady_load
from tests.servers.echo import Echo
from tests.servers.gateway import Gateway

ROUTES, CHANGES, REQUESTS, SECONDS = 500, 50, 100, 3


def test_no_request_fails_while_routes_change(gateway: Gateway, echo: Echo) -> None:
    paths = [f"/route-{number}/" for number in range(ROUTES)]
    with gateway.client() as admin, ThreadPoolExecutor(1) as pool:
        create_routes(admin, echo.url, ROUTES)
        load = pool.submit(steady_load, gateway.proxy_port, paths, REQUESTS, SECONDS)
        changed = change_routes(admin, ROUTES, CHANGES, SECONDS)
        seen = load.result()
        assert (seen.errors, len(seen.latencies)) == ([], REQUESTS * SECONDS)
        assert changed
        served = steady_load(gateway.proxy_port, changed, REQUESTS, len(changed) / REQUESTS)
        assert served.errors == []
