"""oauth2: every flow, what is refused, and tokens on requests."""

import base64
import hashlib
import time
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from gopura.entities.oauth2_credentials import hashed, proves
from gopura.plugin import Node
from gopura.plugin.lifecycle import Use
from gopura.plugins.oauth2 import OAuth2
from gopura.testing import Answer, Gateway
from gopura.testing.client import Client
from tests.plugins.stored import Stored

SECURE: dict[str, str | list[str]] = {"X-Forwarded-Proto": "https"}
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
APP = {"client_id": "ci", "client_secret": "cs"}
NOWHERE = {"client_id": "nowhere", "client_secret": "ns"}
USER = {"provision_key": "pk", "authenticated_userid": "u1"}


def given(**config: Any) -> dict[str, list[dict[str, Any]]]:
    flows = ("authorization_code", "implicit_grant", "client_credentials", "password_grant")
    settings = {f"enable_{flow}": True for flow in flows}
    settings |= {
        "provision_key": "pk",
        "scopes": ["email", "profile"],
        "accept_http_if_already_terminated": True,
    }
    uris = {"redirect_uris": ["http://a.test/cb", "http://b.test/cb?x=1"]}
    return {
        "consumers": [{"username": "bob", "custom_id": "b"}, {"username": "guest"}],
        "oauth2_credentials": [
            {"consumer": "bob", "name": "app", **APP, **uris},
            {"consumer": "bob", "name": "other", "client_id": "other", "client_secret": "os", **uris},
            {
                "consumer": "bob",
                "name": "hashed",
                "client_id": "h",
                "client_secret": "s",
                "hash_secret": True,
            },
            {"consumer": "bob", "name": "public", "client_id": "pi", "client_type": "public", **uris},
            {**NOWHERE, "consumer": "bob", "name": "nowhere", "redirect_uris": []},
        ],
        "plugins": [{"name": "oauth2", "config": settings | config}],
    }


@pytest.fixture
def inside() -> Iterator[Gateway]:
    """A gateway in this process, without a database."""
    with Gateway(given=given(), settings={"trusted_ips": ["127.0.0.0/8"]}) as running:
        yield running


def token(gateway: Client, grant: str, form: dict[str, str] | None = None, at: str = "") -> Answer:
    return gateway.post(f"{at}/oauth2/token", SECURE, form={"grant_type": grant, **APP, **(form or {})})


def authorize(gateway: Client, kind: str = "code", at: str = "", **form: str) -> Answer:
    fields = {"response_type": kind, "client_id": "ci", **USER, **form}
    return gateway.post(f"{at}/oauth2/authorize", SECURE, form=fields)


def arguments(answer: Answer, where: str = "query") -> dict[str, str]:
    uri = urlsplit(answer.json()["redirect_uri"])
    return {name: values[0] for name, values in parse_qs(getattr(uri, where)).items()}


def bearer(text: str) -> dict[str, str | list[str]]:
    return {"Authorization": f"Bearer {text}"}


GRANTS: list[tuple[str, dict[str, str], tuple[int, str] | None]] = [
    ("client_credentials", {}, None),
    ("client_credentials", {"scope": "email profile"}, None),
    ("client_credentials", {"scope": "wrong"}, (400, '"wrong" is an invalid scope')),
    ("client_credentials", {"client_secret": "bad"}, (400, "Invalid client authentication")),
    ("client_credentials", {"client_id": "nobody"}, (400, "Invalid client authentication")),
    ("client_credentials", {"authenticated_userid": "u"}, (400, "Invalid provision_key")),
    ("client_credentials", {"client_id": "h", "client_secret": "s"}, None),
    ("client_credentials", {"client_id": "h", "client_secret": "t"}, (400, "Invalid client authentication")),
    ("nothing", {}, (400, "Invalid grant_type")),
    ("password", {}, (400, "Invalid provision_key")),
    ("password", {"provision_key": "pk"}, (400, "Missing authenticated_userid parameter")),
    ("password", USER, None),
    (
        "password",
        {**USER, "redirect_uri": "http://evil.test"},
        (400, "Invalid redirect_uri that does not match"),
    ),
    ("password", {**USER, **NOWHERE}, (400, "Invalid redirect_uri that does not match")),
    ("client_credentials", NOWHERE, None),
    ("password", {**USER, "client_id": "pi"}, (400, "client_secret is disallowed for public clients")),
    ("authorization_code", {}, (400, "Invalid code")),
    ("authorization_code", {"code": "made-up"}, (400, "Invalid code")),
    ("refresh_token", {"refresh_token": "made-up"}, (400, "Invalid refresh_token")),
]


