import pytest

from gopura.schema import LuaFields, surroundings
from tests.schema.refusals import refused


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"a": "return 1"}, None),
        (
            {"a": "return ("},
            "Error parsing function: [string \"return (\"]:1: unexpected symbol near '<eof>'",
        ),
        ({"a": "os.exit(1)"}, None),
        ({"a": ""}, "length must be at least 1"),
        ({"a": 1}, "expected a string"),
    ],
)
def test_code_is_compiled_and_never_run(fields: dict[str, object], message: str | None) -> None:
    assert refused(LuaFields, fields) == message


def test_code_is_refused_when_none_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "untrusted_lua", False)
    assert refused(LuaFields, {"a": "return 1"}) == (
        "Error parsing function: loading of untrusted Lua code disabled "
        "because 'untrusted_lua' config option is set to 'off'"
    )
