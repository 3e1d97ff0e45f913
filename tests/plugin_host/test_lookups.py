"""What plugins look up: nothing is found by bytes that are no text, and a misspelt name is an error."""

import logging
from typing import Annotated, Any

import pytest

from gopura.plugin import Exchange, Plugin, Response, config
from gopura.testing import Gateway


class Ticket(config.Entity, name="tickets", endpoint_key="code"):
    id: config.Uuid
    code: Annotated[str, config.Unique()]
    seat: str | None = None
    consumer: Annotated[config.ForeignKey, config.Foreign("consumers")]


class Usher(Plugin, name="usher"):
    """Looks up what its configuration says, by the value of a header or an argument."""

    entities = (Ticket,)

    class Config(config.Record):
        way: str = "find"
        kind: str = "tickets"
        field: str = "code"

    def access(self, exchange: Exchange, config: Config) -> Response | None:
        [value] = exchange.request.values("ticket")
        assert isinstance(value, str)
        found: Any
        match config.way:
            case "find":
                found = exchange.find(config.kind, config.field, value)
            case "node.find":
                found = self.node.find(config.kind, config.field, value)
            case "log_in":
                found = exchange.log_in(config.kind, config.field, value)
            case "belonging":
                owner = exchange.find("consumers", "username", value)
                assert owner
                found = exchange.belonging(config.kind, config.field, owner)
        return None if found else exchange.exit(401)


ROWS = {
    "consumers": [{"username": "al"}, {"username": "bo"}],
    "tickets": [{"code": "öl", "consumer": "al"}],
}
WAYS = ("find", "node.find", "log_in")


def gateway(**settings: Any) -> Gateway:
    return Gateway(Usher, given=ROWS | {"plugins": [{"name": "usher", "config": settings}]})


@pytest.mark.parametrize("way", WAYS)
def test_bytes_that_are_no_text_are_not_found(way: str) -> None:
    with gateway(way=way) as serving:
        for target, status in [("/?ticket=%C3%B6l", 200), ("/?ticket=%fc", 401), ("/?ticket=%ED%A0%80", 401)]:
            assert serving.get(target).status == status, target
        for value, status in [("öl".encode().decode("latin-1"), 200), ("\xfc", 401)]:
            assert serving.get("/", {"ticket": value}).status == status, value


@pytest.mark.parametrize(
    ("way", "kind", "field", "message"),
    [
        *((way, "ticket", "code", "there is no entity 'ticket'") for way in WAYS),
        *((way, "tickets", "kode", "'kode', only by id, code, consumer") for way in WAYS),
        ("find", "tickets", "seat", "tickets cannot be looked up by 'seat'"),
        ("find", "keyauth_credentials", "apikey", "'apikey', only by id, key, consumer"),
        ("find", "sessions", "session_id", "use `await self.node.records.find`"),
        ("belonging", "ticket", "consumer", "there is no entity 'ticket'"),
        ("belonging", "tickets", "owner", "'owner', only by id, code, consumer"),
    ],
)
def test_a_misspelt_look_up_is_an_error(
    way: str, kind: str, field: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), gateway(way=way, kind=kind, field=field) as serving:
        assert serving.get("/?ticket=bo").status == 500
    assert "usher failed in access" in caplog.text
    assert message in caplog.text


@pytest.mark.parametrize(
    ("way", "kind", "field", "value", "status"),
    [
        ("find", "tickets", "id", "absent", 401),
        ("find", "acls", "id", "absent", 401),
        ("find", "plugins", "instance_name", "absent", 401),
        ("belonging", "tickets", "consumer", "al", 200),
        ("belonging", "tickets", "consumer", "bo", 401),
        ("belonging", "acls", "consumer", "bo", 401),
    ],
)
def test_what_is_spelt_well_is_only_not_there(
    way: str, kind: str, field: str, value: str, status: int
) -> None:
    with gateway(way=way, kind=kind, field=field) as serving:
        assert serving.get(f"/?ticket={value}").status == status