@pytest.mark.parametrize(("grant", "form", "problem"), GRANTS)
def test_grants(gateway: Stored, grant: str, form: dict[str, str], problem: tuple[int, str] | None) -> None:
    gateway.configure(given())
    answer = token(gateway, grant, form)
    assert answer.headers["Cache-Control"] == "no-store"
    if problem:
        assert (answer.status, answer.json()["error_description"].startswith(problem[1])) == (
            problem[0],
            True,
        )
    else:
        assert (answer.status, answer.json()["token_type"]) == (200, "bearer")
        assert ("refresh_token" in answer.json()) is (grant == "password")


def test_a_wrong_secret_in_the_header_is_challenged(gateway: Stored) -> None:
    gateway.configure(given())
    for pair, padding, status in (("ci:cs", "=", 200), ("ci:cs", "", 200), ("ci:bad", "", 401)):
        basic = base64.b64encode(pair.encode()).decode().rstrip("=") + padding
        headers = SECURE | {"Authorization": f"Basic {basic}"}
        answer = gateway.post("/oauth2/token", headers, form={"grant_type": "client_credentials"})
        assert answer.status == status
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="OAuth2.0"'


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "error"),
    [
        ("POST", "/oauth2/token", {}, 400, "access_denied"),
        ("POST", "/oauth2/token", {"X-Forwarded-Proto": ["https", "https"]}, 400, "access_denied"),
        ("POST", "/oauth2/authorize/", {}, 400, "access_denied"),
        ("GET", "/a/oauth2/token/", SECURE, 405, "invalid_method"),
        ("PUT", "/oauth2/authorize", SECURE, 405, "invalid_method"),
        ("POST", "/oauth2/tokens", SECURE, 401, "invalid_request"),
    ],
)
def test_endpoints(
    gateway: Stored, method: str, path: str, headers: dict[str, str | list[str]], status: int, error: str
) -> None:
    gateway.configure(given())
    answer = gateway.request(method, path, headers, form={"grant_type": "client_credentials", **APP})
    assert (answer.status, answer.json()["error"]) == (status, error)


AUTHORIZATIONS: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"scope": "wrong"}, {"error": "invalid_scope"}),
    ({"kind": "nothing"}, {"error": "unsupported_response_type"}),
    ({"redirect_uri": "http://evil.test/"}, {"error": "invalid_request"}),
    ({"code_challenge_method": "S256"}, {"error": "invalid_request"}),
    ({"code_challenge": "abc", "code_challenge_method": "plain"}, {"error": "invalid_request"}),
    ({"client_id": "pi"}, {"error": "invalid_request"}),
    ({"code_challenge": ""}, {"error": "invalid_request"}),
    ({"state": "\udcff\0"}, {"state": "\ufffd\ufffd"}),
    ({"authenticated_userid": "\udcff"}, {}),
    ({"redirect_uri": "http://b.test/cb?x=1", "state": "a b"}, {"x": "1", "state": "a b"}),
]


@pytest.mark.parametrize(("form", "expected"), AUTHORIZATIONS)
def test_authorizations(gateway: Stored, form: dict[str, str], expected: dict[str, str]) -> None:
    gateway.configure(given())
    answer = authorize(gateway, **form)
    assert answer.status == (400 if "error" in expected else 200)
    assert expected.items() <= arguments(answer).items()
    assert "error" in expected or arguments(answer)["code"]


def test_intruders_are_not_sent_back(gateway: Stored) -> None:
    gateway.configure(given())
    for form in (
        {"provision_key": "bad"},
        {"authenticated_userid": " "},
        {"client_id": "nobody"},
        {"client_id": "nowhere"},
    ):
        assert "redirect_uri" not in authorize(gateway, **form).json()


