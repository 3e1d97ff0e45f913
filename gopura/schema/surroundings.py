"""What descriptions depend on besides themselves: how the node runs."""

from dataclasses import dataclass


@dataclass
class Surroundings:
    """Facts from the settings, entered once at the start of a process."""

    database: bool = True
    """Whether there is a database that data planes share; without it what is kept there is refused."""
    router_flavor: str = "traditional_compatible"
    """How routes say what they match: traditional, traditional_compatible or expressions."""
    plugin_ordering: bool = False
    """Whether plugins may say before or after which others they run."""
    match_limit: int = 100_000
    """How often a regular expression that cannot run in linear time may go back in one search."""
    untrusted_lua: bool = True
    """Whether Lua code of configurations may run."""
    lua_mode: str = "sandbox"
    """Which modules that code may require: `on` all, `sandbox` only `lua_requires`."""
    lua_requires: tuple[str, ...] = ()
    lua_path: str = ""
    """Where their files are looked for, as `package.path` of Lua."""


surroundings = Surroundings()
