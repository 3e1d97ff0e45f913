import pytest

from gopura.vaults.reference import Reference

PARSED = [
    ("{vault://env/my-secret}", Reference("env", "my-secret")),
    ("{vault://env/my-secret/}", Reference("env", "my-secret")),
    ("{vault://env/my-secret/key}", Reference("env", "my-secret", "key")),
    ("{vault://my-vault/a/b/key}", Reference("my-vault", "a/b", "key")),
    ("{vault://env/a%20b?prefix=X_#2}", Reference("env", "a b", None, (("prefix", "X_"),), 2)),
]


@pytest.mark.parametrize(("text", "reference"), PARSED)
def test_parsed(text: str, reference: Reference) -> None:
    assert Reference.parse(text) == reference


@pytest.mark.parametrize(
    "text", ["secret", "{vault://}", "{vault://env}", "{vault://env/}", "{vault://env/a#b}"]
)
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match="reference"):
        Reference.parse(text)
