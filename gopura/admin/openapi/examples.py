"""One plain input for each entity."""

from typing import Any

_ID = "5b1b9c9e-6a3c-4d0e-8f5a-0d8f7c1e2a33"
_CONSUMER = {"consumer": {"id": _ID}}

EXAMPLES: dict[str, dict[str, Any]] = {
    "services": {"name": "orders", "url": "http://orders.internal:8080/v1"},
    "routes": {"name": "orders", "paths": ["/orders"], "service": {"id": _ID}},
    "consumers": {"username": "alice", "custom_id": "4711"},
    "plugins": {"name": "key-auth", "config": {"key_names": ["apikey"]}},
    "upstreams": {"name": "orders.internal"},
    "targets": {"target": "10.0.0.1:8080", "weight": 100, "upstream": {"id": _ID}},
    "snis": {"name": "www.example.com", "certificate": {"id": _ID}},
    "vaults": {"name": "env", "prefix": "my-env"},
    "key_sets": {"name": "signing"},
    "keyauth_credentials": {"key": "a-long-secret", **_CONSUMER},
    "basicauth_credentials": {"username": "alice", "password": "secret", **_CONSUMER},
    "hmacauth_credentials": {"username": "alice", "secret": "secret", **_CONSUMER},
    "jwt_secrets": {"key": "alice", "secret": "secret", **_CONSUMER},
    "oauth2_credentials": {"name": "app", "redirect_uris": ["https://app.example.com/back"], **_CONSUMER},
    "acls": {"group": "staff", **_CONSUMER},
}
