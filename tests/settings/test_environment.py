"""`KONG_*_FILE` and `GOPURA_*_FILE`: the value is what a file says."""

from pathlib import Path

import pytest

from gopura.settings import Settings, SettingsError

TEXTS = [
    (b"secret", "secret"),
    (b"secret\n", "secret"),
    (b"secret\n\n\n", "secret"),
    (b"two\nlines\n", "two\nlines"),
    (b"nul\0s", "nuls"),
    (b"caf\xc3\xa9\n", "café"),
    (b"\n", None),
]


@pytest.mark.parametrize("prefix", ["KONG", "GOPURA"])
@pytest.mark.parametrize(("data", "value"), TEXTS)
def test_the_text_of_a_file(prefix: str, data: bytes, value: str | None, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(data)
    environ = {"KONG_DATABASE": "postgres", f"{prefix}_PG_PASSWORD_FILE": str(path)}
    settings = Settings.load(None, environ, {})
    assert settings.pg_password == value
    assert settings.origins["pg_password"] == f"environment variable {prefix}_PG_PASSWORD_FILE"


def test_any_setting_may_be_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "level"
    path.write_text("debug\n")
    assert Settings.load(None, {"KONG_LOG_LEVEL_FILE": str(path)}, {}).log_level == "debug"
    assert Settings.load(None, {"KONG_LOG_LEVEL_FILE": ""}, {}).log_level == "notice"
    path.write_text("loud\n")
    with pytest.raises(SettingsError, match=r"KONG_LOG_LEVEL_FILE: log_level: `loud` is not allowed"):
        Settings.load(None, {"KONG_LOG_LEVEL_FILE": str(path)}, {})


def test_the_later_prefix_wins_here_too(tmp_path: Path) -> None:
    path = tmp_path / "level"
    path.write_text("debug")
    environ = {"KONG_LOG_LEVEL_FILE": str(path), "GOPURA_LOG_LEVEL": "warn"}
    assert Settings.load(None, environ, {}).log_level == "warn"
    environ = {"KONG_LOG_LEVEL": "warn", "GOPURA_LOG_LEVEL_FILE": str(path)}
    assert Settings.load(None, environ, {}).log_level == "debug"


FAULTS = [
    ("/no/such/file", {}, "cannot read /no/such/file: No such file or directory"),
    ("/", {}, "cannot read /: Is a directory"),
    ("/dev/zero", {}, "/dev/zero is larger than 1 MB"),
    ("/dev/null", {"KONG_PG_PASSWORD": "x"}, "KONG_PG_PASSWORD is set as well; only one of both may be"),
]


@pytest.mark.parametrize(("path", "others", "message"), FAULTS)
def test_files_that_cannot_be_taken(path: str, others: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(None, {"KONG_DATABASE": "postgres", "KONG_PG_PASSWORD_FILE": path, **others}, {})
    assert str(caught.value).startswith("environment variable KONG_PG_PASSWORD_FILE: ")
    assert message in str(caught.value)


def test_what_only_looks_like_a_file() -> None:
    """Directives of nginx and keys of vaults may end so themselves."""
    environ = {"KONG_NGINX_PROXY_AUTH_BASIC_USER_FILE": "/x", "KONG_VAULT_HCV_KUBE_API_TOKEN_FILE": "/x"}
    assert Settings.load(None, environ, {}).get("vault_hcv_kube_api_token_file") == "/x"
