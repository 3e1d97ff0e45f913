import pytest

from gopura.schema.types.url import Url, parsed_url


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http://a.test", Url("http", None, "a.test")),
        ("http://a.test:80/b?c#d", Url("http", None, "a.test", "80", "/b", "d")),
        ("https://u:p@a.test/", Url("https", "u:p", "a.test", None, "/")),
        ("http://[::1]:8080/x", Url("http", None, "::1", "8080", "/x")),
        ("http://a.test:x", Url("http", None, "a.test", "x")),
        ("a.test", Url(path="a.test")),
        ("a.test:80", Url(scheme="a.test", path="80")),
        ("//a.test", Url(host="a.test")),
        ("http:///x", Url("http", None, None, None, "/x")),
    ],
)
def test_parsed_url(text: str, parts: Url) -> None:
    assert parsed_url(text) == parts
