"""Keys of Kong that steer nginx itself; accepted, so that a kong.conf can be used as it is."""

from __future__ import annotations

from gopura.settings.kinds import Measure, Number, OnOff, Text
from gopura.settings.setting import Section, Setting

_TLS = "set the key without `nginx_http_` or `nginx_stream_`; all listeners share it"
_NO_NGINX = "there is no nginx here"
_LUA = "patterns of Lua run on another engine here"

SECTION = Section(
    "nginx",
    (
        Setting("nginx_user", Text(), "", "Shorter name of the next.", alias="nginx_main_user"),
        Setting(
            "nginx_main_user",
            Text(r"\S+(\s+\S+)?", "a user and perhaps a group"),
            "kong kong",
            "User, and perhaps group, that the processes run as when gopura is started as root, once the addresses "
            "are bound. While it is at its default, and that user does not exist or cannot read what it needs, they "
            "run as root and a notice says so; `root` asks for that. Not started as root it has no effect.",
            dropped="nobody",
        ),
        Setting("nginx_daemon", OnOff(), "", "Shorter name of the next.", alias="nginx_main_daemon"),
        Setting(
            "nginx_main_daemon",
            OnOff(),
            "off",
            "`on`: `gopura start` returns once everything runs and leaves it running, as with `--daemon`.",
        ),
        Setting(
            "nginx_events_multi_accept", OnOff(), "on", "Accept several connections at once.", inert=_NO_NGINX
        ),
        *(
            Setting(f"nginx_{block}_{name}", Text(), "", f"`{name}` of nginx's {block} block.", inert=_TLS)
            for block in ("http", "stream")
            for name in (
                "ssl_protocols",
                "ssl_prefer_server_ciphers",
                "ssl_dhparam",
                "ssl_session_tickets",
                "ssl_session_timeout",
                "lua_ssl_protocols",
            )
        ),
        Setting(
            "nginx_http_lua_regex_cache_max_entries",
            Number(1),
            "8192",
            "Size of Lua's regex cache.",
            inert=_LUA,
        ),
        Setting(
            "mem_cache_size",
            Measure("size"),
            "128m",
            "Memory of the entity cache.",
            inert="the whole configuration is in memory",
        ),
        Setting("openresty_path", Text(), "", "Folder of OpenResty.", inert=_NO_NGINX),
        Setting(
            "worker_events_max_payload",
            Number(65535),
            "65535",
            "Largest event between nginx workers.",
            inert="workers share their memory",
        ),
    ),
)
