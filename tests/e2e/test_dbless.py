"""A node without a database: configured by a file or by `POST /config`, and it outlives its processes."""

import pytest

from tests.e2e.test_deaths import kill

_YAML = {"Content-Type": "text/yaml"}
DOCUMENT = """
_format_version: "3.0"
services:
  - name: nowhere
    url: http://127.0.0.1:9
    routes:
      - name: file
        paths: [/file]
plugins:
  - name: request-termination
    config: {status_code: 200}
"""


@pytest.fixture(scope="module")
def named(nodes, tmp_path_factory):
    """A node whose file is named by the settings."""
    file = tmp_path_factory.mktemp("declarative") / "kong.yml"
    file.write_text(DOCUMENT)
    return nodes(service=False, database="off", declarative_config=str(file))


def test_the_file_is_served_from_the_start(named):
    assert named.get("/file") == 200
    assert named.admin.get("/routes/file").json()["paths"] == ["/file"]
    assert named.admin.post("/services", json={"host": "a"}).status_code == 405


def test_a_faulty_document_changes_nothing(named):
    answer = named.admin.post("/config", json={"_format_version": "3.0", "services": [{"name": "a"}]})
    assert (answer.status_code, answer.json()["fields"]) == (
        400,
        {"services": [{"host": "required field missing"}]},
    )
    assert named.get("/file") == 200


BODIES = [
    ("80: x", 400, "the key `80` is no text"),
    ("{_format_version: '3.0', true: x}", 400, "the key `true` is no text"),
    ("_format_version: '3.0'\n~: x", 400, "the key `~` is no text"),
    ("a: &a [*a]", 400, "stands within what it names"),
    ("[" * 100_000, 400, "nested deeper than 200"),
    ('{"_format_version": "3.0", "_ignore": ' + "[" * 400 + "]" * 400 + "}", 400, "nested too deep"),
    ("_format_version: '3.0'\nconsumers: [{username: !!binary aGk=}]", 201, '"aGk="'),
    ("_format_version: '3.0'\nservices: [{name: a, host: h, connect_timeout: 6e4}]", 201, "60000"),
    ("_format_version: '3.0'\nservices: [{name: a, host: !env HOST}]", 201, '"HOST"'),
    ("_format_version: '3.0'\nconsumers: [{username: x}]\n---\nignored: true", 201, '"x"'),
    (DOCUMENT + "---\n", 201, '"nowhere"'),
]


@pytest.mark.parametrize(("body", "status", "shown"), BODIES, ids=lambda value: repr(value)[:30])
@pytest.mark.parametrize("form", ["field", "yaml"])
def test_documents_of_any_kind(named, body, status, shown, form):
    """As text in the field `config` and as a body of YAML; the last one is the file again."""
    sent = {"json": {"config": body}} if form == "field" else {"content": body, "headers": _YAML}
    answer = named.admin.post("/config", **sent)
    assert answer.status_code == status, answer.text
    assert shown in answer.text


def test_what_was_loaded_outlives_the_control_process(nodes):
    node = nodes(service=False, database="off")
    assert node.get("/posted") == 404
    document = DOCUMENT.replace("file", "posted")
    assert node.admin.post("/config", json={"config": document}).status_code == 201
    kill(node, "control")
    with node.gateway.client() as admin:  # its connection is to the new process
        assert admin.get("/routes/posted").status_code == 200
    assert node.get("/posted") == 200


def test_patterns_are_bounded_entity_by_entity(nodes):
    """An ingress controller writes a regular expression for nearly every path."""
    node = nodes(service=False, database="off")
    paths = [f"~/service-{number}/items$" for number in range(2500)]
    routes = [{"name": f"r{number}", "paths": [path]} for number, path in enumerate(paths)]
    service = {"name": "s", "url": "http://127.0.0.1:9"}
    document = {"_format_version": "3.0", "services": [service | {"routes": routes}]}
    assert node.admin.post("/config", json=document).status_code == 201

    heavy = [f"~/{'x' * 1000}{number}$" for number in range(300)]
    document["services"] = [service | {"routes": [{"name": "r", "paths": heavy}]}]
    answer = node.admin.post("/config", json=document)
    assert answer.status_code == 400
    assert "the regular expressions are too many" in answer.text


def test_numbers_beyond_all_integers_are_answered(nodes):
    node = nodes(service=False, database="off")
    text = '_format_version: "3.0"\n_ignore: [1e20, 18446744073709551616]\nservices: [{name: s, host: a}]\n'
    assert node.admin.post("/config", json={"config": text}).status_code == 201
    again = node.admin.post("/config?check_hash=1", json={"config": text})
    assert again.status_code == 304
