"""File log: an entry per request, in a file."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config

_FileName = config.Match("^[^*&%%\\`]+$", r"^[^*&%\\`]+\Z", err="not a valid filename")


class FileLog(Plugin, name="file-log", priority=9, protocols=ALL_PROTOCOLS):
    """Writes a line of JSON after each request."""

    class Config(config.Record):
        """Which file."""

        path: Annotated[str, _FileName]
        """The file, made when it is not there."""
        reopen: bool = False
        """Whether the file is opened anew for each request, so that it can be moved away."""
        custom_fields_by_lua: config.LuaFields | None = None
