"""Declarative files (`kong.yml`): the whole configuration as one document, in and out."""

from gopura.declarative.dump import dump
from gopura.declarative.errors import InvalidConfiguration
from gopura.declarative.kept import KeptConfigurationError, keep, kept_path, restore
from gopura.declarative.load import Loaded, apply, at_start, import_file, load_file
from gopura.declarative.text import parse

__all__ = [
    "InvalidConfiguration",
    "KeptConfigurationError",
    "Loaded",
    "apply",
    "at_start",
    "dump",
    "import_file",
    "keep",
    "kept_path",
    "load_file",
    "parse",
    "restore",
]
