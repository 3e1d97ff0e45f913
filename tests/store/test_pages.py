"""Lists: pages, tags, and what happens to them under changes."""

import pytest

from gopura.store import Store, TagFilter
from gopura.store.errors import InvalidOffset
from tests.store.rows import numbered, service

TAGS = {1: ["a"], 2: ["a", "b"], 3: ["b"], 4: ["c"], 5: None, 6: ["a", "b", "c"]}


@pytest.fixture
async def tagged(store: Store) -> Store:
    async with store.transaction() as tx:
        for number, tags in TAGS.items():
            await tx.insert("services", service(number, tags=tags))
    return store


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (None, [1, 2, 3, 4, 5, 6]),
        (TagFilter(["a"]), [1, 2, 6]),
        (TagFilter(["a", "b"]), [2, 6]),
        (TagFilter(["b", "c"], "or"), [2, 3, 4, 6]),
        (TagFilter(["a", "nope"]), []),
        (TagFilter(["nope"], "or"), []),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 100])
async def test_walking(tagged: Store, tags: TagFilter | None, found: list[int], size: int) -> None:
    seen: list[str] = []
    offset = None
    while True:
        page = await tagged.page("services", size, offset, tags)
        assert len(page.data) <= size
        seen += [value["id"] for value in page.data]
        offset = page.offset
        if offset is None:
            break
    assert seen == [numbered(number) for number in found]


async def test_a_list_is_stable_while_others_write(tagged: Store) -> None:
    first = await tagged.page("services", 3)
    async with tagged.transaction() as tx:
        await tx.delete("services", numbered(3))
        await tx.insert("services", service(0))
        await tx.insert("services", service(7))
    rest = await tagged.page("services", 100, first.offset)
    assert [value["id"] for value in rest.data] == [numbered(number) for number in (4, 5, 6, 7)]


async def test_newest_first(store: Store) -> None:
    async with store.transaction() as tx:
        for number, moment in ((1, 10), (2, 30), (3, 20), (4, 30)):
            await tx.insert("services", service(number, created_at=moment))
    async with store.reading() as reader:
        first = await reader.page("services", 2, newest_first=True)
        rest = await reader.page("services", 2, first.offset, newest_first=True)
    found = [value["id"] for value in first.data + rest.data]
    assert found == [numbered(number) for number in (4, 2, 3, 1)]


@pytest.mark.parametrize(
    ("offset", "why"),
    [
        ("nope", "bad json encoding"),
        ("", "bad json encoding"),
        ("bm9wZQ==", "bad json encoding"),
        ("%%%", "bad base64 encoding"),
        ("a", "bad base64 encoding"),
        ("WzFd", "bad json encoding"),
        ("WyJhIiwiYiJd", "bad json encoding"),
        ("W251bGxd", "bad json encoding"),
    ],
)
async def test_forged_offsets(store: Store, offset: str, why: str) -> None:
    with pytest.raises(InvalidOffset, match=why):
        await store.page("services", 10, offset)


async def test_tags_are_listed_and_follow_changes(tagged: Store) -> None:
    async with tagged.transaction() as tx:
        await tx.update("services", service(1, tags=["z", "a"]))
        await tx.delete("services", numbered(6))
    async with tagged.reading() as reader:
        first = await reader.tags(2)
        rest = await reader.tags(100, first.offset)
        one = await reader.tags(tag="z")
    pairs = [(row["entity_id"], row["tag"]) for row in first.data + rest.data]
    assert pairs == [
        (numbered(number), tag) for number, tags in ((1, "az"), (2, "ab"), (3, "b"), (4, "c")) for tag in tags
    ]
    assert one.data == [{"tag": "z", "entity_name": "services", "entity_id": numbered(1)}]
