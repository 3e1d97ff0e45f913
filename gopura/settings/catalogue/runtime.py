"""gopura's own settings: how changes travel and how processes start and stop."""

from __future__ import annotations

from gopura.settings.kinds import Flag, Number, OneOf
from gopura.settings.setting import Section, Setting

SECTION = Section(
    "Processes and snapshots",
    (
        Setting(
            "write_ack_timeout",
            Number(0, 300, whole=False),
            "5",
            "Seconds that a write to the Admin API waits, at most, until the data plane of this node "
            "serves it. "
            "0 answers as soon as the write is stored.",
            own=True,
        ),
        Setting(
            "snapshot_save_delay",
            Number(0, 3600, whole=False),
            "1",
            "Seconds within which a served snapshot is saved to `<prefix>/snapshot`; changes in between "
            "share one save.",
            own=True,
        ),
        Setting(
            "snapshot_window",
            Number(0),
            "10000",
            "Changes that the control plane keeps in memory, to send a data plane that was away only "
            "what it missed.",
            own=True,
        ),
        Setting(
            "link_ping_interval",
            Number(0.1, 3600, whole=False),
            "15",
            "Seconds between the pings that find out whether the other side of the snapshot link still "
            "answers.",
            own=True,
        ),
        Setting(
            "link_retry_max",
            Number(0.1, 3600, whole=False),
            "5",
            "Longest pause, in seconds, between two attempts to reach the control plane.",
            own=True,
        ),
        Setting(
            "start_timeout",
            Number(1, 3600, whole=False),
            "60",
            "Seconds that a process may take until it is ready; the control process has them anew whenever it gets on "
            "with loading its configuration.",
            own=True,
        ),
        Setting(
            "drain_timeout",
            Number(0, 86400, whole=False),
            "60",
            "Seconds that requests in flight get to finish when a process quits or is replaced by a reload.",
            own=True,
        ),
        Setting(
            "restart_delay_max",
            Number(0.1, 3600, whole=False),
            "5",
            "Longest pause, in seconds, before a process that keeps dying is started again.",
            own=True,
        ),
        Setting(
            "log_format",
            OneOf("text", "json"),
            "text",
            "Form of the lines in the error log: Kong's text, or one JSON object per line.",
            own=True,
        ),
        Setting(
            "plugin_phase_timeout",
            Number(0, 3600, whole=False),
            "60",
            "Seconds after which an asynchronous phase of a plugin is cancelled and the request answered "
            "with 500. "
            "0 sets no limit.",
            own=True,
        ),
        Setting(
            "proxy_cache_rules",
            OneOf("safe", "kong"),
            "safe",
            "What proxy-cache keeps, and for whom. `safe`: scheme, host, credentials, cookies and the request's "
            "body belong to the key, and what is for one person is not kept. `kong`: as in Kong, where a "
            "configuration relies on that.",
            own=True,
        ),
        Setting(
            "plugin_ordering",
            Flag(),
            "off",
            "Give plugins the field `ordering`, as in Kong's enterprise edition: before or after which others "
            "they run in `access`.",
            own=True,
        ),
    ),
)
