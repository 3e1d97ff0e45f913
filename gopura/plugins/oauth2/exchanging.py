"""The token endpoint: applications exchange what they have for tokens."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

from gopura.entities.oauth2_credentials import proves
from gopura.plugin import Pattern
from gopura.plugin.base64 import decoded
from gopura.plugins.oauth2 import checks
from gopura.plugins.oauth2.authorization import encoded
from gopura.plugins.oauth2.issuing import Issuer
from gopura.plugins.oauth2.parameters import Parameters
from gopura.plugins.oauth2.problem import Problem, invalid_client, last

if TYPE_CHECKING:
    from gopura._engine import Entity, Exchange
    from gopura.plugin import Node
    from gopura.plugins.oauth2 import OAuth2

CODES, TOKENS = "oauth2_authorization_codes", "oauth2_tokens"
INVALID_CODE = Problem("invalid_request", "Invalid code")
INVALID_REFRESH = Problem("invalid_request", "Invalid refresh_token")
_BASIC = Pattern(r"\s*[Bb]asic\s*(.+)")


class TokenRequest:
    """One request to the endpoint."""

    def __init__(self, exchange: Exchange, config: OAuth2.Config, node: Node, use: str) -> None:
        self.exchange, self.config, self.node, self.use = exchange, config, node, use
        self.parameters = Parameters(exchange.request)
        self.grant = self.parameters.get("grant_type")
        self.client_id, self.secret, self.by_header = credentials(exchange, self.parameters, config)
        self.client: Entity | None = exchange.find("oauth2_credentials", "client_id", self.client_id)

    async def answer(self) -> tuple[int, dict[str, Any], dict[str, str]]:
        """The status, the body and its headers."""
        headers: dict[str, str] = {}
        try:
            status, given = 200, await self._issue()
        except Problem as problem:
            problem.with_traceback(None)  # some are shared
            status, given = problem.status, problem.parameters()
            if problem.challenge:
                headers["WWW-Authenticate"] = problem.challenge
        state = self.parameters.get("state")
        return status, given if state is None else {**given, "state": state}, headers

    async def _issue(self) -> dict[str, Any]:
        problem = checks.secure(self.exchange.request, self.config, self.node)
        problem = problem or last(
            self._grant_problem(), self._redirect_problem(), await self._client_problem()
        )
        if problem:
            raise problem
        if self.client is None:
            problem = (
                self._user_problem() if self.parameters.get("authenticated_userid") is not None else None
            )
            raise problem or invalid_client()
        issuer = Issuer.at(self.exchange, self.node, self.config, self.client)
        given: dict[str, Any] = await getattr(self, f"_by_{self.grant}")(issuer)
        return given

    def _grant_problem(self) -> Problem | None:
        allowed = {
            "authorization_code": True,
            "refresh_token": True,
            "client_credentials": self.config.enable_client_credentials,
            "password": self.config.enable_password_grant,
        }
        if isinstance(self.grant, str) and allowed.get(self.grant):
            return None
        return Problem("unsupported_grant_type", "Invalid grant_type")

    def _redirect_problem(self) -> Problem | None:
        if self.grant == "client_credentials":
            return None
        try:
            checks.redirect_of(self.parameters, self.client, self.by_header)
        except Problem as problem:
            return problem.with_traceback(None)
        return None

    async def _client_problem(self) -> Problem | None:
        client = self.client
        if client is None:
            return None
        if client.client_type == "public":
            disallowed = "client_secret is disallowed for public clients"
            return Problem("invalid_request", disallowed) if self.secret.strip() else None
        return None if await self._proven(client) else invalid_client(self.by_header)

    async def _proven(self, client: Entity) -> bool:
        if not self.secret:
            return False
        if client.hash_secret:
            return await asyncio.to_thread(proves, self.secret, client.client_secret)
        return checks.same(self.secret, client.client_secret)

    async def _by_client_credentials(self, issuer: Issuer) -> dict[str, Any]:
        user = self.parameters.get("authenticated_userid")
        if user is not None and (problem := self._user_problem()):
            raise problem
        scope = checks.scope_of(self.parameters, self.config)
        return await issuer.issue(None if user is None else str(user), scope, refreshable=False)

    def _user_problem(self) -> Problem | None:
        return checks.provisioned(self.parameters, self.config)

    async def _by_password(self, issuer: Issuer) -> dict[str, Any]:
        if problem := checks.provisioned(self.parameters, self.config):
            raise problem
        user = self.parameters.text("authenticated_userid")
        if not user.strip():
            raise checks.NO_USER
        return await issuer.issue(user, checks.scope_of(self.parameters, self.config))

    async def _by_authorization_code(self, issuer: Issuer) -> dict[str, Any]:
        text = self.parameters.text("code")
        code = await self.node.records.find(CODES, "code", text) if text else None
        if code is None or not belongs(code, issuer):
            raise INVALID_CODE
        if code["challenge_method"] or checks.needs_proof(self.config, issuer.client):
            self._check_verifier(code)
        if self.config.global_credentials and code["plugin"] and code["plugin"]["id"] != self.use:
            raise INVALID_CODE
        if not await self.node.records.delete(CODES, code):
            raise INVALID_CODE  # somebody used it at the same time
        return await issuer.issue(code["authenticated_userid"], code["scope"])

    def _check_verifier(self, code: dict[str, Any]) -> None:
        verifier = self.parameters.get("code_verifier")
        if verifier is None:
            raise Problem("invalid_request", "code_verifier is required for PKCE authorization requests")
        if not isinstance(verifier, str):
            raise Problem("invalid_request", "code_verifier is not a string")
        raw = verifier.encode("utf-8", "surrogateescape")
        if not 43 <= len(raw) <= 128:
            raise Problem("invalid_request", "code_verifier must be between 43 and 128 characters")
        if not checks.same(encoded(hashlib.sha256(raw).digest()), code["challenge"] or ""):
            raise Problem("invalid_grant", "Invalid code")

    async def _by_refresh_token(self, issuer: Issuer) -> dict[str, Any]:
        text = self.parameters.text("refresh_token")
        token = await self.node.records.find(TOKENS, "refresh_token", text) if text else None
        if token is None or not of_service(token, issuer):
            raise INVALID_REFRESH
        if token["credential"]["id"] != issuer.client.id:
            raise invalid_client()
        if set((token["scope"] or "").split()) - set(self.config.scopes or ()):
            raise Problem("invalid_scope", "Scope mismatch")
        return await self._refreshed(issuer, token)

    async def _refreshed(self, issuer: Issuer, token: dict[str, Any]) -> dict[str, Any]:
        if self.config.reuse_refresh_token:
            if (renewed := await issuer.renew(token)) is None:
                raise INVALID_REFRESH
            return renewed
        if not await self.node.records.delete(TOKENS, token):
            raise INVALID_REFRESH
        return await issuer.issue(token["authenticated_userid"], token["scope"])


def belongs(row: dict[str, Any], issuer: Issuer) -> bool:
    """Whether a code is this application's at this service."""
    return of_service(row, issuer) and row["credential"]["id"] == issuer.client.id


def of_service(row: dict[str, Any], issuer: Issuer) -> bool:
    """Whether a row is good for this service."""
    return issuer.service is None or (row["service"] or {}).get("id") == issuer.service


def credentials(exchange: Exchange, parameters: Parameters, config: OAuth2.Config) -> tuple[str, str, bool]:
    """The application's id and secret (or empty texts), and whether they stood in the header."""
    names = ("client_id", "client_secret")
    header = exchange.request.headers.get(config.auth_header_name or "authorization")
    if header is None or all(parameters.get(name) is not None for name in names):
        client_id, secret = map(parameters.text, names)
        return client_id, secret, False
    found = _BASIC.groups(header)
    pair = (found and decoded(found[1])) or b""
    client_id, _, secret = pair.decode("utf-8", "replace").partition(":")
    return client_id, secret, True
