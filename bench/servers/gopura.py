"""gopura as a proxy: configured through its Admin API, as anybody would."""

import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from bench.cases import Case, consumer_keys
from bench.servers.base import Server, ServerError, free_port
from bench.servers.certificate import Certificate
from bench.servers.nginx import TARGETS

NO_OP = """from gopura.plugin import Exchange, Plugin


class NoOp(Plugin, name="no-op-{number}", priority={number}):
    def access(self, exchange: Exchange, config: Plugin.Config) -> None:
        pass
"""
HEALTHCHECKS = {"active": {"healthy": {"interval": 1}, "unhealthy": {"interval": 1, "http_failures": 3}}}
RATE = {"minute": 1_000_000_000, "policy": "local", "limit_by": "consumer"}


class Gopura(Server):
    """The gateway with one worker, its control process beside it; both count."""

    name = "gopura"

    def start(self, case: Case, upstream: int, certificate: Certificate) -> None:
        """Start an empty gateway and create the entities of a case."""
        admin = free_port()
        listen = f"127.0.0.1:{self.port}" + (" ssl" if case.tls else "") + (" http2" if case.http2 else "")
        settings = {
            "proxy_listen": listen,
            "admin_listen": f"127.0.0.1:{admin}",
            "status_listen": "off",
            "nginx_worker_processes": "1",
            # The other two never close a kept-alive connection either.
            "nginx_http_keepalive_requests": "100000000",
            "upstream_keepalive_max_requests": "0",
            "proxy_access_log": "off",
            "admin_access_log": "off",
            "log_level": "warn",
            "ssl_cert": str(certificate.chain),
            "ssl_cert_key": str(certificate.key),
            # Loading does not wait for every write to be served; the marker at the end does.
            "write_ack_timeout": "0",
        } | self._plugins(case)
        environment = os.environ | {f"GOPURA_{name.upper()}": value for name, value in settings.items()}
        program = Path(sys.executable).with_name("gopura")
        prefix = ["--prefix", str(self.folder / "prefix")]
        self.launch([str(program), "start", *prefix], environment, port=admin)
        with httpx.Client(base_url=f"http://127.0.0.1:{admin}", timeout=60, trust_env=False) as client:
            Configuration(client, upstream).create(case)
        self._await(case)

    def _plugins(self, case: Case) -> dict[str, str]:
        """Write the plugins of a case; the settings that load them."""
        if not case.no_ops:
            return {}
        plugins = self.folder / "plugins"
        plugins.mkdir(parents=True)
        for number in range(case.no_ops):
            (plugins / f"no_op_{number}.py").write_text(NO_OP.format(number=number))
        return {"plugins_path": str(plugins)}

    def _await(self, case: Case) -> None:
        """Wait until the route that was created last answers."""
        headers = {"Host": case.host_names[-1]} | (
            {"apikey": next(iter(consumer_keys()))} if case.key_auth else {}
        )
        url = f"{case.scheme}://127.0.0.1:{self.port}{case.path_names[-1]}"
        end = time.monotonic() + 60
        with httpx.Client(verify=False, trust_env=False) as client:
            while (status := client.get(url, headers=headers).status_code) != 200:
                if time.monotonic() > end:
                    raise ServerError(f"gopura answers {status} for its last route")
                time.sleep(0.05)


class Configuration:
    """Creates the entities of a case."""

    def __init__(self, client: httpx.Client, upstream: int) -> None:
        self._client = client
        self._upstream = upstream

    def create(self, case: Case) -> None:
        """One service, its routes, and what the case asks for besides."""
        self._post("/services", {"name": "up", "url": f"http://{self._host(case)}:{self._upstream}"})
        if case.key_auth:
            self._post("/plugins", {"name": "key-auth"})
            self._each(self._consumer, consumer_keys().items())
        if case.rate_limit:
            self._post("/plugins", {"name": "rate-limiting", "config": RATE})
        self._each(self._elsewhere, range(case.elsewhere))
        self._each(self._no_op, range(case.no_ops))
        self._each(self._route, ((host, path) for host in case.host_names for path in case.path_names[:-1]))
        # The last route of all is created last, alone: when it is served, all are.
        for host in case.host_names:
            self._route((host, case.path_names[-1]))

    def _host(self, case: Case) -> str:
        """The service's host: the upstream's address, or an upstream of many targets."""
        if not case.targets:
            return "127.0.0.1"
        self._post("/upstreams", {"name": "targets", "healthchecks": HEALTHCHECKS})
        self._each(self._target, TARGETS[: case.targets])
        return "targets"

    def _target(self, address: str) -> None:
        self._post("/upstreams/targets/targets", {"target": f"{address}:{self._upstream}"})

    def _elsewhere(self, number: int) -> None:
        self._post("/services/up/routes", {"name": f"elsewhere-{number}", "paths": [f"/elsewhere/{number}"]})
        self._post(f"/routes/elsewhere-{number}/plugins", {"name": "correlation-id"})

    def _no_op(self, number: int) -> None:
        self._post("/services/up/plugins", {"name": f"no-op-{number}"})

    def _route(self, route: tuple[str, str]) -> None:
        host, path = route
        self._post("/services/up/routes", {"hosts": [host], "paths": [path], "strip_path": False})

    def _consumer(self, consumer: tuple[str, str]) -> None:
        key, name = consumer
        self._post("/consumers", {"username": name})
        self._post(f"/consumers/{name}/key-auth", {"key": key})

    def _each(self, create: Any, items: Iterable[Any]) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(create, items))

    def _post(self, path: str, body: dict[str, Any]) -> None:
        answer = self._client.post(path, json=body)
        if answer.status_code != 201:
            raise ServerError(f"POST {path} answered {answer.status_code}: {answer.text}")
