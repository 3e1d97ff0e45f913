"""The supervisor that runs on a prefix, as commands deal with it."""

from __future__ import annotations

import os
import select
import signal
from typing import Any

from gopura.cli._options import Failure
from gopura.settings import Settings
from gopura.supervisor.commands import ask
from gopura.supervisor.prefix import Prefix


class Running:
    """The supervisor of a prefix; Failure when none runs there."""

    def __init__(self, settings: Settings) -> None:
        self.prefix = Prefix(settings)
        pid = self.prefix.running()
        if pid is None:
            raise Failure(f"gopura is not running in {self.prefix.path}")
        self.pid = pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; Failure when that is not permitted."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass
        except PermissionError:
            raise Failure(f"process {self.pid} belongs to another user") from None

    def wait(self, seconds: float) -> bool:
        """Wait for the end; False when it takes longer. A process that only its parent knows has ended, too."""
        try:
            process = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            ended, _, _ = select.select([process], [], [], seconds)
        finally:
            os.close(process)
        return bool(ended)

    def ask(self, command: str, seconds: float, **details: Any) -> dict[str, Any]:
        """Give a command and return its answer; Failure when there is none."""
        try:
            return ask(self.prefix.command_socket, command, seconds, **details)
        except OSError as error:
            raise Failure(f"gopura (process {self.pid}) does not answer: {error}") from None
