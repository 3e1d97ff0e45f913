"""Every setting once, one module per chapter of the reference page."""

from __future__ import annotations

from gopura.settings.catalogue import (
    cluster,
    database,
    dns,
    general,
    limits,
    logs,
    lua,
    manager,
    nginx,
    proxy,
    runtime,
    tls,
)
from gopura.settings.setting import Section, Setting

SECTIONS: tuple[Section, ...] = tuple(
    module.SECTION
    for module in (
        general,
        runtime,
        logs,
        proxy,
        limits,
        tls,
        nginx,
        database,
        dns,
        cluster,
        manager,
        lua,
    )
)
SETTINGS: dict[str, Setting] = {setting.name: setting for section in SECTIONS for setting in section.settings}
