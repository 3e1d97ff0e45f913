from gopura.schema import UNSET
from tests.schema.sample import SAMPLES, Sample


def test_facts() -> None:
    assert SAMPLES.name == "samples"
    assert SAMPLES.endpoint_key == "name"
    assert SAMPLES.primary_key == ("id",)
    assert SAMPLES.ttl
    assert (SAMPLES.admin_name, SAMPLES.nested_name) == ("sample-things", "sample-things")
    assert Sample.entity() is SAMPLES


def test_fields() -> None:
    fields = SAMPLES.fields
    assert fields["id"].auto
    assert fields["id"].uuid
    assert fields["kind"].required
    assert fields["port"].default == 80
    assert fields["host"].default is UNSET
    assert fields["fixed"].immutable
    assert fields["owner"].on_delete == "cascade"
    assert fields["id"].description
    assert list(SAMPLES.unique_fields) == ["name"]
    assert list(SAMPLES.foreign_fields) == ["owner"]
