"""A gRPC service by the reference implementation: it answers each message of things.proto with itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc

PROTO = str(Path(__file__).with_name("things.proto"))


@contextmanager
def serving() -> Iterator[int]:
    """Serve; gives the port."""
    echo = grpc.unary_unary_rpc_method_handler(lambda message, _context: message)
    server = grpc.server(ThreadPoolExecutor(2))
    methods = {"Get": echo, "Put": echo}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Things", methods)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()
