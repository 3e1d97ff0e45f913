"""A server that keeps what plugins send to it."""

import queue
from types import TracebackType
from typing import Self

from gopura.testing import Received, Upstream
from gopura.testing.upstream import Reply
from tests.waiting import PATIENCE


class Collector:
    """Answers every request with `status`; `next` waits for one."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self._received: queue.Queue[Received] = queue.Queue()
        self._server = Upstream()
        self._server.reply = self._reply

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/in"

    def next(self, seconds: float = PATIENCE) -> Received:
        """The oldest request that was not looked at."""
        return self._received.get(timeout=seconds)

    @property
    def is_empty(self) -> bool:
        return self._received.empty()

    def _reply(self, received: Received) -> Reply:
        self._received.put(received)
        return Reply(self.status, body=b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
