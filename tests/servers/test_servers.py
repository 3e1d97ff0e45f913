"""The servers themselves: that they start, answer and come back after a halt."""

import socket

import httpx
import pytest

from tests.servers.echo import Echo
from tests.servers.postgres import Database, Postgres
from tests.servers.process import ServerError, ServerProcess, program
from tests.servers.redis import Redis


def test_postgres_gives_fresh_databases(postgres: Postgres, postgres_database: Database) -> None:
    postgres.sql("CREATE TABLE seen (id int)", postgres_database.name)
    assert postgres.sql("SELECT count(*) FROM seen", postgres_database.name) == "0\n"
    assert postgres.database().name != postgres_database.name


def test_postgres_keeps_its_data_over_a_halt() -> None:
    server = Postgres()
    try:
        database = server.database()
        server.halt()
        server.start()
        assert server.sql("SELECT 1", database.name) == "1\n"
    finally:
        server.stop()


def test_redis_answers(redis: Redis) -> None:
    assert redis.command("SET", "key", "value") == b"+OK\r\n"
    redis.flush()
    assert redis.command("GET", "key") == b"$-1\r\n"


@pytest.mark.parametrize(
    ("path", "status", "length"),
    [("/status/418", 418, None), ("/bytes/10", 200, 10), ("/chunked", 200, None), ("/delay/1", 200, None)],
)
def test_echo_answers_as_the_path_asks(echo: Echo, path: str, status: int, length: int | None) -> None:
    answer = httpx.get(echo.url + path)
    assert answer.status_code == status
    assert length is None or len(answer.content) == length


def test_echo_describes_the_request(echo: Echo) -> None:
    seen = httpx.post(f"{echo.url}/a?b=c", content=iter([b"he", b"llo"]), headers={"X-Case": "1"}).json()
    assert (seen["method"], seen["path"], seen["query"], seen["body"]) == (
        "POST",
        "/a",
        [["b", "c"]],
        "hello",
    )
    assert ["X-Case", "1"] in seen["raw_headers"]
    assert echo.received[0].header("x-case") == "1"


def test_echo_upgrades_to_websocket(echo: Echo) -> None:
    head = "GET /websocket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a2V5\r\n\r\n"
    with socket.create_connection((echo.host, echo.port), timeout=5) as connection:
        connection.sendall(head.encode() + b"\x81\x82\0\0\0\0hi")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 101")
    assert b"\x81\x02hi" in answer


def test_a_missing_program_names_its_package() -> None:
    with pytest.raises(ServerError, match="install the package nothing-at-all"):
        program("no-such-program", "nothing-at-all")


def test_a_server_that_ends_early_shows_its_output() -> None:
    with pytest.raises(ServerError, match="broken by design"):
        ServerProcess("broken").start(["sh", "-c", "echo broken by design; exit 1"], lambda: False)
