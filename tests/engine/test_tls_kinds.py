"""Kinds of certificates, keys and ciphers that OpenSSL takes and rustls does not, on both sides of the gateway."""

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.certificates import authority
from tests.engine.old_certificates import Old
from tests.engine.proxy import Config, Proxy
from tests.servers.mutual import name_of
from tests.servers.old_tls import OldTls
from tests.waiting import PATIENCE, wait_for

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

CERTIFICATES = {
    "usual": Old(),
    "no alternative name": Old(names=False),
    "X.509 v1": Old(version=1, names=False),
    "X.509 v1, RSA": Old("rsa", version=1, names=False),
    "P-521": Old("p521"),
    "RSA of 1024 bits": Old("rsa1024"),
}


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Proxy]:
    """An engine whose log is the file `log`."""
    running = Proxy(log_level="info", proxy_error_log=str(tmp_path / "log"))
    yield running
    running.stop()


def lines(folder: Path) -> str:
    return (folder / "log").read_text()


def through(proxy: Proxy, port: int, host: str = "up.test", version: int = 1, **fields: Any) -> None:
    """Serve an https service whose server name is `host`."""
    config = Config()
    trusted = fields.pop("trusted", None)
    if trusted:
        authorities = [config.add("ca_certificates", cert=trusted.read_text())["id"]]
        fields |= {"tls_verify": True, "ca_certificates": authorities}
    balanced = config.add("upstreams", name="v.test", host_header=host)
    target = {"target": f"127.0.0.1:{port}", "weight": 100, "created_at": 1}
    config.add("targets", **target, upstream={"id": balanced["id"]})
    shown = fields.pop("shown", None)
    if shown:
        row = config.add("certificates", cert=shown[0].read_text(), key=shown[1].read_text())
        fields["client_certificate"] = {"id": row["id"]}
    config.route(config.service(443, protocol="https", host="v.test", retries=0, **fields), paths=["/"])
    proxy.serve(config, version)


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("kind", CERTIFICATES)
def test_certificates_of_upstreams(proxy: Proxy, tmp_path: Path, kind: str, version: ssl.TLSVersion) -> None:
    """Anyone is believed unless verification is wanted; then OpenSSL's rules count, as in Kong."""
    own = CERTIFICATES[kind].write(tmp_path)
    stranger = authority(tmp_path, "stranger.test")[0]
    server = OldTls(own, version=version)
    try:
        through(proxy, server.port)
        assert proxy.get("/").status == 200
        through(proxy, server.port, version=2, trusted=own[0])
        assert proxy.get("/").status == 200
        through(proxy, server.port, "other.test", version=3, trusted=own[0])
        assert proxy.get("/").status == 502
        through(proxy, server.port, version=4, trusted=stranger)
        assert proxy.get("/").status == 502
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("kind", "cipher"),
    [
        ("rsa", "AES128-SHA"),
        ("rsa", "AES256-GCM-SHA384"),
        ("rsa", "ECDHE-RSA-AES128-SHA"),
        ("rsa", "ECDHE-RSA-AES256-SHA384"),
        ("p256", "ECDHE-ECDSA-AES128-SHA256"),
    ],
)
def test_ciphers_of_upstreams(proxy: Proxy, tmp_path: Path, kind: str, cipher: str) -> None:
    server = OldTls(Old(kind).write(tmp_path), cipher, V12)
    try:
        through(proxy, server.port)
        body = bytes(range(256)) * 4000
        answers = [proxy.get("/", method="POST", body=body) for _ in range(2)]
        assert [(answer.status, answer.body == body) for answer in answers] == [(200, True)] * 2
        assert server.agreed[-1] == ("TLSv1.2", cipher)
        assert server.attempts == 2  # what was found out is remembered, and the connection kept
    finally:
        server.stop()


@pytest.mark.parametrize("kind", ["rsa1024", "p521", "k256", "p256"])
def test_certificates_shown_to_upstreams(proxy: Proxy, tmp_path: Path, kind: str) -> None:
    own, shown = authority(tmp_path, "up.test"), Old(kind).write(tmp_path, "gateway.test")
    server = OldTls(own, version=V12, trusted=shown[0])
    try:
        through(proxy, server.port, shown=shown)
        # Nothing that a client offers lets a server take this curve: neither does Kong's OpenSSL.
        assert proxy.get("/").status == (502 if kind == "k256" else 200)
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("kind", "host", "trusts", "said"),
    [
        ("usual", "other.test", True, "Hostname mismatch, certificate is not valid for 'other.test'"),
        ("usual", "up.test", False, "self-signed certificate"),
        ("X.509 v1", "other.test", True, "Hostname mismatch"),
    ],
)
def test_the_log_says_why(
    logged: Proxy, tmp_path: Path, kind: str, host: str, trusts: bool, said: str
) -> None:
    own = CERTIFICATES[kind].write(tmp_path)
    server = OldTls(own)
    try:
        through(logged, server.port, host, trusted=own[0] if trusts else authority(tmp_path, "s.test")[0])
        assert logged.get("/").status == 502
        wait_for(lambda: "its certificate is not believed" in lines(tmp_path))
        (line,) = [line for line in lines(tmp_path).splitlines() if "not believed" in line]
        assert said in line.replace("self signed", "self-signed")
        assert line.count("set tls_verify to false") == 1
        assert "InvalidCertificate" not in lines(tmp_path)
    finally:
        server.stop()


