"""Control and data planes on different machines."""

from __future__ import annotations

from gopura.settings.kinds import Flag, Listen, ListOf, Number, OneOf, Text
from gopura.settings.setting import Section, Setting

_CERTIFICATE = Text(form="a path, a PEM text, or its base64")

_CLUSTER = "this release runs both planes on one machine"

SECTION = Section(
    "Hybrid mode",
    (
        Setting(
            "cluster_listen",
            Listen(),
            "0.0.0.0:8005",
            "Addresses on which a control plane serves data planes.",
            inert=_CLUSTER,
        ),
        Setting(
            "cluster_control_plane",
            Text(r".+:\d+", "`<host>:<port>`"),
            "127.0.0.1:8005",
            "Control plane that a data plane connects to.",
            inert=_CLUSTER,
        ),
        Setting(
            "cluster_mtls",
            OneOf("shared", "pki"),
            "shared",
            "`shared`: all nodes hold the same certificate; `pki`: each its own, signed by "
            "`cluster_ca_cert`.",
            inert=_CLUSTER,
        ),
        Setting("cluster_cert", _CERTIFICATE, "", "Certificate that a node shows to others.", inert=_CLUSTER),
        Setting("cluster_cert_key", _CERTIFICATE, "", "Key of `cluster_cert`.", secret=True, inert=_CLUSTER),
        Setting(
            "cluster_ca_cert",
            _CERTIFICATE,
            "",
            "Authority that signs the nodes' certificates, with `cluster_mtls = pki`.",
            inert=_CLUSTER,
        ),
        Setting(
            "cluster_server_name",
            Text(),
            "",
            "Name that the control plane's certificate must carry, with `cluster_mtls = pki`.",
            inert=_CLUSTER,
        ),
        Setting(
            "cluster_data_plane_purge_delay",
            Number(60),
            "1209600",
            "Seconds after which a data plane that is away is forgotten.",
            inert=_CLUSTER,
        ),
        Setting(
            "cluster_ocsp",
            OneOf("on", "off", "optional"),
            "off",
            "Ask the authority whether a data plane's certificate was revoked.",
            inert=_CLUSTER,
        ),
        Setting(
            "cluster_max_payload",
            Number(4194304),
            "16777216",
            "Largest message between planes, in bytes.",
            inert=_CLUSTER,
        ),
        Setting(
            "cluster_use_proxy",
            Flag(),
            "off",
            "Reach the control plane through `proxy_server`.",
            inert=_CLUSTER,
        ),
        Setting(
            "cluster_dp_labels",
            ListOf(Text(r"[^:\s]+:[^:\s]+", "`key:value`")),
            "",
            "Labels of a data plane.",
            inert=_CLUSTER,
        ),
    ),
)
