"""TLS to clients and to upstreams."""

import json
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gopura._engine import Engine
from tests.engine.certificates import Signed, authority
from tests.engine.proxy import Config, Proxy
from tests.servers.mutual import Mutual, name_of
from tests.waiting import PATIENCE, wait_for


def shown(proxy: Proxy, server_name: str | None) -> str:
    """Whose certificate the gateway shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", proxy.tls_port), timeout=PATIENCE) as wire,
        context.wrap_socket(wire, server_hostname=server_name) as secured,
    ):
        der = secured.getpeercert(binary_form=True)
        assert der is not None
        return name_of(der)


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Proxy]:
    """An engine with a default certificate."""
    chain, key = authority(tmp_path, "default.test")
    running = Proxy(default_certificates=[[str(chain), str(key)]])
    yield running
    running.stop()


def with_certificate(config: Config, folder: Path, name: str, *snis: str) -> str:
    chain, key = authority(folder, name)
    row = config.add("certificates", cert=chain.read_text(), key=key.read_text())
    for sni in snis:
        config.add("snis", name=sni, certificate={"id": row["id"]})
    return str(row["id"])


def test_certificates_by_name(secured: Proxy, tmp_path: Path) -> None:
    config = Config()
    with_certificate(config, tmp_path, "exact.test", "a.b.test")
    with_certificate(config, tmp_path, "suffix.test", "*.b.test")
    with_certificate(config, tmp_path, "prefix.test", "b.*")
    secured.serve(config)
    names = {
        "a.b.test": "exact.test",
        "A.B.test": "exact.test",
        "c.b.test": "suffix.test",
        "b.org": "prefix.test",
        "d.c.b.test": "default.test",
        "other.test": "default.test",
        None: "default.test",
    }
    assert {name: shown(secured, name) for name in names} == names
    config.entities["snis"].clear()
    with_certificate(config, tmp_path, "any.test", "*")
    secured.serve(config, 2)
    assert (shown(secured, "a.b.test"), shown(secured, None)) == ("any.test", "any.test")


@pytest.mark.parametrize(
    ("settings", "agreed"),
    [
        ({}, ("TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256")),
        ({"ssl_protocols": "TLSv1.2"}, ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305")),
        ({"ssl_prefer_server_ciphers": "on"}, ("TLSv1.3", "TLS_AES_256_GCM_SHA384")),
        (
            {"ssl_protocols": "TLSv1.2", "ssl_ciphers": "DHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256"},
            ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ),
        ({"ssl_ciphers": "TLS_AES_128_GCM_SHA256"}, ("TLSv1.3", "TLS_AES_128_GCM_SHA256")),
    ],
)
def test_custom_ciphers(tmp_path: Path, settings: dict[str, str], agreed: tuple[str, str]) -> None:
    """The client likes ChaCha20 best."""
    chain, key = authority(tmp_path, "default.test")
    defaults = {"ssl_cipher_suite": "custom", "ssl_prefer_server_ciphers": "off"}
    proxy = Proxy(default_certificates=[[str(chain), str(key)]], **(defaults | settings))
    suites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"
    ciphers = ["-ciphersuites", suites, "-cipher", "ECDHE+CHACHA20:ECDHE+AESGCM"]
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.tls_port}", *ciphers]
    try:
        said = subprocess.run(command, input="", capture_output=True, text=True, timeout=10, check=False)
    finally:
        proxy.stop()
    found = re.search(r"^New, (\S+), Cipher is (\S+)$", said.stdout, re.MULTILINE)
    assert found is not None
    assert found.groups() == agreed


def test_no_cipher_is_left() -> None:
    settings = {"ssl_cipher_suite": "custom", "ssl_protocols": "TLSv1.2", "ssl_ciphers": "DHE-RSA-AES128-SHA"}
    with pytest.raises(OSError, match="ssl_ciphers and ssl_protocols leave no cipher"):
        Engine(json.dumps(settings).encode())


@pytest.fixture
def client_files(tmp_path: Path) -> tuple[Path, Path]:
    """Certificate and key of the gateway."""
    return authority(tmp_path, "gateway.test")


@pytest.fixture
def upstream(tmp_path: Path, client_files: tuple[Path, Path]) -> Iterator[Mutual]:
    """The HTTPS server."""
    server = Mutual(client_files[0], authority(tmp_path, "up.test"))
    yield server
    server.stop()


def test_client_certificates(proxy: Proxy, upstream: Mutual, client_files: tuple[Path, Path]) -> None:
    chain, key = (path.read_text() for path in client_files)
    config = Config()
    own = config.add("certificates", cert=chain, key=key)
    reference = {"id": own["id"]}
    with_own = config.service(upstream.port, protocol="https", client_certificate=reference)
    config.route(with_own, paths=["/own"])
    config.route(config.service(upstream.port, protocol="https"), paths=["/none"])
    balanced = config.add("upstreams", name="up.test", client_certificate=reference)
    target = f"127.0.0.1:{upstream.port}"
    config.add("targets", target=target, weight=100, upstream={"id": balanced["id"]}, created_at=1)
    config.route(config.service(443, protocol="https", host="up.test"), paths=["/upstream"])
    proxy.serve(config)
    bodies = {path: proxy.get(path).body for path in ("/own", "/none", "/upstream", "/own", "/none")}
    assert bodies == {"/own": b"gateway.test", "/none": b"nobody", "/upstream": b"gateway.test"}


def test_certificates_behind_references(
    secured: Proxy, upstream: Mutual, client_files: tuple[Path, Path]
) -> None:
    chain, key = (path.read_text() for path in client_files)
    config = Config()
    row = config.add("certificates", cert="{vault://env/cert}", key="{vault://env/key}")
    reference = {"id": row["id"]}
    config.add("snis", name="hidden.test", certificate=reference)
    service = config.service(upstream.port, protocol="https", client_certificate=reference)
    config.route(service, paths=["/"])
    prepared = secured.engine.prepare(config.message())
    assert [json.loads(text)["id"] for text in prepared.referring_certificates] == [row["id"]]
    secured.engine.commit(prepared, {}, {row["id"]: [(chain, key)]})
    assert (shown(secured, "hidden.test"), secured.get("/").body) == ("gateway.test", b"gateway.test")
    config.add("snis", name="other.test", certificate=reference)
    prepared = secured.engine.prepare(config.message(2))
    secured.engine.commit(prepared, {}, {row["id"]: []})  # the secret is gone
    assert secured.get("/").status == 502


def test_client_certificate_of_the_settings(upstream: Mutual, client_files: tuple[Path, Path]) -> None:
    chain, key = client_files
    proxy = Proxy(client_ssl=True, client_ssl_cert=str(chain), client_ssl_cert_key=key.read_text())
    try:
        config = Config()
        config.route(config.service(upstream.port, protocol="https"), paths=["/"])
        proxy.serve(config)
        assert proxy.get("/").body == b"gateway.test"
    finally:
        proxy.stop()


@pytest.mark.parametrize("own", [True, False])
def test_health_checks_show_a_certificate(client_files: tuple[Path, Path], tmp_path: Path, own: bool) -> None:
    """That of the Upstream, else the gateway's."""
    upstream = Mutual(client_files[0], authority(tmp_path, "up.test"), demands=True)
    settings = {"client_ssl_cert": str(client_files[0]), "client_ssl_cert_key": str(client_files[1])}
    proxy = Proxy(**({} if own else {"client_ssl": True, **settings}))
    try:
        config = Config()
        texts = {"cert": client_files[0].read_text(), "key": client_files[1].read_text()}
        shown = {"client_certificate": {"id": config.add("certificates", **texts)["id"]}} if own else {}
        active = {
            "type": "https",
            "https_verify_certificate": False,
            "healthy": {"interval": 0.05, "successes": 1},
            "unhealthy": {"interval": 0.05},
        }
        balanced = config.add("upstreams", name="v.test", healthchecks={"active": active}, **shown)
        target = {"target": f"127.0.0.1:{upstream.port}", "weight": 100, "created_at": 1}
        config.add("targets", **target, upstream={"id": balanced["id"]})
        proxy.serve(config)
        proxy.engine.set_target_health(balanced["id"], "127.0.0.1", upstream.port, healthy=False)
        wait_for(lambda: b'"UNHEALTHY"' not in (proxy.engine.upstream_health(balanced["id"]) or b""))
    finally:
        proxy.stop()
        upstream.stop()