def test_a_code_works_once_and_for_its_application_only(gateway: Stored) -> None:
    gateway.configure(given())
    code = arguments(authorize(gateway, scope="email"))["code"]
    stranger = {"code": code, "client_id": "other", "client_secret": "os"}
    assert token(gateway, "authorization_code", stranger).json()["error_description"] == "Invalid code"
    issued = token(gateway, "authorization_code", {"code": code})
    assert issued.status == 200
    assert token(gateway, "authorization_code", {"code": code}).status == 400
    assert gateway.get("/", bearer(issued.json()["access_token"])).status == 200
    headers = gateway.upstream.last.headers
    assert (headers["X-Authenticated-Scope"], headers["X-Authenticated-UserId"]) == ("email", "u1")
    assert (headers["X-Consumer-Username"], headers["X-Credential-Identifier"]) == ("bob", "ci")


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        (None, "invalid_request"),
        ("short", "invalid_request"),
        ("0" * 50, "invalid_grant"),
        (VERIFIER, None),
    ],
)
def test_proof_keys(gateway: Stored, verifier: str | None, error: str | None) -> None:
    gateway.configure(given(pkce="strict"))
    assert arguments(authorize(gateway))["error"] == "invalid_request"
    code = arguments(authorize(gateway, code_challenge=CHALLENGE, code_challenge_method="S256"))["code"]
    form = {"code": code} | ({"code_verifier": verifier} if verifier else {})
    assert token(gateway, "authorization_code", form).json().get("error") == error


def test_implicit_tokens(gateway: Stored) -> None:
    gateway.configure(given())
    found = arguments(authorize(gateway, "token", state="s"), "fragment")
    assert (found["token_type"], found["state"], found["expires_in"]) == ("bearer", "s", "7200")
    assert gateway.get("/", bearer(found["access_token"])).status == 200


@pytest.mark.parametrize("reuse", [True, False])
def test_refreshing(gateway: Stored, reuse: bool) -> None:
    gateway.configure(given(reuse_refresh_token=reuse))
    first = token(gateway, "password", USER).json()
    assert gateway.get("/", bearer(first["access_token"])).status == 200
    second = token(gateway, "refresh_token", {"refresh_token": first["refresh_token"]}).json()
    assert (second["refresh_token"] == first["refresh_token"]) is reuse
    assert gateway.get("/", bearer(first["access_token"])).status == 401
    assert gateway.get("/", bearer(second["access_token"])).status == 200
    again = token(gateway, "refresh_token", {"refresh_token": first["refresh_token"]})
    assert again.status == (200 if reuse else 400)
    stranger = {"refresh_token": second["refresh_token"], "client_id": "other", "client_secret": "os"}
    assert token(gateway, "refresh_token", stranger).json()["error"] == "invalid_client"


Place = tuple[str, str, dict[str, str | list[str]], dict[str, str] | None, int]
PLACES: list[Place] = [
    ("GET", "/", {}, None, 401),
    ("GET", "/?a=b&access_token={}", {}, None, 200),
    ("GET", "/", {"Authorization": "Token {}"}, None, 200),
    ("GET", "/", {"Authorization": "bearer {}"}, None, 200),
    ("GET", "/", {"Authorization": "{}"}, None, 200),
    ("GET", "/", {"Authorization": "Basic eDp5"}, None, 401),
    ("POST", "/", {}, {"access_token": "{}", "a": "b"}, 200),
    ("GET", "/?access_token=made-up", {}, None, 401),
    ("GET", "/?access_token=%FF%00", {}, None, 401),
    ("GET", "/", {"Authorization": "Bearer \xff"}, None, 401),
]


