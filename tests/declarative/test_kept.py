"""What a node without a database loaded last, when it cannot be loaded any more."""

from pathlib import Path

import pytest

from gopura.declarative import KeptConfigurationError, restore
from gopura.store import Store

FAULTS = {
    "settings have changed": (
        b'{"_format_version": "3.0", "services": [{"host": "a", "routes": [{"expression": "net.port == 1"}]}]}',
        "services[1].routes[1].expression: unknown field",
    ),
    "cut": (b'{"_format_version": "3.0", "servi', "unexpected end of data"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_fault_and_its_mend_are_told(fault: str, store: Store, tmp_path: Path) -> None:
    content, told = FAULTS[fault]
    path = tmp_path / "declarative.json"
    path.write_bytes(content)
    with pytest.raises(KeptConfigurationError) as caught:
        await restore(path, store)
    assert told in str(caught.value)
    assert f"remove {path} to start without a configuration" in str(caught.value)
