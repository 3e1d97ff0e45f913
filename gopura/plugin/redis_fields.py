"""What the configurations of plugins that count in Redis say about the server."""

from typing import Annotated

from gopura import schema as config


class RedisFields(config.Record):
    """Where the Redis server is and how to log in; a configuration has these fields behind those of its other bases."""

    redis_host: config.Host | None = None
    """The host of the Redis server."""
    redis_port: config.Port | None = 6379
    """The port of the Redis server."""
    redis_password: Annotated[str | None, config.LenMin(0), config.Referenceable()] = None
    """The password at the Redis server."""
    redis_username: Annotated[str | None, config.Referenceable()] = None
    """The user name at the Redis server."""
    redis_ssl: bool = False
    """Whether to talk to Redis by TLS."""
    redis_ssl_verify: bool = False
    """Whether to verify the certificate of the Redis server."""
    redis_server_name: config.Sni | None = None
    """The server name of the TLS hello to Redis."""
    redis_timeout: float | None = 2000
    """How many milliseconds Redis may take."""
    redis_database: float | None = 0
    """The number of the database in Redis."""