@pytest.mark.parametrize(("method", "target", "headers", "form", "status"), PLACES)
def test_places_and_hiding(
    gateway: Stored,
    method: str,
    target: str,
    headers: dict[str, str | list[str]],
    form: dict[str, str] | None,
    status: int,
) -> None:
    gateway.configure(given(hide_credentials=True))
    text = token(gateway, "client_credentials").json()["access_token"]
    sent = {name: str(value).format(text) for name, value in headers.items()}
    fields = form and {name: value.format(text) for name, value in form.items()}
    answer = gateway.request(method, target.format(text), sent, form=fields)
    assert answer.status == status
    if status == 200:
        received = gateway.upstream.last
        assert text not in f"{received.query}{received.headers}{received.body!r}"
    else:
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="service"')


def test_credentials_of_other_plugins_stay(gateway: Stored) -> None:
    gateway.configure(given(hide_credentials=True, anonymous="guest"))
    for value, seen in (("Basic eDp5", "Basic eDp5"), ("Bearer made-up", None)):
        assert gateway.get("/", {"Authorization": value}).status == 200
        assert gateway.upstream.last.headers["Authorization"] == seen


def test_asserted_headers_are_not_the_clients(gateway: Stored) -> None:
    gateway.configure(given(anonymous="guest"))
    assert gateway.get("/", {"X-Authenticated-UserId": "admin", "X-Authenticated-Scope": "all"}).status == 200
    headers = gateway.upstream.last.headers
    assert (headers["X-Authenticated-UserId"], headers["X-Authenticated-Scope"]) == (None, None)
    assert (headers["X-Consumer-Username"], headers["X-Anonymous-Consumer"]) == ("guest", "true")


def test_tokens_end(gateway: Stored) -> None:
    gateway.configure(given(token_expiration=60))
    text = token(gateway, "client_credentials").json()["access_token"]
    assert gateway.get("/", bearer(text)).status == 200
    ended = {"created_at": int(time.time()) - 61}
    gateway.admin.patch(f"/oauth2_tokens/{text}", json=ended).raise_for_status()
    assert gateway.get("/", bearer(text)).status == 401


def two_routes(**config: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Routes of these names, each with its own use of the plugin."""
    routes = [{"name": name, "paths": [f"/{name}"], "service": "echo"} for name in config]
    plugins = [given(**own)["plugins"][0] | {"route": name} for name, own in config.items()]
    return {"routes": routes, **given(), "plugins": plugins}


def test_global_tokens_are_for_global_uses(gateway: Stored) -> None:
    gateway.configure(two_routes(everywhere={"global_credentials": True}, here={}))
    text = token(gateway, "client_credentials", at="/everywhere").json()["access_token"]
    assert gateway.get("/everywhere", bearer(text)).status == 200
    answer = gateway.get("/here", bearer(text))
    assert (answer.status, "The access token is global" in answer.json()["error_description"]) == (401, True)


def test_no_service_no_token(gateway: Stored) -> None:
    route = {"routes": [{"name": "all", "paths": ["/"]}]}
    gateway.configure(route | given())
    assert token(gateway, "client_credentials").status == 500
    assert authorize(gateway, "token").status == 500
    gateway.configure(route | given(global_credentials=True))
    assert token(gateway, "client_credentials").status == 200


def test_global_codes_are_for_their_use_of_the_plugin(gateway: Stored) -> None:
    shared = {"global_credentials": True}
    gateway.configure(two_routes(one=shared, two=shared))
    code = {"code": arguments(authorize(gateway, at="/one"))["code"]}
    refused = token(gateway, "authorization_code", code, at="/two")
    assert refused.json()["error_description"] == "Invalid code"
    assert token(gateway, "authorization_code", code, at="/one").status == 200


def test_old_configurations_are_forgotten() -> None:
    plugin = OAuth2(cast(Node, None))
    for _ in range(3):
        config = OAuth2.Config.load({"enable_client_credentials": True, "provision_key": "k"})
        plugin.prepare(config, Use("an id"))
    assert list(plugin._uses.values()) == ["an id"]


def test_without_a_control_plane(inside: Gateway) -> None:
    inside.records.away = True
    assert token(inside, "client_credentials").status == 503
    assert inside.get("/", bearer("unknown-so-far")).json()["error"] == "temporarily_unavailable"


def test_hashed_secrets() -> None:
    text = hashed("secret")
    assert proves("secret", text)
    assert not proves("other", text)
    assert not proves("secret", "secret")
