"""Tracing headers: which trace a request belongs to, read and written in every common format."""

from gopura.plugin.propagation.reading import Incoming, read
from gopura.plugin.propagation.writing import Span, new_id, write

__all__ = ["Incoming", "Span", "new_id", "read", "write"]
