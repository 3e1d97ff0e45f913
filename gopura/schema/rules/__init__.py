"""Rule objects, one file per family."""

from gopura.schema.rules.choices import Eq, Ne, NotOneOf, OneOf
from gopura.schema.rules.collections import Contains, MutuallyExclusiveSubsets
from gopura.schema.rules.custom import Custom
from gopura.schema.rules.lengths import LenEq, LenMax, LenMin
from gopura.schema.rules.marks import (
    Abstract,
    Auto,
    DefaultNull,
    Description,
    Encrypted,
    Foreign,
    Immutable,
    Json,
    Named,
    Optional,
    Referenceable,
    Required,
    SetOf,
    Shown,
    Unique,
    UniqueAcrossWorkspaces,
)
from gopura.schema.rules.numbers import Between, Gt, Timestamp
from gopura.schema.rules.patterns import Match, MatchAll, MatchAny, MatchNone, NotMatch, Pattern, StartsWith
from gopura.schema.rules.text import IsRegex, UuidText

__all__ = [
    "Abstract",
    "Auto",
    "Between",
    "Contains",
    "Custom",
    "DefaultNull",
    "Description",
    "Encrypted",
    "Eq",
    "Foreign",
    "Gt",
    "Immutable",
    "IsRegex",
    "Json",
    "LenEq",
    "LenMax",
    "LenMin",
    "Match",
    "MatchAll",
    "MatchAny",
    "MatchNone",
    "MutuallyExclusiveSubsets",
    "Named",
    "Ne",
    "NotMatch",
    "NotOneOf",
    "OneOf",
    "Optional",
    "Pattern",
    "Referenceable",
    "Required",
    "SetOf",
    "Shown",
    "StartsWith",
    "Timestamp",
    "Unique",
    "UniqueAcrossWorkspaces",
    "UuidText",
]
