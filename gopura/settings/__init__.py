"""Settings of a node: what there is (`catalogue`), where it comes from, and `Settings`."""

from gopura.settings.catalogue import SECTIONS, SETTINGS
from gopura.settings.listen import Listener
from gopura.settings.setting import Section, Setting
from gopura.settings.settings import Settings
from gopura.settings.source import Problem, SettingsError

__all__ = ["SECTIONS", "SETTINGS", "Listener", "Problem", "Section", "Setting", "Settings", "SettingsError"]
