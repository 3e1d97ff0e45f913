"""References to secrets: `{vault://VAULT/RESOURCE[/KEY][?option=value][#version]}`."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from gopura.schema import is_reference


@dataclass(frozen=True)
class Reference:
    """Which secret of which vault; `key` names a member of a secret that is a JSON object."""

    vault: str
    resource: str
    key: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    version: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a reference apart; raises ValueError."""
        if not is_reference(text):
            raise ValueError(f"not a reference [{text}]")
        url = urlsplit(text[1:-1])
        *resource, last = url.path.removeprefix("/").split("/")
        path, key = ("/".join(resource), last or None) if resource else (last, None)
        if not url.netloc or not path:
            raise ValueError(f"a reference names a vault and a secret [{text}]")
        version = cls._version(url.fragment, text)
        return cls(url.netloc, unquote(path), key and unquote(key), tuple(parse_qsl(url.query)), version)

    @staticmethod
    def _version(fragment: str, text: str) -> int | None:
        if not fragment:
            return None
        if not fragment.isdecimal():
            raise ValueError(f"the version of a reference is a number [{text}]")
        return int(fragment)
