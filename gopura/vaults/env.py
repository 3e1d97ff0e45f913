"""Secrets in the environment of the process."""

from typing import Annotated

from gopura.schema import Match, Record
from gopura.vaults import Vault


class Env(Vault, name="env"):
    """`{vault://env/my-secret}` is the environment variable MY_SECRET."""

    class Config(Record):
        """Which variables."""

        prefix: Annotated[str | None, Match("^[%a_-][%a%d_-]*$", r"^[A-Za-z_\-][A-Za-z0-9_\-]*\Z")] = None
        """What the names of the variables begin with."""
