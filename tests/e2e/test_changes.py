"""A change is served by the time that its answer arrives."""

import pytest

from tests.e2e.load import Load

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("number", range(20))
def test_a_new_route_serves_the_next_request(node, number):
    node.add_route(f"new-{number}")
    assert node.get(f"/new-{number}") == 200


def test_a_changed_and_a_deleted_route(node):
    node.add_route("first")
    assert node.admin.patch("/routes/first", json={"paths": ["/second"]}).status_code == 200
    assert (node.get("/first"), node.get("/second")) == (404, 200)
    assert node.admin.delete("/routes/first").status_code == 204
    assert node.get("/second") == 404


def test_a_plugin_runs_for_the_next_request(node):
    node.add_route("closed")
    answer = node.admin.post("/routes/closed/plugins", json={"name": "key-auth"})
    assert answer.status_code == 201
    assert node.get("/closed") == 401
    assert node.admin.delete(f"/plugins/{answer.json()['id']}").status_code == 204
    assert node.get("/closed") == 200


def test_the_answer_tells_the_version_that_is_served(node):
    answer = node.admin.post("/consumers", json={"username": "someone"})
    version = int(answer.headers["X-Gopura-Version"])
    answer = node.admin.post("/consumers", json={"username": "someone else"})
    assert int(answer.headers["X-Gopura-Version"]) == version + 1


def test_nothing_changes_when_a_change_is_refused(node):
    before = node.admin.get("/routes").json()
    assert node.admin.post("/routes", content=b"{bad json", headers=JSON).status_code == 400
    assert node.admin.post("/routes", json={"paths": ["~/("], "service": None}).status_code == 400
    assert node.admin.post("/routes", json={"service": {"id": "x"}, "paths": ["/"]}).status_code == 400
    assert node.admin.get("/routes").json() == before


def test_no_request_fails_while_things_change(node):
    node.add_route("busy")
    load = Load(f"{node.gateway.proxy}/busy")
    for number in range(60):
        node.add_route(f"passing-{number}")
        assert node.admin.patch("/routes/busy", json={"tags": [f"t{number}"]}).status_code == 200
        assert node.admin.delete(f"/routes/passing-{number}").status_code == 204
    statuses = load.stop()
    assert set(statuses) == {200}
    assert len(statuses) > 100
