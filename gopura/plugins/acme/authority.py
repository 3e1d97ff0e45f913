"""One conversation with a certificate authority by RFC 8555. Its methods wait: call them on a thread."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from acme import challenges, crypto_util, errors, messages
from acme.client import ClientNetwork, ClientV2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from josepy.jwa import ES256, RS256
from josepy.jwk import JWK, JWKEC, JWKRSA

from gopura.plugins.acme.connecting import Connecting
from gopura.release import VERSION

if TYPE_CHECKING:
    from gopura.plugins.acme import Acme
    from gopura.resolver import Resolver

_ANSWER_SECONDS = 20
ORDER_SECONDS = 60
"""How long an authority may take to look at the answers and to sign."""


class AuthorityError(Exception):
    """What an authority refuses, or that it cannot be reached; the message is for operators."""


@dataclass(frozen=True)
class Challenge:
    """What an authority asks for, the answer, and where to say that it may look."""

    token: str
    answer: str
    body: Any


class Authority:
    """The conversation of one account; `trusted` says whose HTTPS servers are believed, `resolver` where names are."""

    def __init__(
        self,
        config: Acme.Config,
        account_key: str,
        trusted: ssl.SSLContext,
        resolver: Resolver | None = None,
    ) -> None:
        self._config = config
        self._key, algorithm = _signer(account_key)
        self._network = ClientNetwork(
            self._key, alg=algorithm, user_agent=f"gopura/{VERSION}", timeout=_ANSWER_SECONDS
        )
        self._network.session.trust_env = False
        for scheme in ("https://", "http://"):
            self._network.session.mount(scheme, Connecting(trusted, resolver))

    def log_in(self) -> None:
        """Read the directory, and find the key's account or make one."""
        directory = self._directory()
        self._client = ClientV2(directory, self._network)
        try:
            self._client.new_account(self._registration(directory))
        except errors.ConflictError as known:
            account = messages.RegistrationResource(uri=known.location, body=messages.Registration())
            self._network.account = account

    def order(self, host: str, key: str) -> tuple[messages.OrderResource, list[Challenge]]:
        """Order a certificate for a name or an address."""
        order = self._client.new_order(_request(host, key))
        pending = [it for it in order.authorizations if it.body.status == messages.STATUS_PENDING]
        return order, [self._challenge(authorization) for authorization in pending]

    def finish(self, order: messages.OrderResource, answered: Iterable[Challenge]) -> str:
        """Have the authority look at the answers; the certificate with its chain, as PEM."""
        until = datetime.now() + timedelta(seconds=ORDER_SECONDS)
        for challenge in answered:
            self._client.answer_challenge(challenge.body, challenge.body.response(self._key))
        order = self._client.poll_authorizations(order, until)
        wanted = self._config.preferred_chain
        order = self._client.finalize_order(order, until, fetch_alternative_chains=wanted is not None)
        return preferred([order.fullchain_pem, *(order.alternative_fullchains_pem or ())], wanted)

    def _directory(self) -> messages.Directory:
        *tried, last = directories(str(self._config.api_uri))
        for address in tried:
            with suppress(errors.ClientError, messages.Error):
                return ClientV2.get_directory(address, self._network)
        return ClientV2.get_directory(last, self._network)

    def _registration(self, directory: messages.Directory) -> messages.NewRegistration:
        terms = getattr(directory.meta, "terms_of_service", None)
        if terms and not self._config.tos_accepted:
            raise AuthorityError(f"config.tos_accepted is false; the terms of service are at {terms}")
        return messages.NewRegistration.from_data(
            email=self._config.account_email,
            terms_of_service_agreed=True,
            external_account_binding=self._external(directory),
        )

    def _external(self, directory: messages.Directory) -> dict[str, Any] | None:
        kid, key = self._config.eab_kid, self._config.eab_hmac_key
        if not kid or not key:
            return None
        public = self._key.public_key()
        return messages.ExternalAccountBinding.from_data(public, kid, key, directory)

    def _challenge(self, authorization: messages.AuthorizationResource) -> Challenge:
        for body in authorization.body.challenges:
            if isinstance(body.chall, challenges.HTTP01):
                return Challenge(body.chall.encode("token"), body.chall.validation(self._key), body)
        raise AuthorityError("the authority offers no http-01 challenge")


def reason(error: Exception) -> str:
    """What went wrong, for an operator."""
    if isinstance(error, errors.ValidationError):
        found = [
            challenge.error
            for authorization in error.failed_authzrs
            for challenge in authorization.body.challenges
            if challenge.error is not None
        ]
        return "; ".join(map(str, found))
    return str(error) or type(error).__name__


def directories(api_uri: str) -> list[str]:
    """Where the directory may be: older configurations leave out its last part."""
    return [api_uri] if api_uri.endswith("/directory") else [f"{api_uri.rstrip('/')}/directory", api_uri]


def _signer(pem: str) -> tuple[JWK, Any]:
    key = load_pem_private_key(pem.encode(), None)
    return (JWKRSA(key=key), RS256) if isinstance(key, rsa.RSAPrivateKey) else (JWKEC(key=key), ES256)


def _request(host: str, key: str) -> bytes:
    try:
        return crypto_util.make_csr(key.encode(), ipaddrs=[ip_address(host)])
    except ValueError:
        return crypto_util.make_csr(key.encode(), domains=[host])


def preferred(chains: list[str], root: str | None) -> str:
    """The chain that a root of this name has signed, or the authority's first."""
    return next((chain for chain in chains if root is not None and _issuer(chain) == root), chains[0])


def _issuer(chain: str) -> str | None:
    last = x509.load_pem_x509_certificates(chain.encode())[-1]
    found = last.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else None