@pytest.mark.parametrize(
    ("host", "knows", "status"), [("up.test", True, 200), ("other.test", True, 502), ("up.test", False, 502)]
)
def test_verification(
    proxy: Proxy, upstream: Mutual, tmp_path: Path, host: str, knows: bool, status: int
) -> None:
    trusted = upstream.chain if knows else authority(tmp_path, "stranger.test")[0]
    config = Config()
    known = config.add("ca_certificates", cert=trusted.read_text())
    balanced = config.add("upstreams", name="v.test", host_header=host)
    target = f"127.0.0.1:{upstream.port}"
    config.add("targets", target=target, weight=100, upstream={"id": balanced["id"]}, created_at=1)
    service = config.service(
        443, protocol="https", host="v.test", tls_verify=True, ca_certificates=[known["id"]], retries=0
    )
    config.route(service, paths=["/"])
    proxy.serve(config)
    assert proxy.get("/").status == status
    assert upstream.names[0] == host


@pytest.mark.parametrize(
    ("setting", "own", "trusted", "depth", "status"),
    [
        ("off", None, "root", 1, 200),
        ("on", None, "root", 1, 200),
        ("on", None, "root", 0, 502),
        ("on", None, "other", 1, 502),
        ("on", False, "other", 1, 200),
        ("off", True, "other", 1, 502),
    ],
)
def test_verification_by_settings(
    client_files: tuple[Path, Path],
    tmp_path: Path,
    setting: str,
    own: bool | None,
    trusted: str,
    depth: int,
    status: int,
) -> None:
    root = Signed.root("root.test")
    known = {"root": root, "other": Signed.root("other.test")}[trusted].write(tmp_path)[0]
    server = root.sign("between.test", is_authority=True).sign("up.test").write(tmp_path)
    upstream = Mutual(client_files[0], server)
    settings = {"verify": setting, "verify_depth": depth, "trusted_certificate": str(known)}
    proxy = Proxy(**{f"nginx_http_proxy_ssl_{name}": value for name, value in settings.items()})
    try:
        config = Config()
        balanced = config.add("upstreams", name="v.test", host_header="up.test")
        target = {"target": f"127.0.0.1:{upstream.port}", "weight": 100, "created_at": 1}
        config.add("targets", **target, upstream={"id": balanced["id"]})
        service = config.service(443, protocol="https", host="v.test", retries=0, tls_verify=own)
        config.route(service, paths=["/"])
        proxy.serve(config)
        assert proxy.get("/").status == status
    finally:
        proxy.stop()
        upstream.stop()


