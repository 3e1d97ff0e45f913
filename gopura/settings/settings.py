"""The settings of one node."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from gopura.settings.catalogue import SETTINGS
from gopura.settings.checks import check
from gopura.settings.environment import read_environment
from gopura.settings.file import read_file
from gopura.settings.kinds import Listen
from gopura.settings.listen import Listener
from gopura.settings.resolve import Resolved, resolve
from gopura.settings.source import Entry, Problem, SettingsError, override_entries

DEFAULT_FILES = ("/etc/gopura/gopura.conf", "/etc/gopura.conf", "/etc/kong/kong.conf", "/etc/kong.conf")


class Settings:
    """Every setting by its kong.conf name, as an attribute.

    `origins` says where a setting that is not at its default was set; `notices` are for the user to read.
    """

    def __init__(self, resolved: Resolved, conf: Path | None = None) -> None:
        self._values = resolved.values
        self.origins = resolved.origins
        self.references = resolved.references
        self.notices = resolved.notices
        self.conf = conf

    @classmethod
    def load(
        cls,
        conf: str | Path | None,
        environ: Mapping[str, str],
        overrides: Mapping[str, str],
        strict: bool = False,
    ) -> Self:
        """Read file, environment and command line, later ones winning; SettingsError names all faults.

        With `strict` what is ignored otherwise, such as a variable that is no setting, is a fault.
        """
        resolved, path = _gather(conf, environ, overrides, strict)
        problems = [*resolved.problems, *check(resolved.values, resolved.origins)]
        if problems:
            raise SettingsError(problems)
        return cls._ready(resolved, path)

    @classmethod
    def find(cls, conf: str | Path | None, environ: Mapping[str, str], overrides: Mapping[str, str]) -> Self:
        """As `load`, for the prefix alone: faults of other settings leave these at their defaults."""
        resolved, path = _gather(conf, environ, overrides)
        problems = [problem for problem in resolved.problems if problem.key == "prefix"]
        if problems:
            raise SettingsError(problems)
        return cls._ready(resolved, path)

    @classmethod
    def _ready(cls, resolved: Resolved, path: Path | None) -> Self:
        resolved.values["prefix"] = str(Path(resolved.values["prefix"]).expanduser().absolute())
        resolved.values["admin_gui_origin"] = _origin(resolved.values["admin_gui_url"])
        return cls(resolved, path)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(f"there is no setting {name}") from None

    def get(self, name: str) -> Any:
        """Value of a setting, or of a key of a family that was set; else None."""
        return self._values.get(name)

    def items(self) -> list[tuple[str, Any]]:
        """All settings with their values, secrets included."""
        return sorted(self._values.items())

    def with_values(self, **values: Any) -> Self:
        """The same settings with some values replaced."""
        resolved = Resolved(self._values | values, self.origins, self.references, self.notices)
        return type(self)(resolved, self.conf)

    def listeners(self, name: str) -> list[Listener]:
        """Parsed addresses of a `*_listen` setting."""
        kind = SETTINGS[name].kind
        assert isinstance(kind, Listen)
        return kind.listeners(self._values[name] or ["off"])

    def path(self, *parts: str) -> Path:
        """A path below the prefix; an absolute one stays."""
        return Path(self._values["prefix"], *parts)

    def public(self) -> dict[str, Any]:
        """The configuration as `GET /` of the Admin API shows it, without secrets."""
        from gopura.settings.public import public  # it imports this module

        return public(self)

    def to_json(self) -> dict[str, Any]:
        """Everything that another process needs; contains secrets."""
        return {
            "values": self._values,
            "origins": self.origins,
            "references": self.references,
            "notices": self.notices,
            "conf": str(self.conf) if self.conf else None,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The settings that `to_json` described."""
        conf = data.pop("conf")
        return cls(Resolved(**data), Path(conf) if conf else None)

    def save(self, path: Path) -> None:
        """Write the settings to a file that only the owner may read."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.to_json()))


def _gather(
    conf: str | Path | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, str],
    strict: bool = False,
) -> tuple[Resolved, Path | None]:
    path = _configuration_file(conf)
    entries, problems = _read(path) if path else ([], [])
    environment = read_environment(environ)
    resolved = resolve([*entries, *environment.entries, *override_entries(overrides)], environ, strict)
    resolved.problems[:0] = [*problems, *environment.problems]
    resolved.notices[:0] = environment.notices
    return resolved, path


def _configuration_file(conf: str | Path | None) -> Path | None:
    if conf is not None:
        return Path(conf).absolute()
    return next((path for path in map(Path, DEFAULT_FILES) if path.is_file()), None)


def _read(path: Path) -> tuple[list[Entry], list[Problem]]:
    try:
        return read_file(path)
    except OSError as error:
        raise SettingsError(
            [Problem("configuration file", "", f"cannot read {path}: {error.strerror}")]
        ) from None


def _origin(url: str | None) -> str | None:
    """Scheme, host and port of the (first) web interface, which the Admin API's CORS headers name."""
    return None if url is None else "/".join(url.partition(",")[0].strip().split("/")[:3])
