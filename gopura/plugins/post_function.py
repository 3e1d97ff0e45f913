"""Post-function: Lua code that runs after all other plugins."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config
from gopura.plugin.lua_phases import IDLE, SOME_PHASE, LuaPhases
from gopura.schema.types.lua import compiles

_Function = Annotated[str, config.Optional(), compiles("error parsing post-function")]


class PostFunction(Plugin, name="post-function", priority=-1000, protocols=ALL_PROTOCOLS, no_consumer=True):
    """Keeps the code that Kong runs; the node says that requests pass without it."""

    idle = IDLE
    checks = (SOME_PHASE,)

    class Config(LuaPhases[_Function]):
        """The code, by phase."""
