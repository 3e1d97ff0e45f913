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
            Text(r"https?://\S+", "a URL"),
            "",
            "Address under which browsers reach the web interface; also its CORS origin.",
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
