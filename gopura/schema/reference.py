"""Vault references: `{vault://backend/resource/key?option=value#version}`."""

from typing import Any


def is_reference(value: Any) -> bool:
    """Whether a value is a reference into a vault instead of the value itself."""
    return isinstance(value, str) and value.startswith("{vault://") and value.endswith("}")
