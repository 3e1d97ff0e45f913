"""The plugin with an entity of its own, in the harness that comes with gopura."""

from collections.abc import Iterator

import pytest
from badges import Badges

from gopura.testing import Gateway, Received, Reply, Upstream


@pytest.fixture
def directory() -> Iterator[Upstream]:
    """Knows one person."""

    def answer(request: Received) -> Reply:
        return Reply(body=b'{"title": "Sthapati"}') if request.path == "/raja" else Reply(404)

    with Upstream(answer) as upstream:
        yield upstream


@pytest.fixture
def gateway(directory: Upstream) -> Iterator[Gateway]:
    given = {
        "badges": [{"code": "b-01", "person": "raja"}, {"code": "b-02", "person": "nobody"}],
        "plugins": [{"name": "badges", "config": {"directory": directory.url, "timeout": 5}}],
    }
    with Gateway(Badges, given=given) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("code", "status", "person", "title"),
    [
        ("b-01", 200, "raja", "Sthapati"),
        ("b-02", 200, "nobody", None),
        ("b-03", 401, None, None),
        (None, 401, None, None),
    ],
)
def test_badges(
    gateway: Gateway, code: str | None, status: int, person: str | None, title: str | None
) -> None:
    answer = gateway.get("/", headers={"X-Badge": code} if code else None)
    assert (answer.status, answer.headers["X-Title"]) == (status, title)
    assert [received.headers["X-Person"] for received in gateway.upstream.requests] == (
        [person] if person else []
    )


def test_a_title_is_asked_for_once(gateway: Gateway, directory: Upstream) -> None:
    assert [gateway.get("/", headers={"X-Badge": "b-01"}).headers["X-Title"] for _ in range(3)] == [
        "Sthapati"
    ] * 3
    assert len(directory.requests) == 1


def test_without_the_directory_requests_go_on(gateway: Gateway, directory: Upstream) -> None:
    directory.close()
    answer = gateway.get("/", headers={"X-Badge": "b-01"})
    assert (answer.status, answer.headers["X-Title"]) == (200, None)
