"""Declarative files work with every kind of database."""

from tests.store.conftest import location, store

__all__ = ["location", "store"]
