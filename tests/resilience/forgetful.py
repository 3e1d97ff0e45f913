"""A way to a server that forgets its connections, as firewalls do: they look open until they are used."""

import socket
import threading
from contextlib import suppress
from typing import Literal

Lost = Literal["command", "answer"]


class Forgetful:
    """A port that leads to a server; after `forget` the connections of before are cut at their next use."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._forgotten: dict[socket.socket, Lost] = {}
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self, lost: Lost) -> None:
        """Cut the connections when the next command comes, or when the server has answered it."""
        self._forgotten.update(dict.fromkeys(self._open, lost))

    def stop(self) -> None:
        """Accept no more, and cut what is open."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for client in list(self._open):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._open.add(client)
                threading.Thread(target=self._commands, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answers, args=(client, server), daemon=True).start()

    def _commands(self, client: socket.socket, server: socket.socket) -> None:
        with server, suppress(OSError):
            while (data := client.recv(65536)) and self._forgotten.get(client) != "command":
                server.sendall(data)
            self._end(client)
            server.shutdown(socket.SHUT_RDWR)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while (data := server.recv(65536)) and self._forgotten.get(client) != "answer":
                client.sendall(data)
            self._end(client)

    def _end(self, client: socket.socket) -> None:
        if client not in self._open:
            return
        self._open.discard(client)
        self.cuts += self._forgotten.pop(client, None) is not None
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
        client.close()
