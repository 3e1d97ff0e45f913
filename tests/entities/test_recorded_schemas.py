"""The answers of `/schemas` are the recorded ones, wherever those are at hand."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import gopura.vaults
from gopura import entities
from gopura.entities.plugins import variant
from gopura.schema import render, render_variant

ROOT = Path(__file__).parents[2]
RECORDED = Path(os.environ.get("RECORDED_SCHEMAS", ROOT.parent / "shared" / "schemas"))
FILES = sorted(RECORDED.glob("*/*.json"))

pytestmark = pytest.mark.skipif(not FILES, reason="no recorded schemas at hand")


def shown(kind: str, name: str) -> dict[str, Any]:
    if kind == "entities":
        return render(entities.get(name))
    shape = variant(name) if kind == "plugins" else gopura.vaults.all()[name].shape()
    assert shape is not None
    return render_variant(shape)


def comparable(value: Any, key: str = "") -> Any:
    """Without descriptions, which are ours, and without what Kong adds to a schema when it is first used."""
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    lazy = {"len_min": 1, **({"required": True} if key in ("elements", "keys", "values") else {})}
    return {
        name: comparable(item, name)
        for name, item in value.items()
        if name != "description" and not (name in lazy and item == lazy[name])
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_equal(path: Path) -> None:
    ours, recorded = comparable(shown(path.parent.name, path.stem)), comparable(json.loads(path.read_text()))
    if path.stem == "session":  # its default is a random secret
        for schema in (ours, recorded):
            del schema["fields"][2]["config"]["fields"][0]["secret"]["default"]
    assert json.loads(json.dumps(ours)) == recorded
