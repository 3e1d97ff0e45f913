import pytest

from gopura.settings.file import read_file

LINES = [
    ("log_level = debug", ("log_level", "debug")),
    ("  log_level=debug  # loud", ("log_level", "debug")),
    ("pg_password = a\\#b", ("pg_password", "a#b")),
    ("pg_password = 'quoted one'", ("pg_password", "quoted one")),
    ("pg_user = a = b", ("pg_user", "a = b")),
    ("proxy_listen = 0.0.0.0:80, \\\n  0.0.0.0:443 ssl", ("proxy_listen", "0.0.0.0:80,   0.0.0.0:443 ssl")),
    ("# log_level = debug\n; other\n\nkic = on", ("kic", "on")),
    ("pg_password =", ("pg_password", "")),
]


@pytest.mark.parametrize(("text", "entry"), LINES)
def test_line(tmp_path, text, entry):
    path = tmp_path / "kong.conf"
    path.write_text(text)
    entries, problems = read_file(path)
    assert ([(e.key, e.text) for e in entries], problems) == ([entry], [])


def test_a_line_that_is_no_setting_is_named_with_its_number(tmp_path):
    path = tmp_path / "kong.conf"
    path.write_text("# first\nnonsense\n")
    _, problems = read_file(path)
    assert str(problems[0]) == f"{path}:2: nonsense: is not a setting; expected `key = value`"
