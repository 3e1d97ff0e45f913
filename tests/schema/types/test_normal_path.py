import pytest

from gopura.schema.types.normal_path import normalised


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/", "/a/"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/../a", "/a"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
        ("/a.b", "/a.b"),
        ("/a//b", "/a/b"),
        ("/%41%2f%2F", "/A%2F%2F"),
        ("/%20", "/ "),
    ],
)
def test_normalised(path: str, normal: str) -> None:
    assert normalised(path) == normal
