"""Plain inputs: well-chosen ones for the product's entities, made from the description for those of plugins."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from gopura import schema
from gopura.schema import Between, EntityType, Field, LenMin, OneOf, SchemaViolation, StartsWith, UuidText
from gopura.schema.field import UNSET

Value = dict[str, Any]

ID = "5b1b9c9e-6a3c-4d0e-8f5a-0d8f7c1e2a33"
_WHEN = 1700000000
_CONSUMER = {"consumer": {"id": ID}}
_AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUT9zfaF/Mzpfjip6T2U/bHRpd0C4wCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRRXhhbXBsZSBhdXRob3JpdHkwIBcNMjYxMTMwMTAzNTM3WhgP
MjEyNjExMDYxMDM1MzdaMBwxGjAYBgNVBAMMEUV4YW1wbGUgYXV0aG9yaXR5MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaGxSDWlyRXmlRTqyj8RkP5mRT/tYYJQr
2hffQ1y9gpnUuC/IAJVXhQHEr+lxAgyV7MyRhxWf41f8cPVn57NifKNTMFEwHQYD
VR0OBBYEFLueqxBV54r6Z6XeNsmYsgiuY8a8MB8GA1UdIwQYMBaAFLueqxBV54r6
Z6XeNsmYsgiuY8a8MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIh
AN1HQ9fYEDmkaFLJH/Ho64QHf+D27bqI+bXz5Yeie1XKAiB8BepiMKcyu+ewfS0T
youlQVlifE9ogY7ylXNW1y96mQ==
-----END CERTIFICATE-----"""
_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "2026-11",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}

EXAMPLES: dict[str, Value] = {
    "services": {"name": "orders", "url": "http://orders.internal:8080/v1"},
    "routes": {"name": "orders", "paths": ["/orders"], "service": {"id": ID}},
    "consumers": {"username": "alice", "custom_id": "4711"},
    "plugins": {"name": "key-auth", "config": {"key_names": ["apikey"]}},
    "upstreams": {"name": "orders.internal"},
    "targets": {"target": "10.0.0.1:8080", "weight": 100, "upstream": {"id": ID}},
    "certificates": {"cert": "{vault://env/www-certificate}", "key": "{vault://env/www-key}"},
    "ca_certificates": {"cert": _AUTHORITY},
    "snis": {"name": "www.example.com", "certificate": {"id": ID}},
    "vaults": {"name": "env", "prefix": "my-env"},
    "key_sets": {"name": "signing"},
    "keys": {"name": "signing-2026-11", "kid": "2026-11", "jwk": json.dumps(_KEY)},
    "keyauth_credentials": {"key": "a-long-secret", **_CONSUMER},
    "basicauth_credentials": {"username": "alice", "password": "secret", **_CONSUMER},
    "hmacauth_credentials": {"username": "alice", "secret": "secret", **_CONSUMER},
    "jwt_secrets": {"key": "alice", "secret": "secret", **_CONSUMER},
    "oauth2_credentials": {"name": "app", "redirect_uris": ["https://app.example.com/back"], **_CONSUMER},
    "acls": {"group": "staff", **_CONSUMER},
    "acme_storage": {"key": "an-account", "value": "its-text"},
}


def example(entity: EntityType) -> Value:
    """What a client may send to create one; empty when nothing valid is known."""
    found = EXAMPLES.get(entity.name) or _made(entity.fields)
    try:
        schema.insert(entity, found)
    except SchemaViolation:
        return {}
    return found


def given(entity: EntityType, without: str | None = None) -> Value:
    """The example as a request has it that works as it is: without references that may be left out, and without
    the one that its path makes.
    """
    references = {name for name, field in entity.foreign_fields.items() if not field.required}
    return {name: value for name, value in example(entity).items() if name not in references | {without}}


def stored(entity: EntityType) -> Value | None:
    """The example as answers show it; None when there is none."""
    found = example(entity)
    if not found:
        return None
    fixed = {"id": ID, "created_at": _WHEN, "updated_at": _WHEN}
    whole = schema.insert(entity, found | ({"id": ID} if "id" in entity.fields else {}))
    return whole | {name: value for name, value in fixed.items() if name in whole}


def change(entity: EntityType) -> Value:
    """A body of PATCH."""
    if "tags" in entity.fields:
        return {"tags": ["team-a"]}
    return dict(list(given(entity).items())[:1])


def _made(fields: Mapping[str, Field]) -> Value:
    """The fields that must be given."""
    needed = [
        field for field in fields.values() if field.required and field.default is UNSET and not field.auto
    ]
    return {field.name: _value(field) for field in needed}


def _value(field: Field) -> Any:
    if (choice := field.rule(OneOf)) is not None and choice.allowed:
        return choice.allowed[0]
    make = _VALUES.get(field.kind)
    return make(field) if make else {}


def _text(field: Field) -> str:
    start = field.rule(StartsWith)
    if start is not None:
        return f"{start.start}{field.name}"
    return ID if field.rule(UuidText) else f"a-{field.name or 'value'}"


def _number(field: Field) -> float:
    between = field.rule(Between)
    return between.lowest if between is not None else 1


def _list(field: Field) -> list[Any]:
    return [_value(field.elements)] if field.elements is not None and field.rule(LenMin) else []


_VALUES: dict[str, Callable[[Field], Any]] = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": lambda _field: True,
    "array": _list,
    "set": _list,
    "record": lambda field: _made(field.record.fields) if field.record else {},
    "foreign": lambda _field: {"id": ID},
}
