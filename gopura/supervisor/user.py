"""Whom the processes run as when gopura is started as root: `nginx_user`."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gopura.settings import Settings

_USUAL = ("kong", "kong kong")
"""Kong's default, which need not be there."""
_PROBE = """
import os, sys
import gopura
for path in sys.argv[1:]:
    if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
        sys.exit(f"it cannot read {path}")
"""


class UserError(Exception):
    """The processes cannot run as the configured user; the text says why."""


@dataclass(frozen=True)
class User:
    """Who is not root: a name, and the numbers of the user and the group."""

    name: str
    uid: int
    gid: int

    def of_process(self) -> dict[str, Any]:
        """Arguments for a new process that runs as this user."""
        groups = os.getgrouplist(self.name, self.gid)
        return {"user": self.uid, "group": self.gid, "extra_groups": groups}


@dataclass(frozen=True)
class Choice:
    """Whom the processes run as: None is whoever started gopura. `notice` says why that is not as it should be."""

    user: User | None = None
    notice: str = ""


def choose(settings: Settings) -> Choice:
    """Whom the processes of a node run as; UserError when a user that was chosen on purpose cannot be used."""
    wanted = " ".join(settings.nginx_main_user.split())
    if os.geteuid() != 0:
        return Choice(notice="" if wanted in (*_USUAL, "root", _own_name()) else _powerless(wanted))
    if wanted.split()[0] == "root":
        return Choice()
    try:
        user = _find(*wanted.split())
        _try(user, settings)
    except UserError as error:
        if wanted not in _USUAL:
            raise UserError(f"nginx_user = {wanted}: {error}") from None
        return Choice(
            notice=f"the processes run as root: {error}; nginx_user may name another user, or `root`"
        )
    return Choice(user)


def _powerless(wanted: str) -> str:
    return f"nginx_user = {wanted} has no effect: gopura was not started as root, and stays {_own_name()}"


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _find(name: str, group: str = "") -> User:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise UserError(f"there is no user {name}") from None
    try:
        gid = grp.getgrnam(group).gr_gid if group else found.pw_gid
    except KeyError:
        if group != "nobody":  # which Debian has as a user only
            raise UserError(f"there is no group {group}") from None
        gid = found.pw_gid
    return User(name, found.pw_uid, gid)


def _try(user: User, settings: Settings) -> None:
    """Whether the user may run this program and read what the processes read."""
    command = [sys.executable, "-c", _PROBE, *map(str, _read_by_processes(settings))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **user.of_process())  # noqa: S603
    except OSError:
        raise UserError(f"the user {user.name} cannot run {sys.executable}") from None
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1]
        raise UserError(f"the user {user.name} cannot serve: {reason}")


def _read_by_processes(settings: Settings) -> Iterator[Path]:
    """Certificates and keys are not among them: the supervisor reads those."""
    yield next(parent for parent in settings.path().parents if parent.exists())
    names = ["declarative_config", *(f"error_template_{form}" for form in ("html", "json", "xml", "plain"))]
    files = [settings.get(name) for name in names]
    trusted = [settings.nginx_http_proxy_ssl_trusted_certificate, *settings.lua_ssl_trusted_certificate]
    for name in (*files, *trusted, *settings.plugins_path):
        if name and name != "system" and (path := Path(name).expanduser()).exists():
            yield path
