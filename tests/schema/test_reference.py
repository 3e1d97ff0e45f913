import pytest

from gopura.schema import is_reference


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("{vault://env/a}", True),
        ("{vault://a/b/c?ttl=1}", True),
        ("{vault:/env/a}", False),
        ("vault://env/a", False),
        ("{vault://env/a} ", False),
        (None, False),
        (1, False),
    ],
)
def test_is_reference(value: object, is_one: bool) -> None:
    assert is_reference(value) is is_one
