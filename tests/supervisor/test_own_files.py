"""Started as root, nothing that another user put below the prefix is followed, truncated or believed."""

import os
import pwd
import stat

import psutil
import pytest

from gopura.settings import Settings
from gopura.supervisor import own_files
from gopura.supervisor.certificates import certificates
from gopura.supervisor.orphans import Processes
from gopura.supervisor.own_files import read_own, write_own
from gopura.supervisor.ownership import hand_over
from gopura.supervisor.prefix import FOLDERS, Prefix, PrefixError
from gopura.supervisor.user import User

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can write as somebody else")
NOBODY = User("nobody", pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)


@pytest.fixture
def settings(tmp_path):
    return Settings.load(None, {}, {"prefix": str(tmp_path / "prefix")})


@pytest.fixture
def theirs(settings):
    """A prefix with all its folders that belongs to the user that the processes run as."""
    prefix = settings.path()
    for folder in (prefix, *(prefix / name for name in FOLDERS)):
        folder.mkdir()
        os.chown(folder, NOBODY.uid, NOBODY.gid)
    return prefix


@pytest.fixture
def secret(tmp_path):
    """What only root may read, and nobody changes."""
    path = tmp_path / "shadow"
    path.write_text("secret")
    path.chmod(0o600)
    return path


def link(path, target):
    path.symlink_to(target)
    os.chown(path, NOBODY.uid, NOBODY.gid, follow_symlinks=False)


def begin(settings):
    """What a start does with the prefix before it has any process."""
    prefix = Prefix(settings)
    prefix.prepare()
    prefix.take()
    try:
        processes = Processes(settings.path("pids", "processes.json"))
        processes.end_left()
        certificates(settings, ["proxy_listen"], NOBODY)
        hand_over(settings, NOBODY)
        prefix.node_id(None)
        prefix.debug_token(None)
        processes.add(os.getpid())
    finally:
        prefix.release()


def test_a_prefix_that_the_user_owns_becomes_roots(settings, theirs):
    begin(settings)
    for name in (".", "pids", "logs", "ssl", "run"):
        assert (theirs / name).stat().st_uid == 0, name
    assert (theirs / "snapshot").stat().st_uid == NOBODY.uid
    for name, mode in ((".", 0o1775), ("run", 0o1770), ("ssl", 0o1710)):
        assert oct(stat.S_IMODE((theirs / name).stat().st_mode)) == oct(mode)
        assert (theirs / name).stat().st_gid == NOBODY.gid


REPLACED = ["run/.writable", ".request_debug_token"]
REFUSED = [
    "run/lock", "node_id", "pids/gopura.pid", "pids/processes.json", "ssl/default.crt", "ssl/default.key",
    "ssl/default-ecdsa.key", "logs/error.log",
]  # fmt: skip


@pytest.mark.parametrize("name", [*REPLACED, *REFUSED])
def test_a_link_that_the_user_made_is_not_followed(settings, theirs, secret, name):
    link(theirs / name, secret)
    if name in REPLACED:
        begin(settings)
        assert not (theirs / name).is_symlink()
    else:
        with pytest.raises((PrefixError, OSError), match=name):
            begin(settings)
    assert (secret.read_text(), stat.S_IMODE(secret.stat().st_mode)) == ("secret", 0o600)


@pytest.mark.parametrize("name", FOLDERS)
def test_nor_is_a_folder_that_is_one(settings, theirs, tmp_path, name):
    other = tmp_path / "other"
    other.mkdir(mode=0o755)
    (theirs / name).rmdir()
    link(theirs / name, other)
    with pytest.raises(PrefixError, match="cannot write to prefix"):
        begin(settings)
    assert list(other.iterdir()) == []
    assert stat.S_IMODE(other.stat().st_mode) == 0o755


def test_roots_own_links_are_followed(settings, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    settings.path().mkdir()
    settings.path("logs").symlink_to(tmp_path / "elsewhere")
    begin(settings)
    assert (tmp_path / "elsewhere" / "error.log").stat().st_uid == NOBODY.uid


@pytest.mark.parametrize("owner", [0, NOBODY.uid])
def test_processes_are_ended_only_where_root_named_them(tmp_path, owner):
    path = tmp_path / "processes.json"
    processes = Processes(path)
    with psutil.Popen(["sleep", "60"]) as sleeping:
        processes.add(sleeping.pid)
        os.chown(path, owner, -1)
        left = [process.pid for process in processes._left()]
        sleeping.kill()
    assert left == ([sleeping.pid] if owner == 0 else [])


def test_a_process_that_ends_between_two_looks(tmp_path, monkeypatch):
    processes = Processes(tmp_path / "processes.json")
    processes.add(os.getpid())

    def gone(pid):
        raise psutil.NoSuchProcess(pid)

    monkeypatch.setattr(psutil, "Process", gone)
    processes.end_left()
    assert not (tmp_path / "processes.json").exists()


def test_a_prefix_where_another_users_gateway_has_its_database_stays_theirs(settings, theirs):
    (theirs / "gopura.sqlite").touch()
    Prefix(settings).prepare_database()
    assert theirs.stat().st_uid == NOBODY.uid


def test_only_plain_files_and_folders_are_handed_over(settings, secret):
    begin(settings)
    folder = settings.path("snapshot")
    (folder / "inner").mkdir()
    (folder / "inner" / "plain").touch()
    (folder / "linked").symlink_to(secret)
    (folder / "named-twice").hardlink_to(secret)
    hand_over(settings, NOBODY)
    assert secret.stat().st_uid == 0
    for path in (folder, folder / "inner", folder / "inner" / "plain", settings.path("gopura.sqlite")):
        assert path.stat().st_uid == NOBODY.uid, path


def test_a_key_is_one_users_and_roots_again(settings):
    begin(settings)
    key = settings.path("ssl", "default.key")
    before = key.read_bytes()
    assert (key.stat().st_uid, stat.S_IMODE(key.stat().st_mode)) == (NOBODY.uid, 0o400)
    certificates(settings, ["proxy_listen"])
    assert (key.stat().st_uid, stat.S_IMODE(key.stat().st_mode)) == (0, 0o600)
    assert key.read_bytes() == before


def test_a_copy_of_a_configured_key_goes_with_the_user_that_it_was_for(settings):
    begin(settings)
    pair = {
        f"ssl_{name}": str(settings.path("ssl", f"default.{end}"))
        for name, end in (("cert", "crt"), ("cert_key", "key"))
    }
    configured, copy = (
        settings.with_values(**{name: [path] for name, path in pair.items()}),
        settings.path("ssl", "ssl-1.key"),
    )
    certificates(configured, ["proxy_listen"], NOBODY)
    assert (copy.stat().st_uid, stat.S_IMODE(copy.stat().st_mode)) == (NOBODY.uid, 0o400)
    first = copy.stat().st_ino
    with copy.open("rb"):  # so that the number is not given to another file
        certificates(configured, ["proxy_listen"], NOBODY)
    assert copy.stat().st_ino != first
    certificates(configured, ["proxy_listen"])
    assert not copy.exists()


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError("no space left on device")

    monkeypatch.setattr(own_files.os, "fchmod", full)
    with pytest.raises(OSError, match="no space"):
        write_own(tmp_path / "file", b"x")
    assert list(tmp_path.iterdir()) == []


def test_what_is_read_must_be_no_link(tmp_path, secret):
    link(tmp_path / "link", secret)
    with pytest.raises(OSError, match="symbolic links"):
        read_own(tmp_path / "link")
