"""File log: an entry per request, in a file."""

from pathlib import Path
from typing import Annotated, BinaryIO

from gopura.plugin import ALL_PROTOCOLS, Exchange, Node, Plugin, config
from gopura.plugin.custom_fields import set_fields
from gopura.plugin.record import encoded

_FileName = config.Match("^[^*&%%\\`]+$", r"^[^*&%\\`]+\Z", err="not a valid filename")


class FileLog(Plugin, name="file-log", priority=9, protocols=ALL_PROTOCOLS):
    """Writes a line of JSON after each request."""

    example = {"path": "/var/log/gateway/requests.log"}

    class Config(config.Record):
        """Which file."""

        path: Annotated[str, _FileName]
        """The file, made when it is not there."""
        reopen: bool = False
        """Whether the file is opened anew for each request, so that it can be moved away."""
        custom_fields_by_lua: config.LuaFields | None = None

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._files: dict[str, BinaryIO] = {}

    def log(self, exchange: Exchange, config: Config) -> None:
        """Write the record."""
        set_fields(exchange, config.custom_fields_by_lua, self)
        try:
            self._file(config).write(encoded(exchange) + b"\n")
        except OSError as error:
            self.log_to.error("failed to open the file: %s", error)  # noqa: TRY400 - the user's to mend

    def _file(self, config: Config) -> BinaryIO:
        """The file, opened for appending and written to without a buffer: lines of several workers do not mix."""
        if config.reopen and (known := self._files.pop(config.path, None)):
            known.close()
        if config.path not in self._files:
            self._files[config.path] = Path(config.path).open("ab", buffering=0)  # noqa: SIM115 - kept
        return self._files[config.path]
