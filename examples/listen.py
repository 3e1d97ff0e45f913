"""Shows what a plugin sends elsewhere: `python3 listen.py udp|tcp|http PORT` prints the first message, and ends."""

import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Printed(BaseHTTPRequestHandler):
    """Takes one request."""

    def do_POST(self) -> None:
        """Print it, and thank for it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        text = body.decode() if body.isascii() else f"{len(body)} bytes"
        print(f"{self.command} {self.path}\n{self.headers['Content-Type']}\n{text}")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing beside what was sent."""


def main(kind: str, port: int) -> None:
    """Listen until something has come."""
    if kind == "http":
        HTTPServer(("127.0.0.1", port), Printed).handle_request()
        return
    with socket.socket(type=socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", port))
        if kind == "tcp":
            listener.listen()
            with listener.accept()[0] as connection:
                print(connection.recv(65536).decode())
        else:
            print(listener.recv(65536).decode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
