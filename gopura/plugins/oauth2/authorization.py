"""The authorization endpoint: a login page asks for a code or a token for its user."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus, urlsplit

from gopura.plugin.jws import base64url
from gopura.plugins.oauth2 import checks
from gopura.plugins.oauth2.issuing import Issuer, service_of
from gopura.plugins.oauth2.parameters import Parameters
from gopura.plugins.oauth2.problem import Problem, last

if TYPE_CHECKING:
    from gopura._engine import Entity, Exchange
    from gopura.plugin import Node
    from gopura.plugins.oauth2 import OAuth2

CODE_SECONDS = 300


class Authorization:
    """One request to the endpoint."""

    def __init__(self, exchange: Exchange, config: OAuth2.Config, node: Node, use: str) -> None:
        self.exchange, self.config, self.node, self.use = exchange, config, node, use
        self.parameters = Parameters(exchange.request)
        self.kind = self.parameters.get("response_type")
        self.client: Entity | None = exchange.find(
            "oauth2_credentials", "client_id", self.parameters.text("client_id")
        )

    async def answer(self) -> tuple[int, dict[str, Any]]:
        """The status and the body."""
        if problem := self._intruder():
            return 400, self._with_state(problem.parameters())
        problem = self._problem()
        given = self._with_state(problem.parameters() if problem else await self._grant())
        if self.client is not None and (uri := self._redirect(self.client)):
            implicit = problem is None and self.kind == "token"
            given = {"redirect_uri": with_arguments(uri, given, "fragment" if implicit else "query")}
        return 400 if problem else 200, given

    def _intruder(self) -> Problem | None:
        if problem := checks.secure(self.exchange.request, self.config, self.node):
            return problem
        if problem := checks.provisioned(self.parameters, self.config):
            return problem
        return None if self.parameters.text("authenticated_userid").strip() else checks.NO_USER

    def _problem(self) -> Problem | None:
        checks_ = (self._check_kind, self._check_scope, self._check_redirect, self._check_challenge)
        return last(*map(_problem_of, checks_))

    def _check_kind(self) -> None:
        allowed = {"code": self.config.enable_authorization_code, "token": self.config.enable_implicit_grant}
        if not (isinstance(self.kind, str) and allowed.get(self.kind)):
            raise Problem("unsupported_response_type", "Invalid response_type")

    def _check_scope(self) -> None:
        checks.scope_of(self.parameters, self.config)

    def _check_redirect(self) -> None:
        checks.redirect_of(self.parameters, self.client)

    def _check_challenge(self) -> None:
        challenge, _method = challenge_of(self.parameters)
        if self.client and challenge is None and checks.needs_proof(self.config, self.client):
            kind = self.client.client_type
            raise Problem("invalid_request", f"code_challenge is required for {kind} clients")

    def _redirect(self, client: Entity) -> str | None:
        try:
            return checks.redirect_of(self.parameters, client)
        except Problem:
            return client.redirect_uris[0] if client.redirect_uris else None

    async def _grant(self) -> dict[str, Any]:
        assert self.client is not None
        scope, user = (
            checks.scope_of(self.parameters, self.config),
            self.parameters.text("authenticated_userid"),
        )
        if self.kind == "token":
            issuer = Issuer.at(self.exchange, self.node, self.config, self.client)
            return await issuer.issue(user, scope, refreshable=False)
        service = service_of(self.exchange, self.config)
        challenge, method = challenge_of(self.parameters)
        code = {
            "service": service and {"id": service},
            "credential": {"id": self.client.id},
            "authenticated_userid": user,
            "scope": scope,
            "challenge": challenge,
            "challenge_method": method,
            "plugin": {"id": self.use},
        }
        return {
            "code": (await self.node.records.insert("oauth2_authorization_codes", code, CODE_SECONDS))["code"]
        }

    def _with_state(self, given: dict[str, Any]) -> dict[str, Any]:
        state = self.parameters.get("state")
        return given if state is None else {**given, "state": state}


def _problem_of(check: Any) -> Problem | None:
    try:
        check()
    except Problem as problem:
        return problem.with_traceback(None)
    return None


def challenge_of(parameters: Parameters) -> tuple[str | None, str | None]:
    """The challenge of the proof key and its method (RFC 7636), or neither; raises Problem."""
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise Problem("invalid_request", "code_challenge is required when code_method is present")
        return None, None
    if method not in (None, "S256", "s256"):
        raise Problem("invalid_request", "code_challenge_method is not supported, must be S256")
    decoded = base64url(challenge) if isinstance(challenge, str) else b""
    proof: str = challenge if decoded is None else encoded(decoded)
    if not proof:
        raise Problem("invalid_request", "code_challenge is empty")
    return proof, "S256"


def encoded(data: bytes) -> str:
    """Base64 of the URL alphabet without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_arguments(uri: str, arguments: dict[str, Any], where: str) -> str:
    """The address with arguments added to its query string or its fragment, in the order of their names."""
    parts = urlsplit(uri)
    merged = _arguments(getattr(parts, where)) | {name: str(value) for name, value in arguments.items()}
    text = "&".join(
        _escaped(name) if value is None else f"{_escaped(name)}={_escaped(value)}"
        for name, value in sorted(merged.items())
    )
    return parts._replace(**{where: text}).geturl()


def _arguments(text: str) -> dict[str, str | None]:
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {unquote_plus(name): unquote_plus(value) if equals else None for name, equals, value in pairs}


def _escaped(text: str) -> str:
    first, *others = quote(text, safe="-_.!~*'()").split("%")
    # In lower case, as Kong has it.
    return first + "".join(f"%{part[:2].lower()}{part[2:]}" for part in others)
