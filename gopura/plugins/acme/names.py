"""The names under which everything lies in a storage: those of Kong, which may have filled it."""

from __future__ import annotations

import base64

RENEW = "kong_acme:renew_config:"
RENEW_LAST_RUN = "kong_acme:renew_last_run"
CERTIFICATE = "kong_acme:cert_key:"

RESERVED = (RENEW, RENEW_LAST_RUN, CERTIFICATE)
"""What no namespace may begin with."""


def account(api_uri: str, email: str) -> str:
    """The account of a mail address at an authority."""
    return f"kong_acme:account:{api_uri}:{base64.b64encode(email.encode()).decode()}"


def challenge(token: str) -> str:
    """What to answer to an authority that asks for this token."""
    return f"{token}#http-01"


def failure(host: str) -> str:
    """When a host may be tried again."""
    return f"kong_acme:fail_backoff:{host}"


def lock(host: str) -> str:
    """Held by the node that is getting a certificate for a host."""
    return f"kong_acme:update_lock:{host}"


def renewal(host: str) -> str:
    """That a host's certificate is renewed, and when it ends."""
    return RENEW + host


def certificate(host: str) -> str:
    """A host's certificate and key, where no database keeps them."""
    return CERTIFICATE + host
