"""The page of all settings, one chapter for each of their sections."""

from tables import table

from gopura.settings import SECTIONS, Section, Setting

HEAD = """# Settings

Settings come from `gopura.conf` or `kong.conf`, and from the environment: `proxy_listen` is
`GOPURA_PROXY_LISTEN` or `KONG_PROXY_LISTEN` there. The environment wins over the file, and
`GOPURA_PROXY_LISTEN_FILE` names a file that has the value. A bad value is an error that says what is allowed; what
is no setting is ignored and told, but for what is nearly a setting's name in a file.
"""


def pages() -> dict[str, str]:
    """The page by its path."""
    return {"settings.md": "\n".join([HEAD, *(_chapter(section) for section in SECTIONS)])}


def _chapter(section: Section) -> str:
    rows = [_row(setting) for setting in section.settings]
    return f"## {section.title}\n\n{table(('setting', 'default', 'allowed', 'meaning'), rows)}"


def _row(setting: Setting) -> tuple[str, ...]:
    meaning = setting.help
    if setting.inert:
        meaning += f" Accepted, without effect: {setting.inert}."
    if setting.alias:
        meaning += f" Older name of `{setting.alias}`."
    if setting.own:
        meaning += " Only gopura has it."
    default = f"`{setting.default}`" if setting.default else ""
    return f"`{setting.name}`", default, setting.kind.describe(), meaning
