"""The members that a JSON Web Key may have."""

from typing import Annotated, Any

from gopura.schema import Named, Record
from gopura.schema.complete import complete

_Text = str | None


class JsonWebKey(Record):
    """Members of RFC 7517 and RFC 7518; `kid` must be there."""

    issuer: _Text = None
    kty: _Text = None
    use: _Text = None
    key_ops: list[str] | None = None
    alg: _Text = None
    kid: str
    x5u: _Text = None
    x5c: list[str] | None = None
    x5t: _Text = None
    x5t_s256: Annotated[_Text, Named("x5t#S256")] = None
    k: _Text = None
    x: _Text = None
    y: _Text = None
    crv: _Text = None
    n: _Text = None
    e: _Text = None
    d: _Text = None
    p: _Text = None
    q: _Text = None
    dp: _Text = None
    dq: _Text = None
    qi: _Text = None
    oth: _Text = None
    r: _Text = None
    t: _Text = None

    @classmethod
    def problems(cls, jwk: dict[str, Any]) -> str | None:
        """The messages about the members in one line, None when there are none."""
        tree = cls.shape().problems(complete(cls.shape(), jwk))
        if not tree:
            return None
        lines = "; ".join(f"{name}: {message}" for name, message in tree.items())
        return f"Validation error: {lines}"
