"""Settings in the environment: `KONG_*`, `GOPURA_*`, and files named by `KONG_*_FILE` and `GOPURA_*_FILE`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gopura.settings.catalogue import SETTINGS
from gopura.settings.source import Entry, Problem

_PREFIXES = ("KONG_", "GOPURA_")  # the later one wins
# Kubernetes injects addresses of Services named kong, kong-proxy or gopura; images and processes carry the others.
_NOT_SETTINGS = re.compile(
    r"(\w+_)?SERVICE_(HOST|PORT)(_\w+)?|PORT|(\w+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?"
    r"|VERSION|PROCESS(_\w+)?|CONF|TEST_\w+"
)
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://\S+:\d+")
_FILE = "_file"
_FILE_LIMIT = 1024 * 1024


@dataclass
class Environment:
    """What the variables say, what is wrong with files that they name, and what they do not say though it looks so."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Entries of KONG_* variables, then of GOPURA_*, so that the latter win."""
    result = Environment()
    for prefix in _PREFIXES:
        for key, name in _variables(prefix, environ):
            try:
                result.entries += _entries(key, name, prefix, environ, result)
            except ValueError as error:
                result.problems.append(Problem(key, f"environment variable {name}", str(error)))
    return result


def _variables(prefix: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted(environ):
        rest = name.removeprefix(prefix)
        if rest != name and not _NOT_SETTINGS.fullmatch(rest):
            yield rest.lower(), name


def _entries(
    key: str, name: str, prefix: str, environ: Mapping[str, str], result: Environment
) -> Iterator[Entry]:
    text = environ[name]
    if key.endswith("port") and _SERVICE_ADDRESS.fullmatch(text):
        if key in SETTINGS:
            result.notices.append(f"{name} is the address of a Kubernetes Service, not the setting {key}")
    elif (named := key.removesuffix(_FILE)) in SETTINGS and key not in SETTINGS:
        if text:
            yield _from_file(named, name, Path(text), environ)
    else:
        yield Entry(key, text, f"environment variable {name}", "environment")


def _from_file(key: str, name: str, path: Path, environ: Mapping[str, str]) -> Entry:
    """As the entrypoint of Kong's image does: the file's text without the line ends that it closes with."""
    plain = name[: -len(_FILE)]
    if environ.get(plain):
        raise ValueError(f"{plain} is set as well; only one of both may be")
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_LIMIT + 1)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > _FILE_LIMIT:
        raise ValueError(f"{path} is larger than 1 MB")
    text = data.replace(b"\0", b"").decode(errors="surrogateescape").rstrip("\n")
    return Entry(key, text, f"environment variable {name}", "environment")
