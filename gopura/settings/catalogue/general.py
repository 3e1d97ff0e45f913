"""Where a node keeps its files, who it is and what it loads."""

from __future__ import annotations

from gopura.settings.kinds import Flag, ListOf, OneOf, Text
from gopura.settings.setting import NOT_YET, Section, Setting

_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_SERVERS = "Lua, Go and JavaScript plugin servers are not run; write the plugin in Python"

SECTION = Section(
    "General",
    (
        Setting(
            "prefix",
            Text(),
            "~/.gopura",
            "Folder of this node: its pid file, logs, certificates, snapshot and, with SQLite, its database. "
            "Each node on a machine needs its own.",
        ),
        Setting(
            "node_id",
            Text(_UUID, "a UUID"),
            "",
            "Identity of this node, unique among all nodes. Generated once and kept in the prefix when "
            "empty.",
        ),
        Setting(
            "plugins",
            ListOf(),
            "bundled",
            "Plugins that this node loads: `bundled` for all that come with gopura, names of others, or "
            "`off` for none.",
        ),
        Setting(
            "plugins_path",
            ListOf(Text(form="folder")),
            "",
            "Folders whose Python files are loaded as plugins. A broken file is reported and stops "
            "nothing else.",
            own=True,
        ),
        Setting(
            "vaults", ListOf(), "bundled", "Vaults that this node loads: `bundled`, names, or `off` for none."
        ),
        Setting(
            "vault_env_prefix",
            Text(),
            "",
            "Put before the names of environment variables that `{vault://env/...}` references read.",
        ),
        Setting(
            "port_maps",
            ListOf(Text(r"\d{1,5}:\d{1,5}", "`<outer port>:<listening port>`")),
            "",
            "Ports under which clients see this node, when a container or load balancer maps them: "
            "`80:8000, 443:8443`. "
            "The outer port is used in X-Forwarded-Port and in what log plugins write.",
        ),
        Setting(
            "anonymous_reports",
            Flag(),
            "off",
            "Usage reports.",
            inert="gopura never sends reports",
        ),
        Setting(
            "proxy_server",
            Text(r"https?://[^/?#\s]+/?", "a URL `http(s)://[user:password@]host:port`"),
            "",
            "Forward proxy for the connections of components that are told to use one.",
            secret=True,
            inert=NOT_YET,
        ),
        Setting(
            "proxy_server_ssl_verify",
            Flag(),
            "on",
            "Verify the certificate of a `proxy_server` with https.",
            inert=NOT_YET,
        ),
        Setting("pluginserver_names", ListOf(), "", "Names of external plugin servers.", inert=_SERVERS),
        Setting(
            "dedicated_config_processing",
            Flag(),
            "on",
            "Process for handling configuration.",
            inert="configuration is always handled by a process of its own",
        ),
        Setting(
            "privileged_worker",
            Flag(),
            "",
            "Older name of `dedicated_config_processing`.",
            alias="dedicated_config_processing",
        ),
        Setting(
            "kic",
            Flag(),
            "off",
            "This node is driven by the Kubernetes ingress controller.",
            inert=NOT_YET,
        ),
        Setting(
            "role",
            OneOf("traditional", "control_plane", "data_plane"),
            "traditional",
            "`traditional`: both planes on this machine. `control_plane` (only the Admin API and the configuration for "
            "other machines) and `data_plane` (only traffic) are known, but this release does not start in them.",
        ),
    ),
)
