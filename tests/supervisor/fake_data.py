"""Stands in for the data process: answers every connection with its process id; ready at once."""

import asyncio
import os
import socket

from gopura.supervisor.launch import Launch, Parent
from gopura.supervisor.life import Life, run_process


async def data(parent: Parent, launch: Launch, life: Life) -> None:
    if launch.settings.log_level == "emerg":
        parent.report("failed", message="told to fail")
        return
    servers = [
        await asyncio.start_server(answer, sock=socket.socket(fileno=fd))
        for bound in launch.listeners["proxy_listen"]
        for fd in bound.fds
    ]
    parent.report("ready")
    await life.until_end_or()
    for server in servers:
        server.close()
    if life.graceful:
        await asyncio.sleep(0.1)  # answers under way


async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(str(os.getpid()).encode())
    await writer.drain()
    writer.close()


if __name__ == "__main__":
    run_process(data, "proxy_error_log")
