"""rate-limiting with the policy cluster: by its fault settings when the control plane is away."""

import pytest

from gopura.testing import Gateway


@pytest.mark.parametrize(("fault_tolerant", "status"), [(True, 200), (False, 500)])
def test_without_a_control_plane(fault_tolerant: bool, status: int) -> None:
    config = {"policy": "cluster", "hour": 5, "fault_tolerant": fault_tolerant}
    with Gateway(given={"plugins": [{"name": "rate-limiting", "config": config}]}) as gateway:
        gateway.records.away = True
        assert gateway.get("/").status == status
