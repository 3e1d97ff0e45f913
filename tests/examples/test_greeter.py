"""The plugin of the tutorial, in the harness that comes with gopura."""

import pytest
from greeter import Greeter

from gopura.testing import Gateway


@pytest.mark.parametrize(
    ("config", "headers", "status", "greeting"),
    [
        ({}, {"X-Name": "Meenakshi"}, 200, "Hello, Meenakshi"),
        ({"greeting": "Welcome"}, {"X-Name": "Meenakshi"}, 200, "Welcome, Meenakshi"),
        ({"header": "X-Who"}, {"X-Who": "Sundar"}, 200, "Hello, Sundar"),
        ({}, {}, 400, "Hello, stranger"),
    ],
)
def test_greets(config: dict[str, str], headers: dict[str, str], status: int, greeting: str) -> None:
    with Gateway(Greeter, config=config) as gateway:
        answer = gateway.get("/", headers=headers)
        assert answer.status == status
        assert answer.headers["X-Greeting"] == greeting
