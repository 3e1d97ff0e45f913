"""What is wrong with a plugin's class is told when its file is loaded: where it is, and how to mend it."""

from pathlib import Path

import pytest

from gopura.plugin import Plugin
from gopura.plugin.discovery import discover
from gopura.plugin.faults import first_fault

PLUGIN = """\
from typing import Annotated
from gopura.plugin import Plugin, config

{classes}
class Mine(Plugin, name={name}, priority={priority}):
    {body}
"""
ENTITY = """\
class Badge(config.Entity, {keywords}):
    {id}
    {field}
"""


@pytest.mark.parametrize(
    ("name", "priority", "body", "line", "expected"),
    [
        ("'l_P q'", "1", "pass", 5, "'l_P q' is no name of a plugin"),
        ("5", "1", "pass", 5, "5 is no name of a plugin"),
        ("'key-auth'", "1", "pass", 5, "the name key-auth is taken by gopura.plugins.key_auth"),
        ("'mine'", "'x'", "pass", 5, "the priority 'x' is no integer"),
        ("'mine'", "1.5", "pass", 5, "the priority 1.5 is no integer"),
        ("'mine'", "1, protocols=('htp',)", "pass", 5, "there is no protocol 'htp'"),
        ("'mine'", "1, foo=1", "pass", 5, "TypeError: Plugin.__init_subclass__() got an unexpected keyword"),
        ("'mine'", "1", "checks = 5", 6, "checks must be a tuple of checks"),
        ("'mine'", "1", "entities = Plugin", 6, "entities must be a tuple of classes made of config.Entity"),
        ("'mine'", "1", "entities = (config.Entity,)", 6, "entities must be a tuple of classes"),
        ("'mine'", "1", "class Config: pass", 6, "Config is not made of config.Record"),
    ],
)
def test_class_statements(
    name: str, priority: str, body: str, line: int, expected: str, tmp_path: Path
) -> None:
    text = PLUGIN.format(classes="", name=name, priority=priority, body=body)
    assert_broken(tmp_path, text, line, expected)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("a: bytes = b''", "a: bytes is no type of a field (use str, int,"),
        ("a: dict = {}", "a: dict is no type of a field"),
        ("a: list = []", "a: list is no type of a field"),
        ("a: set[str]", "a: set[str] is no type of a field"),
        ("a: int | str = 1", "a: int | str is no type of a field"),
        ("a: list[bytes] = []", "a: bytes is no type of a field"),
        ("a: dict[str, tuple] = {}", "a: tuple is no type of a field"),
        ("a: config.ForeignKey", "a: ForeignKey is no type of a field"),
        ("a: int = 'no'", "the default of a is refused by its own rules: expected an integer"),
        (
            "a: Annotated[float, config.Gt(5)] = 1",
            "the default of a is refused by its own rules: value must be",
        ),
        (
            "a: list[Annotated[str, config.OneOf('x')]] = ['y']",
            "the default of a is refused by its own rules:",
        ),
        ("a: int = 5", None),
        ("a: int | None = None", None),
        ("a: list[int] = []", None),
    ],
)
def test_settings(field: str, expected: str | None, tmp_path: Path) -> None:
    body = f"class Config(config.Record):\n        good: int = 1\n        {field}"
    text = PLUGIN.format(classes="", name="'mine'", priority=1, body=body)
    assert_broken(tmp_path, text, 8, expected)


ID, NAME = "id: config.Uuid", "name='badges'"
CONSUMER = "consumer: Annotated[config.ForeignKey, config.Foreign({to})]"


@pytest.mark.parametrize(
    ("keywords", "id_", "field", "line", "expected"),
    [
        (NAME + ", foo=1", ID, "", 4, "an entity has no keyword foo (the keywords are name,"),
        ("ttl=True", ID, "", 4, "an entity without a name"),
        ("name='Badge s'", ID, "", 4, "'Badge s' is no name of an entity"),
        ("name='gopura_tags'", ID, "", 4, "'gopura_tags' is no name of an entity"),
        ("name='status'", ID, "", 4, "/status is an endpoint of the Admin API already (give the entity another"),
        (NAME + ", admin_name='key-auths'", ID, "", 4, "/key-auths is an endpoint of the Admin API already"),
        ("name='services'", ID, "", 4, "the entity services is there already, from gopura"),
        ("name='tags'", ID, "", 4, "the entity tags is there already, from gopura"),
        ("name='consumers'", ID, "", 4, "the entity consumers is there already, from gopura"),
        (NAME, "x: int", "", 4, "an entity without id (add `id: config.Uuid`"),
        (NAME, "id: int", "", 5, "an entity without id (add `id: config.Uuid`"),
        (NAME + ", endpoint_key='nosuch'", ID, "", 4, "the endpoint_key nosuch is no unique field"),
        (NAME + ", endpoint_key='code'", ID, "code: str", 4, "the endpoint_key code is no unique field"),
        (NAME + ", cache_key=('nosuch',)", ID, "", 4, "the cache_key nosuch is no field"),
        (NAME + ", ttl=True", ID, "ttl: int", 6, "its table has the column ttl already"),
        (NAME, ID, CONSUMER.format(to="'consumer'"), 6, "consumer refers to 'consumer', and there is no such"),
        (NAME, ID, CONSUMER.format(to="'consumers', on_delete='kaskade'"), 6, "consumer: on_delete cannot be"),
        (NAME, ID, "code: bytes", 6, "code: bytes is no type of a field"),
        (NAME, ID, "number: int = 'no'", 6, "the default of number is refused by its own rules"),
        (NAME, ID, CONSUMER.format(to="'consumers', on_delete='cascade'"), 6, None),
        (NAME, ID, CONSUMER.format(to="'badges'"), 6, None),
    ],
)  # fmt: skip
def test_entities(
    keywords: str, id_: str, field: str, line: int, expected: str | None, tmp_path: Path
) -> None:
    classes = ENTITY.format(keywords=keywords, id=id_, field=field)
    text = PLUGIN.format(classes=classes, name="'mine'", priority=1, body="entities = (Badge,)")
    assert_broken(tmp_path, text, line, expected)


def test_who_refers_to_what_is_left_out_is_left_out(tmp_path: Path) -> None:
    badge = ENTITY.format(keywords=NAME, id=ID, field=CONSUMER.format(to="'nobody'"))
    (tmp_path / "a.py").write_text(
        PLUGIN.format(classes=badge, name="'a'", priority=1, body="entities = (Badge,)")
    )
    badge = ENTITY.format(keywords="name='others'", id=ID, field=CONSUMER.format(to="'badges'"))
    (tmp_path / "b.py").write_text(
        PLUGIN.format(classes=badge, name="'b'", priority=1, body="entities = (Badge,)")
    )
    found = discover((), [tmp_path])
    assert found.plugins == {}
    assert [broken.source for broken in found.broken] == [str(tmp_path / "a.py"), str(tmp_path / "b.py")]


@pytest.mark.parametrize("plugin", discover().plugins.values(), ids=lambda plugin: plugin.name)
def test_bundled_plugins_are_without_fault(plugin: type[Plugin]) -> None:
    assert first_fault(plugin) is None


def assert_broken(folder: Path, text: str, line: int, expected: str | None) -> None:
    file = folder / "mine.py"
    file.write_text(text)
    found = discover((), [folder])
    told = [str(broken)[: len(f"{file}:{line}: {expected}")] for broken in found.broken]
    assert told == ([f"{file}:{line}: {expected}"] if expected else [])
    assert set(found.plugins) == (set() if expected else {"mine"})
