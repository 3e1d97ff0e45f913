"""The control plane's side of the link."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed

from gopura.link import messages
from gopura.link.calls import Answer, no_answer
from gopura.link.messages import EntityFault, Message
from gopura.link.peer import Connection, Peer, Snapshots

log = logging.getLogger(__name__)
_HELLO_SECONDS = 10.0
_MOST_TOLD = 5


class LinkServer:
    """Sends every new snapshot to all connected data planes; knows what each of them serves.

    `answer` answers their calls.
    """

    def __init__(self, snapshots: Snapshots, write_ack_timeout: float, ping_interval: float) -> None:
        self._snapshots = snapshots
        self._timeout = write_ack_timeout
        self._ping = ping_interval
        self._peers: list[Peer] = []
        self._telling: set[asyncio.Future[list[Any]]] = set()
        self._arrival = asyncio.Event()
        self._expected_until = 0.0
        self.answer: Answer = no_answer

    @property
    def peers(self) -> list[Peer]:
        """The connected data planes."""
        return list(self._peers)

    @property
    def faults(self) -> list[EntityFault]:
        """Entities that some data plane cannot serve."""
        return [fault for peer in self._peers for fault in peer.faults]

    def announce(self) -> None:
        """There is a newer snapshot."""
        for peer in self._peers:
            peer.wake()

    async def served(self, version: int, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - bounded wait
        """Wait until all connected data planes serve a version; False when one refused it or time ran out.

        `timeout` is in seconds, by default `write_ack_timeout`; 0 does not wait. Without a data plane there is
        nothing to wait for, but at the start and after a loss one is given the same time to connect.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + (self._timeout if timeout is None else timeout)
        if not self._peers:
            await _bounded(self._arrival.wait(), min(end, self._expected_until))
        waits = [peer.serves(version) for peer in self._peers]
        if not waits:
            return False
        done, pending = await asyncio.wait(waits, timeout=end - loop.time())
        for late in pending:
            late.cancel()
        if self._telling:
            await asyncio.wait(self._telling, timeout=max(0.0, end - loop.time()))
        return not pending and all(wait.result() for wait in done)

    def shortcomings(self, version: int) -> list[str]:
        """In words: why data planes do not serve a version, and what they refuse to do of what they serve."""
        if not self._timeout:
            return []  # nobody waits for data planes
        if not self._peers:
            return [f"version {version} is stored, but not served: no data plane is connected"]
        return list(dict.fromkeys(text for peer in self._peers for text in self._shortcomings(peer, version)))

    def _shortcomings(self, peer: Peer, version: int) -> Iterator[str]:
        plugins = [f"{fault['id']}: {fault['message']}" for fault in peer.refusing[:_MOST_TOLD]]
        if plugins:
            yield f"requests with plugins that the data plane cannot run get 500: {'; '.join(plugins)}"
        if not peer.has(version):
            faults = [f"{one['entity']} {one['id']}: {one['message']}" for one in peer.faults[:_MOST_TOLD]]
            why = f"the data plane refuses {'; '.join(faults)}" if faults else (
                f"the data plane has not taken it up within {self._timeout:g} seconds (write_ack_timeout)"
            )  # fmt: skip
            yield f"version {version} is stored, but not served: {why}"

    async def call(self, name: str, **params: Any) -> list[Any]:
        """Ask every connected data plane; the answers of those that had one."""
        calls = (peer.call(name, params) for peer in self._peers)
        answers = await asyncio.gather(*calls, return_exceptions=True)
        return [answer for answer in answers if not isinstance(answer, BaseException)]

    def tell(self, name: str, **params: Any) -> None:
        """Ask every connected data plane; only `served` waits for the answers."""
        telling = asyncio.ensure_future(self.call(name, **params))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    @asynccontextmanager
    async def listening(self, path: Path) -> AsyncIterator[None]:
        """Serve the data plane of this machine on a unix socket that only its owner may use."""
        await asyncio.to_thread(path.unlink, missing_ok=True)
        server = await unix_serve(
            self._serve,
            str(path),
            compression=None,
            max_size=None,
            ping_interval=self._ping,
            ping_timeout=self._ping,
            close_timeout=1,
        )
        await asyncio.to_thread(path.chmod, 0o600)
        self._expect()
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()

    def _expect(self) -> None:
        """From now on a data plane may be about to connect."""
        if not self._peers:
            self._arrival.clear()
            self._expected_until = asyncio.get_running_loop().time() + self._timeout

    async def _serve(self, connection: ServerConnection) -> None:
        try:
            async with asyncio.timeout(_HELLO_SECONDS):
                greeting = messages.decode(await connection.recv(decode=False))
            await self._run(cast(Connection, connection), greeting)
        except ConnectionClosed:
            return
        except (TimeoutError, ValueError, KeyError) as error:
            log.warning("refused a connection to the snapshot link: %s", error or type(error).__name__)
            await connection.close(1002, "expected a hello")

    async def _run(self, connection: Connection, greeting: Message) -> None:
        peer = Peer(connection, self._snapshots, str(greeting["node"]), self.answer)
        self._peers.insert(0, peer)  # the newest is asked first
        self._arrival.set()
        log.info("data plane %s is connected with version %s", peer.node, greeting["version"])
        try:
            await peer.run(int(greeting["version"]), str(greeting["hash"]))
        finally:
            self._peers.remove(peer)
            self._expect()
            log.info("data plane %s is gone", peer.node)


async def _bounded(wait: Coroutine[Any, Any, Any], end: float) -> None:
    """Wait until it is over or a moment of the loop's clock has come."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(end):
            await wait
