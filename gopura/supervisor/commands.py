"""Commands to a running supervisor over a unix socket in its prefix: one JSON line there, one back."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

Answer = dict[str, Any]
Handler = Callable[[dict[str, Any]], Awaitable[Answer]]
_LINE_LIMIT = 64 * 1024 * 1024


async def listen(path: Path, handlers: dict[str, Handler]) -> asyncio.Server:
    """Answer commands; whoever may open the socket (its owner only) may give them."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if line := await reader.readline():
            request = json.loads(line)
            try:
                answer = await handlers[request["command"]](request)
            except Exception as error:
                log.exception("the command %s failed", request["command"])
                answer = {"error": str(error) or type(error).__name__}
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    await asyncio.to_thread(path.unlink, missing_ok=True)
    mask = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(serve, path, limit=_LINE_LIMIT)
    finally:
        os.umask(mask)


def ask(path: Path, command: str, timeout: float, **details: Any) -> Answer:
    """Give a command and wait for its answer; OSError when nobody answers in time (seconds)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(json.dumps({"command": command, **details}).encode() + b"\n")
        with connection.makefile("rb") as stream:
            line = stream.readline()
    if not line:
        raise ConnectionResetError("gopura ended before it answered")
    answer: Answer = json.loads(line)
    return answer
