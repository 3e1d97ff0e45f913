"""How names of upstreams are resolved."""

from __future__ import annotations

from gopura.settings.kinds import Flag, ListOf, Number, Text
from gopura.settings.setting import Section, Setting

_ORDER = Text(r"(?i:LAST|SRV|A|AAAA|CNAME)", "one of `LAST`, `SRV`, `A`, `AAAA`, `CNAME`")

SECTION = Section(
    "DNS",
    (
        Setting(
            "dns_resolver",
            ListOf(Text(form="`<ip>[:port]`")),
            "",
            "Name servers; those of `/etc/resolv.conf` when empty.",
        ),
        Setting(
            "dns_hostsfile", Text(form="a path"), "/etc/hosts", "Hosts file; read at start and on reload."
        ),
        Setting(
            "dns_order",
            ListOf(_ORDER),
            "LAST,SRV,A,CNAME",
            "Record types in the order in which they are tried; `LAST` is what answered before.",
        ),
        Setting(
            "dns_valid_ttl",
            Number(0, whole=False),
            "",
            "Seconds that an answer is valid, instead of its own TTL.",
        ),
        Setting(
            "dns_stale_ttl",
            Number(0, whole=False),
            "4",
            "Seconds that an answer is used past its TTL while it is refreshed.",
        ),
        Setting("dns_cache_size", Number(1), "10000", "Answers that are kept."),
        Setting("dns_not_found_ttl", Number(0, whole=False), "30", "Seconds that an empty answer is kept."),
        Setting("dns_error_ttl", Number(0, whole=False), "1", "Seconds that a failure is kept."),
        Setting(
            "dns_no_sync",
            Flag(),
            "on",
            "Ask once per request, instead of once for all who wait for a name.",
            inert="who waits for the same name shares one query",
        ),
    ),
)