def test_clients_make_up_no_server_names(proxy: Proxy, tmp_path: Path) -> None:
    server = OldTls(authority(tmp_path, "up.test"))
    try:
        config = Config()
        service = config.service(server.port, protocol="https", retries=0)
        config.route(service, paths=["/"], preserve_host=True)
        proxy.serve(config)
        made_up = [proxy.get("/", name).status for name in ("-a.test", "a..test")]
        assert (made_up, server.attempts) == ([502, 502], 0)
        assert proxy.get("/", "a_b.test").status == 200
    finally:
        server.stop()


def test_what_is_not_tls(logged: Proxy, tmp_path: Path) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    through(logged, listening.getsockname()[1])
    listening.settimeout(PATIENCE)
    with logged.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in range(2):
            wire, _ = listening.accept()
            with wire:
                wire.recv(10)
                wire.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 502"
    listening.close()
    wait_for(lambda: "wrong version number" in lines(tmp_path))


def context(ciphers: str = "ALL:@SECLEVEL=0", version: ssl.TLSVersion = V13) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_ciphers(ciphers)
    made.maximum_version = version
    return made


def asked(proxy: Proxy, name: str | None, how: ssl.SSLContext) -> tuple[str, bytes]:
    """Whose certificate is shown, and the status line of an answer."""
    with (
        socket.create_connection(("127.0.0.1", proxy.tls_port), timeout=PATIENCE) as wire,
        how.wrap_socket(wire, server_hostname=name) as secured,
    ):
        der = secured.getpeercert(binary_form=True)
        assert der
        secured.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return name_of(der), secured.recv(65536)[:12]


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Proxy]:
    chain, key = authority(tmp_path, "default.test")
    running = Proxy(default_certificates=[[str(chain), str(key)]])
    yield running
    running.stop()


@pytest.mark.parametrize(
    "name", ["a.test:1234", "a_b.test", "a b", "-a.test", "xn--a", "127.0.0.1", "a.test."]
)
@pytest.mark.parametrize("version", [V12, V13])
def test_server_names_that_are_none(secured: Proxy, name: str, version: ssl.TLSVersion) -> None:
    """They lead to the default certificate, as in Kong."""
    assert asked(secured, name, context(version=version)) == ("default.test", b"HTTP/1.1 404")


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("kind", ["rsa1024", "p521"])
def test_certificates_for_clients(secured: Proxy, tmp_path: Path, kind: str, version: ssl.TLSVersion) -> None:
    config = Config()
    for number, name in enumerate(("old.test", "new.test")):
        paths = Old(kind if not number else "p256").write(tmp_path, name)
        row = config.add("certificates", cert=paths[0].read_text(), key=paths[1].read_text())
        config.add("snis", name=name, certificate={"id": row["id"]})
    secured.serve(config)
    for name in ("old.test", "new.test"):
        assert asked(secured, name, context(version=version)) == (name, b"HTTP/1.1 404")


def test_one_old_secret_keeps_nothing_away(secured: Proxy, tmp_path: Path) -> None:
    config = Config()
    ids = {}
    for kind in ("k256", "rsa1024", "p256"):
        cert, key = (path.read_text() for path in Old(kind).write(tmp_path, f"{kind}.test"))
        ids[kind] = config.add("certificates", cert=cert, key=key)["id"]
        config.add("snis", name=f"{kind}.test", certificate={"id": ids[kind]})
    ids["broken"] = config.add("certificates", cert="no certificate", key="no key")["id"]
    secured.serve(config)
    assert asked(secured, "p256.test", context())[0] == "p256.test"
    told = json.loads(secured.status("/status").body)["certificates"]["limited"]
    assert {row["id"]: row["reason"].split(" is ")[0] for row in told} == {
        ids["k256"]: "a key on the curve secp256k1",
        ids["rsa1024"]: "an RSA key of 1024 bits",
        ids["broken"]: "not presented: no certificate found",
    }
    config.entities["certificates"] = [
        row for row in config.entities["certificates"] if row["id"] == ids["p256"]
    ]
    secured.serve(config, 2)
    assert "certificates" not in json.loads(secured.status("/status").body)


def test_broken_certificates_leave_the_next_best(secured: Proxy, tmp_path: Path) -> None:
    cert, key = (path.read_text() for path in authority(tmp_path, "wild.test"))
    config = Config()
    wild = config.add("certificates", cert="{vault://env/cert}", key="{vault://env/key}")["id"]
    broken = config.add("certificates", cert="no certificate", key="no key")["id"]
    for name, row in (("*.a.test", wild), ("b.a.test", broken), ("c.test", broken)):
        config.add("snis", name=name, certificate={"id": row})

    def shown(version: int, pairs: list[tuple[str, str]]) -> list[str]:
        prepared = secured.engine.prepare(config.message(version))
        secured.engine.commit(prepared, {}, {wild: pairs})
        return [asked(secured, name, context())[0] for name in ("a.a.test", "b.a.test", "c.test")]

    assert shown(1, [(cert, key)]) == ["wild.test", "wild.test", "default.test"]
    config.add("snis", name="d.test", certificate={"id": wild})
    assert shown(2, [("broken for once", key)]) == ["wild.test", "wild.test", "default.test"]
    told = json.loads(secured.status("/status").body)["certificates"]["limited"]
    assert any(row["id"] == wild and row["reason"].startswith("as it was before: ") for row in told)
