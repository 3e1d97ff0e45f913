"""Where entities are stored."""

from __future__ import annotations

from gopura.settings.kinds import Flag, Kind, ListOf, Measure, Number, OneOf, Text
from gopura.settings.setting import NOT_YET, Section, Setting

_CACHE = "the data plane runs on a snapshot and caches nothing from the database"
_POOL = ("max_concurrent_queries", "semaphore_timeout", "keepalive_timeout", "pool_size", "backlog")
_LMDB = "the snapshot is kept in `<prefix>/snapshot`"

_POSTGRES: tuple[tuple[str, Kind, str, str], ...] = (
    ("host", Text(), "127.0.0.1", "Host of the PostgreSQL server, or the folder of its unix socket."),
    ("port", Number(1, 65535), "5432", "Port of the PostgreSQL server."),
    (
        "timeout",
        Number(0),
        "5000",
        "Milliseconds until connecting, or what a plugin asks for, is given up; 0: never.",
    ),
    ("user", Text(), "kong", "User of the database."),
    ("password", Text(), "", "Password of the user."),
    ("database", Text(), "kong", "Name of the database."),
    ("schema", Text(), "", "Schema in the database; the server's `search_path` when empty."),
    ("ssl", Flag(), "off", "Use TLS when the server offers it."),
    ("ssl_verify", Flag(), "off", "Verify the server's certificate."),
    ("max_concurrent_queries", Number(0), "0", "Queries at the same time; 0 sets no limit."),
    (
        "semaphore_timeout",
        Number(0),
        "60000",
        "Milliseconds that a query waits for its turn under that limit.",
    ),
    ("keepalive_timeout", Number(0), "", "Milliseconds that an idle connection is kept."),
    ("pool_size", Number(0), "", "Connections kept for reuse."),
    ("backlog", Number(0), "", "Queries that may wait for a connection."),
)

SECTION = Section(
    "Database",
    (
        Setting(
            "database",
            OneOf("sqlite", "postgres", "off"),
            "sqlite",
            "`sqlite`: embedded, for one node; `postgres`: for one or many nodes; `off`: in memory, from a "
            "declarative file.",
        ),
        Setting(
            "reported_database",
            OneOf("postgres", "sqlite"),
            "postgres",
            "What `GET /` of the Admin API says as `configuration.database` when it is `sqlite`, which clients "
            "made for Kong do not know. `configuration.gopura_database` always says what it is.",
            own=True,
        ),
        Setting(
            "declarative_config",
            Text(form="a path"),
            "",
            "Declarative file that is loaded when `database = off`.",
        ),
        Setting(
            "declarative_config_string",
            Text(),
            "",
            "The declarative configuration itself, when `database = off` and `declarative_config` is not set.",
            secret=True,
        ),
        *(
            Setting(
                f"pg_{name}",
                kind,
                default,
                text,
                secret=name == "password",
                inert=NOT_YET if name in _POOL else "",
            )
            for name, kind, default, text in _POSTGRES
        ),
        *(
            Setting(
                f"pg_ro_{name}",
                kind,
                "",
                f"As `pg_{name}`, for a server that is only read from.",
                secret=name == "password",
                inert=NOT_YET,
            )
            for name, kind, _, _ in _POSTGRES
        ),
        Setting(
            "pg_ssl_required",
            Flag(),
            "off",
            "Refuse a server that offers no TLS, instead of connecting without.",
        ),
        Setting(
            "_debug_pg_ttl_cleanup_interval",
            Number(1),
            "300",
            "Seconds between two removals of rows past their ttl.",
            inert="rows are removed at the moment when their time is over",
        ),
        Setting(
            "change_log_days",
            Number(0),
            "365",
            "Days that the log of changes goes back; 0 keeps every change. What came and went with requests "
            "(sessions, tokens) stays in it for an hour.",
            own=True,
        ),
        Setting(
            "db_update_frequency",
            Number(0.1, whole=False),
            "5",
            "Seconds between two looks for changes of other nodes, at most.",
            inert=NOT_YET,
        ),
        Setting(
            "db_update_propagation",
            Number(0, whole=False),
            "0",
            "Seconds that a change needs to reach a replica.",
            inert=_CACHE,
        ),
        Setting(
            "db_cache_ttl", Number(0, whole=False), "0", "Seconds that an entity is cached.", inert=_CACHE
        ),
        Setting(
            "db_cache_neg_ttl", Number(0, whole=False), "", "Seconds that a miss is cached.", inert=_CACHE
        ),
        Setting(
            "db_resurrect_ttl",
            Number(0, whole=False),
            "30",
            "Seconds that a stale entity is used.",
            inert=_CACHE,
        ),
        Setting(
            "db_cache_warmup_entities",
            ListOf(),
            "services",
            "Entities that are loaded at start.",
            inert=_CACHE,
        ),
        Setting("lmdb_environment_path", Text(), "dbless.lmdb", "Folder of LMDB.", inert=_LMDB),
        Setting("lmdb_map_size", Measure("size"), "2048m", "Largest size of LMDB.", inert=_LMDB),
        Setting(
            "worker_consistency",
            OneOf("strict", "eventual"),
            "eventual",
            "When workers see a change.",
            inert="all workers switch to a change at once, without delaying a request",
        ),
        Setting(
            "router_consistency", OneOf("strict", "eventual"), "", "Older name.", alias="worker_consistency"
        ),
        Setting(
            "worker_state_update_frequency",
            Number(0.001, whole=False),
            "5",
            "Seconds between two looks for changes.",
            inert="changes are pushed",
        ),
    ),
)
