"""nginx: as a proxy, and as the fast upstream behind all of them."""

import os
from pathlib import Path

from bench.cases import Case, consumer_keys
from bench.servers.base import LOAD_CORE, Server
from bench.servers.certificate import Certificate

MAIN = """{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{http}
}}
"""
PROXY = """  server_names_hash_max_size 8192;
  upstream up {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
{features}
{servers}"""


TARGETS = [f"127.0.1.{number}" for number in range(1, 101)]
"""Addresses at which the upstream listens besides, on the same port."""


class _Nginx(Server):
    def _start(self, http: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        user = "user root;" if os.geteuid() == 0 else ""
        configuration = self.folder / "nginx.conf"
        configuration.write_text(MAIN.format(user=user, folder=self.folder, http=http))
        self.launch(["nginx", "-p", str(self.folder), "-e", "stderr", "-c", str(configuration)])


class Upstream(_Nginx):
    """Answers 200 with a few bytes, whatever is asked."""

    name = "upstream"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LOAD_CORE)

    def start(self) -> None:
        """Start the upstream on the core of the load."""
        listen = " ".join(f"listen {address}:{self.port};" for address in ["127.0.0.1", *TARGETS])
        self._start(f'  server {{ {listen} location / {{ return 200 "hello\\n"; }} }}')


class Nginx(_Nginx):
    """The proxy that the others are compared with."""

    name = "nginx"

    def start(self, case: Case, upstream: int, certificate: Certificate) -> None:
        """Start with the routes of a case."""
        listen = f"listen 127.0.0.1:{self.port}"
        if case.tls:
            kind = "ssl http2" if case.http2 else "ssl"
            listen += f" {kind}; ssl_certificate {certificate.chain}; ssl_certificate_key {certificate.key}"
        guard = _guard(case)
        locations = " ".join(
            f"location {path} {{ {guard}proxy_pass http://up; }}" for path in case.path_names
        )
        servers = "\n".join(
            f"  server {{ {listen}; server_name {host}; {locations} }}" for host in case.host_names
        )
        self._start(PROXY.format(upstream=upstream, features=_features(case), servers=servers))


def _features(case: Case) -> str:
    lines = []
    if case.key_auth:
        keys = " ".join(f"{key} {consumer};" for key, consumer in consumer_keys().items())
        lines.append(
            f"  map_hash_max_size 4096; map_hash_bucket_size 128; map $http_apikey $consumer {{ {keys} }}"
        )
        lines.append("  proxy_set_header X-Consumer-Username $consumer;")
    if case.rate_limit:
        lines.append("  limit_req_zone $consumer zone=consumers:10m rate=1000000r/s;")
    return "\n".join(lines)


def _guard(case: Case) -> str:
    check = 'if ($consumer = "") { return 401; } ' if case.key_auth else ""
    return check + ("limit_req zone=consumers burst=100000 nodelay; " if case.rate_limit else "")
