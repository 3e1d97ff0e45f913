"""What logs may show of a path."""

import pytest

from gopura.admin.secrets import masked


@pytest.mark.parametrize(
    ("path", "params", "shown"),
    [
        ("/services/a", {"services": "a"}, "/services/a"),
        ("/key-auths/k", {"keyauth_credentials": "k"}, "/key-auths/***"),
        (
            "/consumers/a/key-auth/k",
            {"consumers": "a", "keyauth_credentials": "k"},
            "/consumers/a/key-auth/***",
        ),
        ("/key-auths/k/consumer", {"keyauth_credentials": "k"}, "/key-auths/***/consumer"),
        ("/oauth2_tokens/t", {"oauth2_tokens": "t"}, "/oauth2_tokens/***"),
        ("/jwts/issuer", {"jwt_secrets": "issuer"}, "/jwts/issuer"),
    ],
)
def test_masked(path: str, params: dict[str, str], shown: str) -> None:
    assert masked(path, params) == shown
