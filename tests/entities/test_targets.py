import pytest

from gopura import entities
from gopura.schema import insert
from tests.entities.refusals import fields_of

UPSTREAM = {"id": "0a000000-0000-4000-8000-00000000000f"}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("a.test", "a.test:8000"),
        ("a.test:80", "a.test:80"),
        ("001.2.3.4:80", "1.2.3.4:80"),
        ("[::1]:80", "[0000:0000:0000:0000:0000:0000:0000:0001]:80"),
        ("::1", "[0000:0000:0000:0000:0000:0000:0000:0001]:8000"),
    ],
)
def test_the_form_of_the_address(given: str, stored: str) -> None:
    assert insert(entities.get("targets"), {"upstream": UPSTREAM, "target": given})["target"] == stored


def test_moments_have_fractions() -> None:
    row = insert(entities.get("targets"), {"upstream": UPSTREAM, "target": "a"})
    assert isinstance(row["created_at"], float)


def test_refused() -> None:
    assert fields_of("targets", {"upstream": UPSTREAM, "target": "a b"}) == {
        "target": "Invalid target ('a b'); not a valid hostname or ip address"
    }
    assert fields_of("targets", {"upstream": UPSTREAM}) == {"target": "required field missing"}
    assert fields_of("targets", {"upstream": UPSTREAM, "target": "a", "weight": 65536}) == {
        "weight": "value should be between 0 and 65535"
    }
