"""The Admin API: endpoints derived from the entities' descriptions, and information about the node."""

from gopura.admin.app import create_app
from gopura.admin.gateway import Link, NoLink

__all__ = ["Link", "NoLink", "create_app"]
