"""How urgent a request's log entry is, by its status."""

from __future__ import annotations

from typing import Protocol

LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
"""Syslog's severities, the most urgent first."""


class Severities(Protocol):
    """A configuration that names a severity for each kind of status."""

    @property
    def successful_severity(self) -> str | None:
        """Of responses below 400."""

    @property
    def client_errors_severity(self) -> str | None:
        """Of responses from 400 to 499."""

    @property
    def server_errors_severity(self) -> str | None:
        """Of responses from 500."""


def severity(status: int, config: Severities) -> str:
    """The severity of a response."""
    if status >= 500:
        return config.server_errors_severity or "info"
    if status >= 400:
        return config.client_errors_severity or "info"
    return config.successful_severity or "info"


def urgent(level: str, least: str) -> bool:
    """Whether a severity is at least as urgent as another."""
    return LEVELS.index(level) <= LEVELS.index(least)
