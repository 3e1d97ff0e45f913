from gopura import entities


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
