"""HAProxy as a proxy: routes and keys are looked up in its maps."""

from pathlib import Path

from bench.cases import Case, consumer_keys
from bench.servers.base import Server
from bench.servers.certificate import Certificate

CONFIGURATION = """global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend front
  bind {bind}
{rules}  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Proto {scheme}
  use_backend %[base,lower,map_beg({routes})]
backend up
{table}  server up 127.0.0.1:{upstream} pool-max-conn 64
"""


class HAProxy(Server):
    """The other proxy that is on every distribution."""

    name = "HAProxy"

    def start(self, case: Case, upstream: int, certificate: Certificate) -> None:
        """Start with the routes of a case."""
        self.folder.mkdir(parents=True, exist_ok=True)
        bind = f"127.0.0.1:{self.port}"
        if case.tls:
            bind += f" ssl crt {certificate.both} alpn {'h2,http/1.1' if case.http2 else 'http/1.1'}"
        configuration = self.folder / "haproxy.cfg"
        configuration.write_text(
            CONFIGURATION.format(
                bind=bind,
                rules=self._rules(case),
                scheme=case.scheme,
                routes=self._routes(case),
                table=_table(case),
                upstream=upstream,
            )
        )
        self.launch(["haproxy", "-db", "-f", str(configuration)])

    def _routes(self, case: Case) -> Path:
        lines = [f"{host}{path} up" for host in case.host_names for path in case.path_names]
        return self._write("routes.map", lines)

    def _rules(self, case: Case) -> str:
        if not case.key_auth:
            return ""
        keys = self._write("keys.map", [f"{key} {consumer}" for key, consumer in consumer_keys().items()])
        rules = [
            f"  http-request deny deny_status 401 unless {{ req.hdr(apikey),map_str({keys}) -m found }}",
            f"  http-request set-header X-Consumer-Username %[req.hdr(apikey),map_str({keys})]",
        ]
        if case.rate_limit:
            rules.append("  http-request track-sc0 req.hdr(x-consumer-username) table up")
            rules.append("  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000000 }")
        return "\n".join(rules) + "\n"

    def _write(self, name: str, lines: list[str]) -> Path:
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n")
        return path


def _table(case: Case) -> str:
    return (
        "  stick-table type string len 32 size 1m expire 60s store http_req_rate(60s)\n"
        if case.rate_limit
        else ""
    )