@pytest.mark.parametrize(
    ("between", "depth", "status"),
    [(0, 0, 200), (1, 0, 502), (1, None, 200), (2, None, 502), (2, 1, 502), (2, 2, 200)],
)
def test_verification_goes_so_deep(
    proxy: Proxy,
    client_files: tuple[Path, Path],
    tmp_path: Path,
    between: int,
    depth: int | None,
    status: int,
) -> None:
    """The depth counts the certificates between the upstream's own and the authority's."""
    root = issuer = Signed.root("root.test")
    for number in range(between):
        issuer = issuer.sign(f"between-{number}.test", is_authority=True)
    upstream = Mutual(client_files[0], issuer.sign("up.test").write(tmp_path))
    try:
        config = Config()
        known = config.add("ca_certificates", cert=root.pem)
        balanced = config.add("upstreams", name="v.test", host_header="up.test")
        target = f"127.0.0.1:{upstream.port}"
        config.add("targets", target=target, weight=100, upstream={"id": balanced["id"]}, created_at=1)
        verified = {"tls_verify": True, "tls_verify_depth": depth, "ca_certificates": [known["id"]]}
        service = config.service(443, protocol="https", host="v.test", retries=0, **verified)
        config.route(service, paths=["/"])
        proxy.serve(config)
        assert proxy.get("/").status == status
    finally:
        upstream.stop()


@pytest.mark.parametrize(
    ("host", "days", "status"), [("up.test", 30, 200), ("other.test", 30, 502), ("up.test", -1, 502)]
)
def test_an_authority_that_is_the_server(
    proxy: Proxy, client_files: tuple[Path, Path], tmp_path: Path, host: str, days: int, status: int
) -> None:
    """As `openssl req -x509` makes certificates; an expired one is not believed."""
    root = Signed.make("up.test", None, is_authority=True, days=days)
    upstream = Mutual(client_files[0], root.write(tmp_path))
    try:
        config = Config()
        known = config.add("ca_certificates", cert=root.pem)
        balanced = config.add("upstreams", name="v.test", host_header=host)
        target = f"127.0.0.1:{upstream.port}"
        config.add("targets", target=target, weight=100, upstream={"id": balanced["id"]}, created_at=1)
        verified = {"tls_verify": True, "ca_certificates": [known["id"]]}
        config.route(config.service(443, protocol="https", host="v.test", retries=0, **verified), paths=["/"])
        proxy.serve(config)
        assert proxy.get("/").status == status
    finally:
        upstream.stop()
