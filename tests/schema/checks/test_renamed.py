from typing import Any

import pytest

from gopura.schema import Record, Renamed


class Settings(Record):
    """Settings with an old name."""

    queue_size: int | None = None
    """Old."""


@pytest.mark.parametrize(("value", "told"), [(None, False), (1, False), (5, True)])
def test_old_names_are_told_in_the_log(value: Any, told: bool, caplog: pytest.LogCaptureFixture) -> None:
    tree: dict[Any, Any] = {}
    check = Renamed(queue_size=(1, "queue.max_batch_size"))
    check.run(Settings.described(), {"queue_size": value}, tree, updating=False)
    assert tree == {}
    assert ("the setting queue_size is deprecated, use queue.max_batch_size" in caplog.messages) is told
    assert check.shown() == {"field_sources": ["queue_size"]}
