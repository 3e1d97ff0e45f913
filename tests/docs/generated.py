"""The makers of the reference pages, which lie beside the documentation."""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "_generate"))
plugin_pages = importlib.import_module("plugin_pages")
admin_pages = importlib.import_module("admin_pages")
