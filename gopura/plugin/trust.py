"""Which authorities servers are believed by, in HTTPS."""

import ssl
from collections.abc import Iterable


def trusting(files: Iterable[str]) -> ssl.SSLContext:
    """Trust the system's authorities, and those in files; `system` names the former."""
    context = ssl.create_default_context()
    for path in files:
        if path != "system":
            context.load_verify_locations(path)
    return context
