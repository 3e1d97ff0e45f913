from gopura import entities
from gopura.entities.keyauth_credentials import KeyAuthCredential
from gopura.entities.services import Service
from gopura.schema import Entity, Uuid, insert


def test_entities_come_after_those_that_they_refer_to() -> None:
    order = list(entities.all())
    for entity in entities.all().values():
        for field in entity.foreign_fields.values():
            assert order.index(str(field.reference)) < order.index(entity.name)


def test_every_field_is_described() -> None:
    missing = [
        f"{entity.name}.{field.name}"
        for entity in entities.all().values()
        for field in entity.fields.values()
        if not field.description
    ]
    assert missing == []


def test_names_in_urls() -> None:
    names = {entity.name: (entity.admin_name, entity.nested_name) for entity in entities.all().values()}
    assert names["services"] == ("services", "services")
    assert names["keyauth_credentials"] == ("key-auths", "key-auth")
    assert names["oauth2_credentials"] == ("oauth2", "oauth2")
    assert names["key_sets"] == ("key-sets", "key-sets")


def test_typed_objects_of_stored_rows() -> None:
    service = Service.load(insert(entities.get("services"), {"url": "https://a.test/b", "tags": ["x"]}))
    assert (service.protocol, service.port, service.tags, service.path) == ("https", 443, ["x"], "/b")
    row = insert(
        entities.get("keyauth_credentials"), {"consumer": {"id": "0a000000-0000-4000-8000-00000000000f"}}
    )
    key = KeyAuthCredential.load({**row, "ttl": 5, "ws_id": "x"})
    assert key.consumer["id"] == "0a000000-0000-4000-8000-00000000000f"


def test_entities_that_plugins_bring_along() -> None:
    class Thing(Entity, name="things", endpoints=False):
        """Something of a plugin."""

        id: Uuid

    entities.use_own_entities([Thing])
    assert entities.get("things").model is Thing


def test_fields_of_the_other_router_flavour_are_dormant() -> None:
    assert set(entities.get("routes").dormant) == {"expression", "priority"}
    entities.use_router_flavor("expressions")
    assert {"paths", "hosts"} <= set(entities.get("routes").dormant)
    assert "name" not in entities.get("routes").dormant
