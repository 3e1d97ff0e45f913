"""What `kong` and `ngx` have beside functions."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from gopura.plugin.lua.pdk.ngx_request import NUMBERS

_NAMES = {
    "REQUEST_TIMEOUT": "REQUEST_TIMEOUT",
    "FOUND": "MOVED_TEMPORARILY",
    "NOT_IMPLEMENTED": "METHOD_NOT_IMPLEMENTED",
}
"""What nginx calls a status otherwise than Python."""


def constants(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration, the version, nginx's statuses and the numbers of methods."""
    statuses = {_NAMES.get(status.name, status.name): int(status) for status in HTTPStatus}
    return {
        "configuration": dict(configuration),
        "version": "3.5.0",
        "version_num": 3005000,
        "statuses": statuses | {"SPECIAL_RESPONSE": 300},
        "methods": NUMBERS,
    }
