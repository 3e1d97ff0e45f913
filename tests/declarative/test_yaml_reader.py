"""YAML as lyaml reads it, which is Kong's reader."""

import json
import math
import subprocess
import sys
from typing import Any

import pytest

from gopura.declarative import parse
from gopura.declarative.dump import written
from gopura.declarative.errors import InvalidConfiguration
from gopura.declarative.yaml_reader import YamlError, read

SCALARS: list[tuple[str, Any]] = [
    *((text, None) for text in ("~", "null", "Null", "NULL", "")),
    *((text, True) for text in ("true", "True", "TRUE", "yes", "Yes", "on", "ON")),
    *((text, False) for text in ("false", "no", "NO", "off", "Off")),
    *(
        (text, text)
        for text in ("y", "n", "tRUE", "nil", "none", "1.2.3", "10.0.0.1", "1a", "0x", "0b1", "--1", "v1")
    ),
    *((text, text) for text in ("2020-01-01", "2020-01-01T00:00:00Z", "a:b", "+", ".", "_", "1e", "e5")),
    ("0", 0),
    ("80", 80),
    ("-80", -80),
    ("+80", 80),
    ("1_000", 1000),
    ("_1", 1),
    ("010", 8),
    ("0o10", "0o10"),
    ("09", 9),
    ("-017", -15),
    ("6e4", 60000),
    ("1e20", 1e20),
    ("18446744073709551616", 18446744073709551616.0),
    ("-0x8000000000000001", -9223372036854775809.0),
    ("9" * 400, float("inf")),
    ("6.0e4", 60000),
    ("1.0", 1),
    ("1.5", 1.5),
    (".5", 0.5),
    ("5.", 5),
    ("-1.5e-3", -0.0015),
    ("0x1F", 31),
    ("0b1010", 10),
    ("12:30", 750),
    ("1:00:00", 3600),
    ("-1:30", -90),
    ("1:30.5", 90.5),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    ("'80'", "80"),
    ('"true"', "true"),
    ("'~'", "~"),
    ("!!str 80", "80"),
    ("!!int '80'", 80),
    ("!!int 010", 8),
    ("!!float 1", 1),
    ("!!float 1e3", 1000),
    ("!!bool y", True),
    ("!!bool 'off'", False),
    ("!!null anything", None),
    ("!!binary aGVsbG8=", "aGVsbG8="),
    ("!!timestamp 2020-01-01", "2020-01-01"),
    ("!custom 80", 80),
    ("!custom '80'", "80"),
    ("!env SECRET", "SECRET"),
    ("! 80", 80),
    ("1" * 5000, "1" * 5000),
]


@pytest.mark.parametrize(("text", "value"), SCALARS, ids=lambda value: repr(value)[:20])
def test_scalars(text: str, value: Any) -> None:
    found = read(f"a: {text}\n")["a"]
    assert (type(found), found) == (type(value), value)


def test_not_a_number() -> None:
    assert math.isnan(read("a: .nan")["a"])


