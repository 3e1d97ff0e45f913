"""What is kept of changes to bring data planes up to date."""

import json

from gopura.snapshot.window import Step, Window


def _changes(window: Window, start: int, version: int) -> list[tuple[str, int | None]]:
    message = json.loads(window.delta(start, version, 0))
    return [(change["id"], change["value"]) for change in message["changes"]]


def test_an_entity_that_changes_all_the_time_takes_no_more_memory() -> None:
    window = Window(0, 10_000)
    for version in range(1, 50_001):
        window.add(Step(version, "services", str(version % 10), b"%d" % version))
    assert len(window) == 10
    assert window.covers(0)
    assert _changes(window, 49_997, 50_000) == [("8", 49_998), ("9", 49_999), ("0", 50_000)]
    assert len(_changes(window, 0, 50_000)) == 10


def test_the_oldest_is_forgotten() -> None:
    window = Window(5, 2)
    for version, key in ((6, "a"), (7, "b"), (8, "a"), (9, "c")):
        window.add(Step(version, "routes", key, None))
    assert [window.covers(version) for version in (6, 7, 8)] == [False, True, True]
    assert _changes(window, 7, 9) == [("a", None), ("c", None)]
