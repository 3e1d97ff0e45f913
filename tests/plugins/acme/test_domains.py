"""Which names certificates are for."""

from typing import Any

import pytest

from gopura.plugins.acme import Acme, domains

CASES: list[tuple[dict[str, Any], str, bool]] = [
    ({}, "a.test", False),
    ({"domains": ["a.test"]}, "a.test", True),
    ({"domains": ["a.test"]}, "b.a.test", False),
    ({"domains": ["a.test"]}, "aa.test", False),
    ({"domains": ["*.a.test"]}, "b.a.test", True),
    ({"domains": ["*.a.test"]}, "c.b.a.test", True),
    ({"domains": ["*.a.test"]}, "a.test", False),
    ({"domains": ["*.a.test"]}, "ba.test", False),
    ({"domains": ["*.a.test"]}, "b.axtest", False),
    ({"allow_any_domain": True}, "any.test", True),
    ({"allow_any_domain": True}, "10.0.0.1", True),
    ({"allow_any_domain": True, "enable_ipv4_common_name": False}, "10.0.0.1", False),
    ({"allow_any_domain": True, "enable_ipv4_common_name": False}, "1.test", True),
]


@pytest.mark.parametrize(("settings", "host", "expected"), CASES)
def test_allowed(settings: dict[str, Any], host: str, expected: bool) -> None:
    config = Acme.Config.load({"account_email": "a@b.test", "storage_config": {}} | settings)
    assert domains.allowed(config, host) is expected
