"""Renewing what ends soon."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509

from gopura.plugins.acme import names
from gopura.plugins.acme.issuing import IssuingError

if TYPE_CHECKING:
    from gopura.plugins.acme.issuing import Issuer

log = logging.getLogger(__name__)

DAY_SECONDS = 86400


async def renew_all(issuer: Issuer) -> None:
    """Renew each certificate that was got and ends within the threshold; one after the other."""
    storage = issuer.storage
    planned = await storage.names(names.RENEW)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    await storage.set(names.RENEW_LAST_RUN, now)
    for name in planned:
        try:
            await _renew(issuer, name)
        except IssuingError as error:
            log.error("failed to renew certificate: %s", error)  # noqa: TRY400 - not a bug


async def _renew(issuer: Issuer, name: str) -> None:
    text = await issuer.storage.get(name)
    if text is None:
        return
    planned = json.loads(text)
    within = DAY_SECONDS * (issuer.config.renew_threshold_days or 0)
    if planned["expire_at"] - within > time.time():
        return
    host = planned["host"]
    pair = await issuer.certificates.find(host)
    if pair is None:
        log.warning("%s has no certificate any more: it is not renewed", host)
        await issuer.storage.delete(name)
    elif ends_within(pair.cert, within):
        await issuer.renew(host, pair.key)


def ends_within(certificate: str, seconds: float) -> bool:
    """Whether a certificate ends so soon, or is over."""
    ends = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
    return ends.timestamp() - seconds <= time.time()
