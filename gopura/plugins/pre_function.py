"""Pre-function: Lua code that runs before all other plugins."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config
from gopura.plugin.lua_phases import IDLE, SOME_PHASE, LuaPhases
from gopura.schema.types.lua import compiles

_Function = Annotated[str, config.Optional(), compiles("error parsing pre-function")]


class PreFunction(Plugin, name="pre-function", priority=1000000, protocols=ALL_PROTOCOLS, no_consumer=True):
    """Keeps the code that Kong runs; the node says that requests pass without it."""

    idle = IDLE
    checks = (SOME_PHASE,)

    class Config(LuaPhases[_Function]):
        """The code, by phase."""
