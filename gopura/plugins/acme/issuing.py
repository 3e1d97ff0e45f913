"""Getting a certificate for one name: one node at a time, and not at once again after a failure."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gopura.plugins.acme import account, names
from gopura.plugins.acme.certificates import Pair
from gopura.resolver import here

if TYPE_CHECKING:
    from gopura.plugins.acme import Acme
    from gopura.plugins.acme.authority import Authority
    from gopura.plugins.acme.certificates import Certificates
    from gopura.plugins.acme.storage import Storage
    from gopura.store import Store

log = logging.getLogger(__name__)

_LOCK_SECONDS = 180
"""Longer than an order takes: a node that died meanwhile keeps the others away no longer."""
_CHALLENGE_SECONDS = 3600


class IssuingError(Exception):
    """A name gets no certificate now; the message says why."""


@dataclass(frozen=True)
class Issuer:
    """Gets certificates by one configuration; `trusted` says whose HTTPS servers are believed."""

    config: Acme.Config
    storage: Storage
    certificates: Certificates
    store: Store
    trusted: ssl.SSLContext

    async def create(self, host: str) -> None:
        """Get a certificate with a new key; IssuingError."""
        await self._locked(host, None)

    async def create_missing(self, host: str) -> None:
        """Get a certificate unless another node just did, or this is not the time; IssuingError."""
        with suppress(_NotNowError):
            await self._locked(host, None, only_missing=True)

    async def renew(self, host: str, key: str) -> None:
        """Get a newer certificate for the same key, unless this is not the time; IssuingError."""
        with suppress(_NotNowError):
            await self._locked(host, key)

    async def _locked(self, host: str, key: str | None, only_missing: bool = False) -> None:
        await self._refuse_too_early(host)
        if not await self.storage.add(names.lock(host), "placeholder", _LOCK_SECONDS):
            raise _NotNowError(f"a certificate for {host} is being created already")
        try:
            if only_missing and await self.certificates.find(host):
                return
            await self._issue(host, key)
        finally:
            await self.storage.delete(names.lock(host))

    async def _refuse_too_early(self, host: str) -> None:
        until = await self.storage.get(names.failure(host))
        if until is not None:
            wait = int(float(until) - time.time())
            raise _NotNowError(
                f"please try again in {wait} seconds for host {host} because of previous failure; "
                "this is configurable with config.fail_backoff_minutes"
            )

    async def _issue(self, host: str, key: str | None) -> None:
        try:
            pair = await self._pair(host, key)
            await self.certificates.save(host, pair)
            await self._plan_renewal(host, pair)
        except Exception as error:
            from gopura.plugins.acme.authority import reason

            await self._back_off(host)
            raise IssuingError(
                f"could not create certificate for host: {host} err: {reason(error)}"
            ) from error
        log.info("%s has a new certificate", host)

    async def _pair(self, host: str, key: str | None) -> Pair:
        from gopura.plugins.acme.authority import (
            Authority,
        )  # only nodes that get certificates need the library

        account_key = await account.key_of(self.config, self.storage, self.store)
        if key is None:
            key = await asyncio.to_thread(new_key, self.config)
        authority = await asyncio.to_thread(Authority, self.config, account_key, self.trusted, here())
        await asyncio.to_thread(authority.log_in)
        return Pair(await self._ordered(authority, host, key), key)

    async def _ordered(self, authority: Authority, host: str, key: str) -> str:
        order, challenges = await asyncio.to_thread(authority.order, host, key)
        try:
            for challenge in challenges:
                name = names.challenge(challenge.token)
                await self.storage.set(name, challenge.answer, _CHALLENGE_SECONDS)
            return await asyncio.to_thread(authority.finish, order, challenges)
        finally:
            for challenge in challenges:
                await self.storage.delete(names.challenge(challenge.token))

    async def _plan_renewal(self, host: str, pair: Pair) -> None:
        ends = x509.load_pem_x509_certificate(pair.cert.encode()).not_valid_after_utc
        planned: dict[str, Any] = {"host": host, "expire_at": int(ends.timestamp())}
        await self.storage.set(names.renewal(host), json.dumps(planned))

    async def _back_off(self, host: str) -> None:
        seconds = int((self.config.fail_backoff_minutes or 0) * 60)
        if seconds:
            await self.storage.set(names.failure(host), str(int(time.time()) + seconds), seconds)


class _NotNowError(IssuingError):
    """Somebody else is at it, or it failed a short while ago."""


def new_key(config: Acme.Config) -> str:
    """A private key for a certificate, as PEM."""
    if config.cert_type == "ecc":
        return account.text(ec.generate_private_key(ec.SECP256R1()))
    return account.text(rsa.generate_private_key(65537, int(config.rsa_key_size or 4096)))