DOCUMENTS: list[tuple[str, Any]] = [
    ("a: 1\n---\nb: 2\n", {"a": 1}),
    ("a: 1\n---\n", {"a": 1}),
    ("---\na: 1\n...\n", {"a": 1}),
    ("%YAML 1.1\n---\na: 1", {"a": 1}),
    ("a: 1\n---\nb: &x 1\nc: *y\n", {"a": 1}),
    ("", None),
    ("# nothing", None),
    ("\ufeffa: 1", {"a": 1}),
    ("a: 1\na: 2", {"a": 2}),
    ("a: &x {p: 1}\nb: *x", {"a": {"p": 1}, "b": {"p": 1}}),
    ("a: &x {p: 1, q: 2}\nb: {q: 3, <<: *x}", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
    (
        "a: &x {p: 1}\nb: &y {q: 2}\nc: {<<: [*x, *y], p: 5}",
        {"a": {"p": 1}, "b": {"q": 2}, "c": {"p": 5, "q": 2}},
    ),
    ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
    ("{1: a, 2: b}", ["a", "b"]),
    ("a: !!set {x, y}", {"a": {"x": None, "y": None}}),
    ("a: !!omap [x: 1]", {"a": [{"x": 1}]}),
    ("'80': x", {"80": "x"}),
    ("!!str 80: x", {"80": "x"}),
    ('{"a": [1, 2.0, null]}', {"a": [1, 2, None]}),
]


@pytest.mark.parametrize(("text", "value"), DOCUMENTS)
def test_documents(text: str, value: Any) -> None:
    assert read(text) == value


FAULTS = [
    ("80: x", "1:1: the key `80` is no text; write it in quotes"),
    ("a:\n  true: x", "2:3: the key `true` is no text; write it in quotes"),
    ("a: {~: x}", "1:5: the key `~` is no text; write it in quotes"),
    ("{1: a, 3: b}", "1:2: the key `1` is no text; write it in quotes"),
    ("{true: a}", "1:2: the key `true` is no text; write it in quotes"),
    ("{1: a, b: c}", "1:2: the key `1` is no text"),
    ("? [a]\n: b", "a key is a text, not a mapping or a list"),
    ("? {a: 1}\n: b", "a key is a text, not a mapping or a list"),
    ("a: *x", "1:4: nothing has the anchor `x`"),
    ("a: &x [*x]", "1:8: `*x` stands within what it names"),
    ("a: !!int x", "1:4: `x` is no int"),
    ("a: !!bool 1", "1:4: `1` is no bool"),
    ("a: {<<: 5}", "1:9: `<<` takes mappings"),
    ("a: {<<: [5]}", "`<<` takes mappings"),
    ("a: [", "did not find expected node content"),
    ("a: 1\n---\nb: [", "did not find expected node content"),
    ("a: b: c", "1:5: mapping values are not allowed in this context"),
    (b"a: \xff", "1:1: "),
    ("[" * 100_000, "1:201: nested deeper than 200"),
    ("{a: " * 100_000, "nested deeper than 200"),
    ("- " * 100_000, "nested deeper than 200"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS, ids=lambda value: repr(value)[:30])
def test_faults(text: str | bytes, message: str) -> None:
    with pytest.raises(YamlError) as caught:
        read(text)
    assert message in str(caught.value)
    with pytest.raises(InvalidConfiguration, match="failed parsing declarative configuration: "):
        parse(text)


def test_bombs_are_bounded() -> None:
    """Nine times nine times nine ...: they may be few bytes."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    with pytest.raises(YamlError, match="aliases repeat more than a document may hold"):
        read("\n".join(lines))
    merged = "a: &a {x: [1,1,1,1,1,1,1,1]}\n" + "\n".join(f"k{n}: {{<<: *a, y: 1}}" for n in range(5000))
    assert len(read(merged)) == 5001  # which is a plain use of an anchor


def test_json_as_deep_as_it_can_be_written_again() -> None:
    text = '{"_comment": ' + "[" * 500 + "]" * 500 + "}"
    with pytest.raises(InvalidConfiguration, match="nested too deep"):
        parse(text)


def test_what_is_written_is_read_again() -> None:
    """By this reader and by PyYAML's, which takes fewer texts for numbers."""
    texts = [text for text, _ in SCALARS] + [
        "x: y",
        "# c",
        "a\nb\n",
        " lead",
        "é",
        "\x07",
        "<<",
        "=",
        "😀",
        "\u2028",
    ]
    document = {"texts": texts, "6e4": [1, 1.5, True, None, {}, [], -0.25], "09": {"on": "off"}}
    assert read(written(document)) == document
    import yaml

    assert yaml.safe_load(written(document)) == document


def test_a_shared_value_is_written_where_it_stands() -> None:
    shared = ["a"]
    assert "&" not in written({"x": shared, "y": shared})


def test_large_documents_take_linear_time() -> None:
    """In a process of its own: only its processor time counts, and it is bounded with a wide margin."""
    program = (
        "import time\n"
        "from gopura.declarative.yaml_reader import read\n"
        "def cost(n):\n"
        "    text = 'a:\\n' + '- {name: x, tags: [a, b]}\\n' * n\n"
        "    start = time.process_time(); read(text)\n"
        "    return time.process_time() - start\n"
        "cost(1000); few, many = cost(2000), cost(20000)\n"
        "import json; print(json.dumps(many / few))\n"
    )
    ratio = json.loads(
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    )
    assert ratio < 40
