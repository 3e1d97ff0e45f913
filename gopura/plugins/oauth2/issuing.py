"""Making tokens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from gopura.schema.complete import random_key

if TYPE_CHECKING:
    from gopura._engine import Entity, Exchange
    from gopura.plugin import Node
    from gopura.plugins.oauth2 import OAuth2


@dataclass(frozen=True)
class Issuer:
    """Makes tokens for one application at one service."""

    node: Node
    config: OAuth2.Config
    client: Entity
    service: str | None
    """The service's id; None when its tokens are good for all."""

    @classmethod
    def at(cls, exchange: Exchange, node: Node, config: OAuth2.Config, client: Entity) -> Self:
        """For the request's service; raises LookupError on a route without one, unless tokens are good for all."""
        service = service_of(exchange, config)
        if service is None and not config.global_credentials:
            # A token without a service would be good wherever 'global_credentials' is set.
            raise LookupError("there is no service for which a token could be good")
        return cls(node, config, client, service)

    async def issue(self, user: str | None, scope: str | None, *, refreshable: bool = True) -> dict[str, Any]:
        """Return the parameters of a new token."""
        refresh = random_key() if refreshable and self.config.token_expiration > 0 else None
        token = {
            "service": self.service and {"id": self.service},
            "credential": {"id": self.client.id},
            "authenticated_userid": user,
            "expires_in": int(self.config.token_expiration),
            "refresh_token": refresh,
            "scope": scope,
        }
        return self._shown(await self.node.records.insert("oauth2_tokens", token, self._ttl()))

    async def renew(self, token: dict[str, Any]) -> dict[str, Any] | None:
        """Return the parameters of a token with the same refresh token; None when it is gone."""
        changes = {
            "access_token": random_key(),
            "expires_in": int(self.config.token_expiration),
            "created_at": int(time.time()),
        }
        renewed = await self.node.records.update("oauth2_tokens", token, changes, self._ttl())
        return renewed and self._shown(renewed)

    def _ttl(self) -> float | None:
        lasting = self.config.token_expiration > 0 and self.config.refresh_token_ttl > 0
        return self.config.refresh_token_ttl if lasting else None

    @staticmethod
    def _shown(token: dict[str, Any]) -> dict[str, Any]:
        shown = {
            "access_token": token["access_token"],
            "token_type": "bearer",
            "expires_in": token["expires_in"] or None,
            "refresh_token": token["refresh_token"],
        }
        return {name: value for name, value in shown.items() if value is not None}


def service_of(exchange: Exchange, config: OAuth2.Config) -> str | None:
    """The id of the service that tokens are good for; None when they are good for all."""
    service = exchange.service
    return None if config.global_credentials or service is None else service.id
