"""Requests at a constant rate; latency counts from the moment at which a request was due."""

import asyncio
import time
from dataclasses import dataclass, field

CONNECTIONS = 20


@dataclass
class Seen:
    """What the client saw: the latency of each good request, in seconds, and whatever went wrong."""

    latencies: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def percentile(self, percent: float) -> float:
        """Latency in milliseconds below which so many percent of the requests stayed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000


def steady_load(port: int, paths: list[str], rate: int, seconds: float) -> Seen:
    """Request the paths of 127.0.0.1 in turn, so many a second, over kept connections."""
    return asyncio.run(_load(port, paths, rate, int(rate * seconds)))


async def _load(port: int, paths: list[str], rate: int, total: int) -> Seen:
    seen, start = Seen(), time.monotonic()

    async def connection(first: int) -> None:
        streams = None
        for number in range(first, total, CONNECTIONS):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            path = paths[number % len(paths)]
            try:
                streams = streams or await asyncio.open_connection("127.0.0.1", port)
                status = await asyncio.wait_for(_request(*streams, path), 30)
            except (OSError, ValueError, asyncio.IncompleteReadError) as error:
                seen.errors.append(f"{path}: {error!r}")
                if streams:
                    streams[1].close()
                streams = None
            else:
                if status == 200:
                    seen.latencies.append(time.monotonic() - due)
                else:
                    seen.errors.append(f"{path}: {status}")
        if streams:
            streams[1].close()
            await streams[1].wait_closed()

    await asyncio.gather(*(connection(number) for number in range(CONNECTIONS)))
    return seen


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> int:
    """Status of one request; the body is read."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    if "content-length" not in headers:
        raise ValueError(f"an answer without a length: {status}")
    await reader.readexactly(int(headers["content-length"]))
    return int(status.split(" ")[1])
