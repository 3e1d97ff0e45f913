"""A gateway with a database: certificates become entities, by the Admin API and by the first visit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from tests.plugins.acme.conftest import Pair
from tests.plugins.acme.presented import issuer, names, presented, until
from tests.servers.gateway import Gateway
from tests.servers.pebble import Pebble

KEY_OF_ACCOUNT = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


@pytest.fixture
def admin(gateway: Gateway) -> Iterator[httpx.Client]:
    """The Admin API; what an earlier test configured is gone."""
    with gateway.client() as client:
        for kind in ("plugins", "snis", "certificates", "acme_storage", "routes", "services", "keys"):
            for row in client.get(f"/{kind}").json()["data"]:
                assert client.delete(f"/{kind}/{row['id']}").status_code == 204
        yield client


def configure(admin: httpx.Client, pebble: Pebble, **settings: Any) -> str:
    """Have the plugin configured; its id."""
    usual = {
        "account_email": "ops@example.com",
        "api_uri": pebble.directory,
        "tos_accepted": True,
        "domains": ["a.test", "*.b.test"],
        "storage": "kong",
        "cert_type": "ecc",
    }
    answer = admin.post("/plugins", json={"name": "acme", "config": usual | settings})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def kept(admin: httpx.Client) -> dict[str, str]:
    return {row["key"]: row["value"] for row in admin.get("/acme_storage").json()["data"]}


def test_the_admin_api_creates(gateway: Gateway, admin: httpx.Client, pebble: Pebble) -> None:
    configure(admin, pebble)
    answer = admin.post("/acme", data={"host": "a.test"})
    assert (answer.status_code, answer.json()) == (
        201,
        {"message": "certificate for host a.test is created"},
    )
    certificate = presented(gateway, "a.test")
    assert issuer(certificate).startswith("Pebble Intermediate")
    assert names(certificate) == ["a.test"]
    assert presented(gateway, "other.test") != certificate
    [sni] = admin.get("/snis").json()["data"]
    [row] = admin.get("/certificates").json()["data"]
    assert (sni["name"], sni["certificate"]["id"], sni["tags"]) == ("a.test", row["id"], ["managed-by-acme"])
    shown = admin.get("/acme/certificates").json()["data"]
    assert [(one["host"], one["valid"], one["pubkey_type"]) for one in shown] == [
        ("a.test", True, "id-ecPublicKey")
    ]
    assert admin.get("/acme/certificates/a.test").json()["data"] == shown[0]
    assert admin.get("/acme/certificates?invalid_only=1").json() == {"data": {}}


def test_nothing_is_left_of_the_work(admin: httpx.Client, pebble: Pebble) -> None:
    configure(admin, pebble)
    assert admin.post("/acme", json={"host": "a.test"}).status_code == 201
    [account, renewal] = sorted(kept(admin))
    assert account.startswith(f"kong_acme:account:{pebble.directory}:")
    assert renewal == "kong_acme:renew_config:a.test"


def test_the_first_visit_creates(gateway: Gateway, admin: httpx.Client, pebble: Pebble) -> None:
    configure(admin, pebble)
    assert issuer(presented(gateway, "www.b.test")) == "localhost"  # the visitor does not wait
    until(lambda: issuer(presented(gateway, "www.b.test")) != "localhost")
    assert names(presented(gateway, "www.b.test")) == ["www.b.test"]


def test_renewal_keeps_the_key(gateway: Gateway, admin: httpx.Client, pebble: Pebble) -> None:
    plugin = configure(admin, pebble)
    assert admin.post("/acme", json={"host": "a.test"}).status_code == 201
    before = presented(gateway, "a.test")
    assert admin.patch("/acme").status_code == 202  # it is not due
    admin.patch(f"/plugins/{plugin}", json={"config": {"renew_threshold_days": 100}})
    answer = admin.patch("/acme")
    assert (answer.status_code, answer.json()) == (202, {"message": "Renewal process started successfully"})
    until(lambda: presented(gateway, "a.test") != before)
    after = presented(gateway, "a.test")
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    assert after.public_key().public_bytes(*form) == before.public_key().public_bytes(*form)
    assert len(admin.get("/certificates").json()["data"]) == 1


def test_what_lost_its_certificate_is_renewed_no_more(admin: httpx.Client, pebble: Pebble) -> None:
    configure(admin, pebble, renew_threshold_days=100)
    assert admin.post("/acme", json={"host": "a.test"}).status_code == 201
    for kind in ("snis", "certificates"):
        [row] = admin.get(f"/{kind}").json()["data"]
        admin.delete(f"/{kind}/{row['id']}")
    admin.patch("/acme")
    until(lambda: "kong_acme:renew_config:a.test" not in kept(admin))


def test_a_failure_is_not_repeated_at_once(gateway: Gateway, admin: httpx.Client, pebble: Pebble) -> None:
    configure(admin, pebble, api_uri="https://127.0.0.1:1/directory")
    first, second = (admin.post("/acme", json={"host": "a.test"}) for _ in range(2))
    assert first.status_code == second.status_code == 500
    assert first.json()["message"].startswith(
        "failed to update certificate: could not create certificate for host: a.test err: "
    )
    assert "config.fail_backoff_minutes" in second.json()["message"]
    assert "kong_acme:update_lock:a.test" not in kept(admin)


def test_terms_must_be_accepted(admin: httpx.Client, pebble: Pebble) -> None:
    configure(admin, pebble, tos_accepted=False)
    answer = admin.post("/acme", json={"host": "a.test"})
    assert answer.status_code == 500
    assert "config.tos_accepted is false" in answer.json()["message"]


def test_the_preferred_chain(gateway: Gateway, admin: httpx.Client, pebble: Pebble) -> None:
    wanted = pebble.root_name(1)
    configure(admin, pebble, preferred_chain=wanted)
    assert admin.post("/acme", json={"host": "a.test"}).status_code == 201
    [row] = admin.get("/certificates").json()["data"]
    assert pebble.signed_by(row["cert"], 1)
    assert not pebble.signed_by(row["cert"], 0)


def test_the_account_has_the_configured_key(admin: httpx.Client, pebble: Pebble, tmp_path: Path) -> None:
    from tests.engine.certificates import authority

    private = authority(tmp_path, "x.test")[1].read_text()
    admin.post("/keys", json={"name": "account", "kid": "k1", "pem": {"private_key": private}})
    configure(admin, pebble, account_key={"key_id": "k1"})
    assert admin.post("/acme", json={"host": "a.test"}).status_code == 201
    [account] = [value for name, value in kept(admin).items() if name.startswith("kong_acme:account:")]
    assert json.loads(account) == {"key": private}


def test_an_account_key_that_is_not_there(admin: httpx.Client, pebble: Pebble) -> None:
    configure(admin, pebble, account_key={"key_id": "k2", "key_set": "none"})
    answer = admin.post("/acme", json={"host": "a.test"})
    assert "there is no key set none" in answer.json()["message"]


def test_an_external_account(gateway: Gateway, admin: httpx.Client, pair: Pair) -> None:
    pebble = Pebble(gateway.proxy_port, pair, KEY_OF_ACCOUNT)
    try:
        plugin = configure(admin, pebble, fail_backoff_minutes=0)
        assert "externalAccount" in admin.post("/acme", json={"host": "a.test"}).json()["message"]
        external = {"eab_kid": "kid-1", "eab_hmac_key": KEY_OF_ACCOUNT}
        assert admin.patch(f"/plugins/{plugin}", json={"config": external}).status_code == 200
        answer = admin.post("/acme", json={"host": "a.test"})
        assert answer.status_code == 201, answer.text
    finally:
        pebble.stop()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "host must be provided and containing a single domain"),
    ({"host": ["a.test"]}, "host must be provided and containing a single domain"),
    ({"host": "a.test:80"}, "port is not allowed in host"),
    (
        {"host": "c.test", "test_http_challenge_flow": True},
        "problem found running sanity check for c.test: host is not included in plugin config.domains",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_refused(admin: httpx.Client, pebble: Pebble, body: dict[str, Any], message: str) -> None:
    configure(admin, pebble)
    answer = admin.post("/acme", json=body)
    assert (answer.status_code, answer.json()) == (400, {"message": message})


def test_unconfigured(admin: httpx.Client) -> None:
    assert admin.get("/acme/certificates").status_code == 404
    assert admin.get("/acme/certificates/a.test").status_code == 404
    assert admin.post("/acme", json={"host": "a.test"}).status_code == 404
    assert admin.patch("/acme").status_code == 202


QUESTIONS: list[tuple[str, str, int, str]] = [
    ("a.test", "token-1", 200, "answer-1\n"),
    ("x.b.test", "token-1", 200, "answer-1\n"),
    ("A.test", "token-1", 200, "answer-1\n"),
    ("a.test", "unknown", 404, "Not found\n"),
    ("a.test", "x", 404, "Not found\n"),
    ("c.test", "token-1", 401, ""),
    ("xb.test", "token-1", 401, ""),
]


@pytest.mark.parametrize(("host", "token", "status", "body"), QUESTIONS)
def test_questions_go_before_authentication(
    gateway: Gateway, admin: httpx.Client, pebble: Pebble, host: str, token: str, status: int, body: str
) -> None:
    admin.post("/acme_storage", json={"key": "token-1#http-01", "value": "answer-1"})
    service = admin.post("/services", json={"url": "http://127.0.0.1:1"}).json()
    admin.post(f"/services/{service['id']}/routes", json={"paths": ["/"]})
    admin.post("/plugins", json={"name": "key-auth"})
    configure(admin, pebble)
    with gateway.visitor() as visitor:
        answer = visitor.get(f"/.well-known/acme-challenge/{token}", headers={"host": host})
    assert answer.status_code == status
    assert not body or answer.text == body


def test_no_secret_reaches_the_log(gateway: Gateway) -> None:
    """At the end: of all that the tests above did."""
    written = "".join(path.read_text() for path in (gateway.prefix / "logs").iterdir())
    assert "PRIVATE" not in written
    assert KEY_OF_ACCOUNT not in written
