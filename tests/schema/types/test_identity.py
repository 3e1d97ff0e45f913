from typing import Any

import pytest

from gopura.schema import Name, SemanticVersion, Tags, Utf8Name
from tests.schema.refusals import refused

CASES: list[tuple[Any, Any, Any]] = [
    (Name, "a.b-c_d~1", None),
    (Name, "ä", "invalid value 'ä': it must only contain alphanumeric and '., -, _, ~' characters"),
    (Utf8Name, "ä名", None),
    (
        Utf8Name,
        "a b",
        "invalid value 'a b': the only accepted ascii characters are alphanumerics or ., -, _, and ~",
    ),
    (Utf8Name, "a\ud800", "invalid utf-8 character sequence detected at position 2"),
    (Tags, ["a", "b c", "ä"], None),
    (
        Tags,
        ["a", "b,c"],
        {1: "invalid tag 'b,c': expected printable ascii (except `,` and `/`) or valid utf-8 sequences"},
    ),
    (Tags, [1], {0: "expected a string"}),
    (SemanticVersion, "3.5.0", None),
    (SemanticVersion, "3.5.0-rc1", None),
    (SemanticVersion, "x", "invalid version number: must be in format of X.Y.Z"),
    (SemanticVersion, "3..5", "must not have empty version segments"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), CASES)
def test_identity(annotation: Any, value: Any, message: Any) -> None:
    assert refused(annotation, value) == message
