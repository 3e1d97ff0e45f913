"""What is wrong with an OAuth 2.0 request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

UNAVAILABLE = "The authorization server cannot be reached"


@dataclass(frozen=True)
class Problem(Exception):  # noqa: N818 - the specification calls it so
    """An error in the words of RFC 6749."""

    error: str
    description: str
    status: int = 400
    challenge: str | None = None
    """The WWW-Authenticate header."""

    def parameters(self) -> dict[str, Any]:
        """The error as it is sent."""
        return {"error": self.error, "error_description": self.description}


def last(*problems: Problem | None) -> Problem | None:
    """The last of several, as Kong reports it."""
    return next((problem for problem in reversed(problems) if problem), None)


def invalid_token() -> Problem:
    """There is no such token."""
    description = "The access token is invalid or has expired"
    challenge = f'Bearer realm="service" error="invalid_token" error_description="{description}"'
    return Problem("invalid_token", description, 401, challenge)


def invalid_method(method: str, endpoint: str) -> Problem:
    """Both endpoints want a POST."""
    description = f"The HTTP method {method} is invalid for the {endpoint} endpoint"
    challenge = f'Bearer realm="service" error="invalid_method" error_description="{description}"'
    return Problem("invalid_method", description, 405, challenge)


def invalid_client(by_header: bool = False) -> Problem:
    """The application is not known or did not prove itself."""
    description = "Invalid client authentication"
    if by_header:
        return Problem("invalid_client", description, 401, 'Basic realm="OAuth2.0"')
    return Problem("invalid_client", description)
