"""What the data plane runs on: encoded entities with a version and a hash, and deltas between versions."""

from gopura.snapshot.builder import Builder
from gopura.snapshot.content import Content

__all__ = ["Builder", "Content"]
