"""Checks between the fields of one object, one file per family."""

from gopura.schema.checks.advice import Advice
from gopura.schema.checks.base import Check
from gopura.schema.checks.conditional import Conditional, ConditionalAtLeastOneOf
from gopura.schema.checks.custom import CustomCheck
from gopura.schema.checks.match import Elements
from gopura.schema.checks.presence import (
    AtLeastOneOf,
    Distinct,
    MutuallyExclusive,
    MutuallyExclusiveSets,
    MutuallyRequired,
    OnlyOneOf,
)
from gopura.schema.checks.renamed import Renamed

__all__ = [
    "Advice",
    "AtLeastOneOf",
    "Check",
    "Conditional",
    "ConditionalAtLeastOneOf",
    "CustomCheck",
    "Distinct",
    "Elements",
    "MutuallyExclusive",
    "MutuallyExclusiveSets",
    "MutuallyRequired",
    "OnlyOneOf",
    "Renamed",
]
