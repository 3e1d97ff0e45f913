"""Pre-function: Lua code that runs before all other plugins."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, config
from gopura.plugin.lua_phases import SOME_PHASE, LuaFunctions, LuaPhases
from gopura.schema.types.lua import compiles

_Function = Annotated[str, config.Optional(), compiles("error parsing pre-function")]


class PreFunction(
    LuaFunctions, name="pre-function", priority=1000000, protocols=ALL_PROTOCOLS, no_consumer=True
):
    """Runs the code of its configuration before all other plugins."""

    checks = (SOME_PHASE,)

    example = {
        "access": [
            'if not kong.request.get_header("X-Tenant") then\n'
            '  return kong.response.exit(400, { message = "which tenant?" })\n'
            "end"
        ]
    }

    class Config(LuaPhases[_Function]):
        """The code, by phase."""
