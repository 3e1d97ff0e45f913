"""What both endpoints verify."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from gopura.plugins.oauth2.problem import Problem, invalid_client

if TYPE_CHECKING:
    from gopura._engine import Entity, Request
    from gopura.plugin import Node
    from gopura.plugins.oauth2 import OAuth2
    from gopura.plugins.oauth2.parameters import Parameters

FOREIGN_REDIRECT = Problem(
    "invalid_request",
    "Invalid redirect_uri that does not match with any redirect_uri created with the application",
)
NO_USER = Problem("invalid_authenticated_userid", "Missing authenticated_userid parameter")


def secure(request: Request, config: OAuth2.Config, node: Node) -> Problem | None:
    """The client used HTTPS, here or at a trusted proxy before us."""
    refusal = "You must use HTTPS"
    if request.scheme == "https":
        return None
    if config.accept_http_if_already_terminated and node.trusts(request.peer_ip):
        schemes = request.headers.get_all("x-forwarded-proto")
        if [scheme.lower() for scheme in schemes] == ["https"]:
            return None
        if len(schemes) > 1:
            refusal = "Only one X-Forwarded-Proto header allowed"
    return Problem("access_denied", refusal)


def provisioned(parameters: Parameters, config: OAuth2.Config) -> Problem | None:
    """The request comes from who knows the provision key."""
    given = parameters.text("provision_key")
    if same(given, config.provision_key):
        return None
    return Problem("invalid_provision_key", "Invalid provision_key")


def scope_of(parameters: Parameters, config: OAuth2.Config) -> str | None:
    """The scopes that are asked for; raises Problem."""
    given = parameters.get("scope")
    if given is None:
        if config.mandatory_scope:
            raise Problem("invalid_scope", "You must specify a scope")
        return None
    if config.scopes is None:
        return None
    if not isinstance(given, str):
        raise Problem("invalid_scope", "scope must be a string")
    for scope in given.split():
        if scope not in config.scopes:
            raise Problem("invalid_scope", f'"{scope}" is an invalid scope')
    return " ".join(given.split()) or None


def redirect_of(parameters: Parameters, client: Entity | None, by_header: bool = False) -> str:
    """Where the application wants its user back; one of its own addresses. Raises Problem."""
    if client is None or client.redirect_uris is None:
        raise invalid_client(by_header)
    uris = client.redirect_uris
    given = parameters.get("redirect_uri")
    if given is None and uris:
        return str(uris[0])
    if given not in uris:
        raise FOREIGN_REDIRECT
    return str(given)


def needs_proof(config: OAuth2.Config, client: Entity) -> bool:
    """Whether the application must use proof keys for its codes."""
    if client.client_type == "public":
        return config.pkce != "none"
    return config.pkce == "strict"


def same(given: str, own: str) -> bool:
    """Whether two secrets are one, in constant time."""
    first, second = (text.encode("utf-8", "surrogateescape") for text in (given, own))
    return hmac.compare_digest(first, second)
