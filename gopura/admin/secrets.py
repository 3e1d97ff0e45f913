"""Paths as logs may show them: without the credentials that some of them name."""

from collections.abc import Mapping

# The endpoint keys of these are what a client presents to the proxy.
_ENTITIES = ("keyauth_credentials", "oauth2_tokens", "sessions")


def masked(path: str, params: Mapping[str, str]) -> str:
    """The path with `***` in the place of a credential."""
    secrets = {params[name] for name in _ENTITIES if name in params}
    return "/".join("***" if segment in secrets else segment for segment in path.split("/"))
