"""decK's own engine against the real gateway."""

from pathlib import Path

import pytest
import yaml

from tests.clients.conftest import Deck
from tests.servers.gateway import Gateway

CONFIGURATION = Path(__file__).with_name("kong.yml")
NOTHING = {"created": 0, "updated": 0, "deleted": 0}
ENTITIES = 15  # in CONFIGURATION


def test_a_diff_after_a_sync_is_empty(deck: Deck) -> None:
    assert deck("diff", CONFIGURATION) == NOTHING | {"created": ENTITIES}
    assert deck("sync", CONFIGURATION) == NOTHING | {"created": ENTITIES}
    assert deck("diff", CONFIGURATION) == NOTHING
    assert deck("sync", CONFIGURATION) == NOTHING


def test_a_sync_changes_what_differs_and_nothing_else(deck: Deck, tmp_path: Path) -> None:
    deck("sync", CONFIGURATION)
    changed = yaml.safe_load(CONFIGURATION.read_text())
    changed["services"][0]["retries"] = 9
    changed["services"][0]["routes"][0]["plugins"][0]["config"]["key_names"] = ["token"]
    changed["consumers"][1]["keyauth_credentials"] = []
    file = tmp_path / "kong.yml"
    file.write_text(yaml.safe_dump(changed))
    assert deck("sync", file) == {"created": 0, "updated": 2, "deleted": 1}
    assert deck("diff", file) == NOTHING


def test_a_dump_describes_the_same_gateway(deck: Deck, tmp_path: Path) -> None:
    deck("sync", CONFIGURATION)
    dumped = tmp_path / "dump.yml"
    deck("dump", dumped)
    names = {service["name"] for service in yaml.safe_load(dumped.read_text())["services"]}
    assert names == {"orders", "retired"}
    assert deck("diff", dumped) == NOTHING
    deck("reset")
    deck("sync", dumped)
    assert deck("diff", CONFIGURATION) == NOTHING


@pytest.mark.parametrize("collection", ["services", "routes", "consumers", "plugins", "key-auths"])
def test_a_reset_leaves_nothing(deck: Deck, gateway: Gateway, collection: str) -> None:
    deck("sync", CONFIGURATION)
    with gateway.client() as admin:
        assert admin.get(f"/{collection}").json()["data"]
        deck("reset")
        assert admin.get(f"/{collection}").json()["data"] == []
