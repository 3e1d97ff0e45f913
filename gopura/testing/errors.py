"""How a test hears that what it configured cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from gopura._engine import SnapshotError
from gopura.dataplane.plugins import UnusableError
from gopura.schema import SchemaViolation
from gopura.schema.violation import listed, tree_of


class ConfigurationError(ValueError):
    """A configuration that cannot be served: the text names the entity, the field and the reason."""


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn every way of refusing `what` into a ConfigurationError."""
    try:
        yield
    except ConfigurationError:
        raise
    except ValidationError as error:
        reason = SchemaViolation({"config": listed(tree_of(error))}).message
    except SchemaViolation as error:
        reason = error.message
    except SnapshotError as error:
        reason = "; ".join(f"{fault['entity']} {fault['id']}: {fault['message']}" for fault in error.errors)
    except (LookupError, UnusableError) as error:
        reason = str(error.args[0])
    else:
        return
    raise ConfigurationError(f"{what}: {reason}")
