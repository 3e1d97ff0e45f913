"""What Lua code of configurations can call: `kong`, Kong's plugin development kit, and `ngx`, as far as it makes sense.

Each function is a Python function of the call it belongs to and its arguments, found by its Lua name.
"""

from gopura.plugin.lua.pdk import (
    client,
    encodings,
    ngx_request,
    ngx_response,
    regex,
    request,
    response,
    service,
)
from gopura.plugin.lua.pdk import log as logging_functions
from gopura.plugin.lua.pdk.constants import constants
from gopura.plugin.lua.pdk.provided import Call, Left, answer, names

__all__ = [
    "Call",
    "Left",
    "answer",
    "client",
    "constants",
    "encodings",
    "logging_functions",
    "names",
    "ngx_request",
    "ngx_response",
    "regex",
    "request",
    "response",
    "service",
]
