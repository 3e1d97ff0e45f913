"""Where directories are, and which chain is taken."""

import pytest

from gopura.plugins.acme import authority
from tests.engine.certificates import Signed

DIRECTORIES = [
    ("https://ca.test/directory", ["https://ca.test/directory"]),
    ("https://ca.test", ["https://ca.test/directory", "https://ca.test"]),
    ("https://ca.test/", ["https://ca.test/directory", "https://ca.test/"]),
    ("https://ca.test/v2/DV90", ["https://ca.test/v2/DV90/directory", "https://ca.test/v2/DV90"]),
]


@pytest.mark.parametrize(("api_uri", "expected"), DIRECTORIES)
def test_directories(api_uri: str, expected: list[str]) -> None:
    assert authority.directories(api_uri) == expected


def test_the_preferred_chain() -> None:
    one, two = (Signed.root(name).sign("a.test").chain for name in ("One", "Two"))
    for wanted, expected in ((None, one), ("One", one), ("Two", two), ("Three", one)):
        assert authority.preferred([one, two], wanted) == expected
