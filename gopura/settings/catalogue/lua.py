"""Keys of Kong that steer Lua and WebAssembly; accepted, so that a kong.conf can be used as it is."""

from __future__ import annotations

from gopura.settings.kinds import Flag, ListOf, Number, OneOf, Text
from gopura.settings.setting import Section, Setting

_LUA = "Lua runs here without sockets and without modules in C"
_WASM = "WebAssembly filters are not run"
_LIMIT = Number(1, 1000)

SECTION = Section(
    "Lua and WebAssembly",
    (
        Setting("lua_max_req_headers", _LIMIT, "100", "Request headers that plugins see at most."),
        Setting("lua_max_resp_headers", _LIMIT, "100", "Response headers that plugins see at most."),
        Setting(
            "lua_max_uri_args",
            _LIMIT,
            "100",
            "Query arguments that plugins see at most, and keep when they change some.",
        ),
        Setting(
            "lua_max_post_args",
            _LIMIT,
            "100",
            "Fields of a form that plugins see at most, and keep when they change some.",
        ),
        Setting("lua_socket_pool_size", Number(1), "256", "Connections that one Lua pool keeps.", inert=_LUA),
        Setting(
            "lua_package_path",
            Text(),
            "./?.lua;./?/init.lua;",
            "Where `require` of Lua code in configurations looks for modules.",
        ),
        Setting("lua_package_cpath", Text(), "", "Where Lua looks for C modules.", inert=_LUA),
        Setting(
            "untrusted_lua",
            OneOf("on", "off", "sandbox"),
            "sandbox",
            "Whether Lua in functions, templates and fields of logs runs; `on`: it sees files, the system and modules.",
        ),
        Setting(
            "untrusted_lua_sandbox_requires",
            ListOf(),
            "",
            "Lua modules that may be required within the sandbox.",
        ),
        Setting(
            "untrusted_lua_sandbox_environment",
            ListOf(),
            "",
            "Lua globals within the sandbox beside harmless ones, such as `os.getenv`.",
        ),
        Setting(
            "nginx_http_lua_regex_match_limit",
            Number(1),
            "100000",
            "How often a regular expression of a plugin or of Lua code may go back in one search, where it has what"
            " cannot run in linear time: look-around, back references, possessive quantifiers. A request that needs"
            " more gets an error.",
        ),
        Setting("wasm", Flag(), "off", "Run WebAssembly filters.", inert=_WASM),
        Setting("wasm_filters_path", Text(), "", "Folder of WebAssembly filters.", inert=_WASM),
    ),
)
