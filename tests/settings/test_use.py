"""A setting that nothing reads says so."""

import re
from pathlib import Path

import pytest

from gopura.settings import SETTINGS

ROOT = Path(__file__).parents[2]
# Names that are put together where they are read, and what is done while the settings are read.
ELSEWHERE = {f"{name}_cert{key}" for name in ("ssl", "admin_ssl", "status_ssl") for key in ("", "_key")}
ELSEWHERE |= {"vault_env_prefix", "admin_gui_url", "reported_database"}


@pytest.fixture(scope="module")
def words():
    """Every word of the sources that may read settings."""
    found: set[str] = set()
    for path in (*ROOT.glob("gopura/**/*.py"), *ROOT.glob("engine/src/**/*.rs")):
        if "settings" not in path.parts:
            found.update(re.findall(r"\w+", path.read_text()))
    return found


def test_every_setting_is_read_or_says_that_it_has_no_effect(words):
    silent = {name for name, setting in SETTINGS.items() if not (setting.inert or setting.alias)}
    assert silent - words - ELSEWHERE == set()
