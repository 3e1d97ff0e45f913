"""Post-function: Lua code that runs after all other plugins."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, config
from gopura.plugin.lua_phases import SOME_PHASE, LuaFunctions, LuaPhases
from gopura.schema.types.lua import compiles

_Function = Annotated[str, config.Optional(), compiles("error parsing post-function")]


class PostFunction(
    LuaFunctions, name="post-function", priority=-1000, protocols=ALL_PROTOCOLS, no_consumer=True
):
    """Runs the code of its configuration after all other plugins."""

    checks = (SOME_PHASE,)

    example = {"header_filter": ['kong.response.set_header("X-Answered", "by the gateway")']}

    class Config(LuaPhases[_Function]):
        """The code, by phase."""
