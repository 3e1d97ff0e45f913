import stat

import pytest

from gopura.settings import Settings
from gopura.supervisor.prefix import Prefix, PrefixError


def make(path):
    return Prefix(Settings.load(None, {}, {"prefix": str(path)}))


def test_folders_with_secrets_are_the_owners(tmp_path):
    make(tmp_path / "a").prepare()
    assert stat.S_IMODE((tmp_path / "a" / "gopura.sqlite").stat().st_mode) == 0o600
    for name in ("ssl", "run", "snapshot"):
        assert stat.S_IMODE((tmp_path / "a" / name).stat().st_mode) == 0o700


def test_a_prefix_that_cannot_be_made_names_the_setting(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        PrefixError, match=r"cannot write to prefix .*file/a \(set by command line\): Not a directory"
    ):
        make(tmp_path / "file" / "a").prepare()


def test_a_prefix_too_long_for_sockets(tmp_path):
    with pytest.raises(PrefixError, match="too long for the unix sockets"):
        make(tmp_path / ("a" * 120)).prepare()


def test_one_supervisor_at_a_time(tmp_path):
    first, second = make(tmp_path), make(tmp_path)
    first.prepare()
    assert second.running() is None
    first.take()
    assert second.running() is not None
    with pytest.raises(PrefixError, match="already runs"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_the_token_for_debugging_is_the_owners(tmp_path):
    prefix = make(tmp_path)
    prefix.prepare()
    token = prefix.debug_token(None)
    assert len(token) == 32
    assert prefix.debug_token("mine") == "mine"
    assert (tmp_path / ".request_debug_token").read_text() == "mine\n"
    assert stat.S_IMODE((tmp_path / ".request_debug_token").stat().st_mode) == 0o600


def test_the_identity_is_kept_unless_configured(tmp_path):
    prefix = make(tmp_path)
    prefix.prepare()
    assert prefix.node_id(None) == prefix.node_id(None)
    assert prefix.node_id("x") == "x"
