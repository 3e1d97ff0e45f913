"""Faults of files in words: where, what, and what was meant."""

from pathlib import Path

import pytest

from gopura import declarative
from gopura.store import Store

FILE = """\
_format_version: "3.0"
servces: []
services:
- name: orders
  host: a.test
  prot: 80
  routes:
  - name: r
    pats: [/]
    paths: ["x"]
- name: tcp
  host: b
  protocol: tcp
  path: /x
- {name: flow, host: c.test, port: many, tags: [1]}
- host: &h d.test
  port: -1
- *h
plugins:
- name: rate-limiting
  config: {minut: 5}
- name: nope
consumers:
- {}
"""
EXPECTED = [
    "2:1: servces: unknown field; did you mean `services`?",
    "6:3: services[1] (orders).prot: unknown field; did you mean `port`?",
    "9:5: services[1] (orders).routes[1] (r).pats: unknown field; did you mean `paths`?",
    "10:5: services[1] (orders).routes[1] (r).paths: should start with: / (fixed path) or ~/ (regex path)",
    "11:3: services[2] (tcp): failed conditional validation given value of field 'protocol' (protocol is 'tcp')",
    "14:3: services[2] (tcp).path: value must be null",
    "15:30: services[3] (flow).port: expected an integer",
    "17:3: services[4].port: value should be between 0 and 65535",
    "18:3: services[5]: expected a record",
    "21:12: plugins[1] (rate-limiting).config.minut: unknown field; did you mean `minute`?",
    "22:3: plugins[2] (nope).name: plugin 'nope' not enabled; add it to the 'plugins' configuration property",
]


async def test_every_fault_has_its_place(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "kong.yml"
    path.write_text(FILE)
    with pytest.raises(declarative.InvalidConfiguration) as caught:
        await declarative.load_file(store, path)
    lines = caught.value.lines()
    for line in EXPECTED:
        assert f"{path}:{line}" in lines


OTHERS = [
    ("- 80: x", "kong.yml: failed parsing declarative configuration: 1:3: the key `80` is no text"),
    ("[", "kong.yml: failed parsing declarative configuration: 2:1: while parsing a flow node: "),
    ("services: []", "kong.yml: _format_version: required field missing"),
    (
        "_format_version: '3.0'\nroutes:\n- {name: r, paths: [/], service: nope}",
        "kong.yml:3:3: routes[1] (r): invalid reference 'service: nope' (no such entry in 'services')",
    ),
    (
        '{"_format_version": "3.0",\n\t"services": [\n{"name": "a", "host": 5}]}',
        "kong.yml:3:15: services[1] (a).host: expected a string",
    ),
]


@pytest.mark.parametrize(("text", "line"), OTHERS)
async def test_other_faults(store: Store, tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "kong.yml"
    path.write_text(text)
    for load in (declarative.load_file, declarative.import_file):
        with pytest.raises(declarative.InvalidConfiguration) as caught:
            await load(store, path)
        assert any(found.startswith(f"{tmp_path}/{line}") for found in caught.value.lines()), (
            caught.value.lines()
        )
