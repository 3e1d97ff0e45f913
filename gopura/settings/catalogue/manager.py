"""The web interface."""

from __future__ import annotations

from gopura.settings.kinds import Listen, ListOf, LogPath, Text
from gopura.settings.setting import Section, Setting

_CERTIFICATE = Text(form="a path, a PEM text, or its base64")
_PATH = Text(
    r"/|(/[A-Za-z0-9_-]+)+", "`/`, or a path of letters, digits, `-` and `_` without a slash at its end"
)

_MANAGER = "this release has no web interface"

SECTION = Section(
    "Manager",
    (
        Setting(
            "admin_gui_listen",
            Listen(),
            "off",
            "Addresses of the web interface.",
            inert=_MANAGER,
        ),
        Setting(
            "admin_gui_url",
            Text(r"https?://[^\s,]+(\s*,\s*https?://[^\s,]+)*", "a URL, or several separated by commas"),
            "",
            "Address under which browsers reach the web interface, or several: web pages of these origins may use "
            "the Admin API. While it is empty, pages of the same host on the ports of `admin_gui_listen` (8002 and "
            "8445 unless set) may.",
        ),
        Setting(
            "admin_gui_path",
            _PATH,
            "/",
            "Path under which the web interface is served.",
            inert=_MANAGER,
        ),
        Setting(
            "admin_gui_api_url",
            Text(),
            "",
            "Address under which browsers reach the Admin API.",
            inert=_MANAGER,
        ),
        Setting(
            "admin_gui_ssl_cert",
            ListOf(_CERTIFICATE),
            "",
            "Certificates of the web interface.",
            inert=_MANAGER,
        ),
        Setting(
            "admin_gui_ssl_cert_key",
            ListOf(_CERTIFICATE),
            "",
            "Keys of those certificates.",
            secret=True,
            inert=_MANAGER,
        ),
        Setting(
            "admin_gui_access_log",
            LogPath(),
            "logs/admin_gui_access.log",
            "One line per request to the web interface.",
            inert=_MANAGER,
        ),
        Setting(
            "admin_gui_error_log",
            LogPath(),
            "logs/admin_gui_error.log",
            "Errors of the web interface.",
            inert=_MANAGER,
        ),
    ),
)
