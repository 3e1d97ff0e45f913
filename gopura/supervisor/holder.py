"""Which process is in the way."""

from __future__ import annotations

import shlex

import psutil


def port_holder(port: int) -> str | None:
    """Describe the process that listens on a TCP port; None when it cannot be found."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return None
    for connection in connections:
        address = tuple(connection.laddr)
        if connection.status == psutil.CONN_LISTEN and address[1:] == (port,) and connection.pid:
            return describe(connection.pid)
    return None


def describe(pid: int) -> str:
    """Describe a process by its id and its command line."""
    try:
        command = shlex.join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return f"process {pid}"
    return f"process {pid} ({command[:120]})"
