"""Secrets in the environment of the process."""

import os
from typing import Annotated

from gopura.schema import Match, Record
from gopura.vaults import Vault
from gopura.vaults.reference import Reference


class Env(Vault, name="env"):
    """`{vault://env/my-secret}` is the environment variable MY_SECRET."""

    class Config(Record):
        """Which variables."""

        prefix: Annotated[str | None, Match("^[%a_-][%a%d_-]*$", r"^[A-Za-z_\-][A-Za-z0-9_\-]*\Z")] = None
        """What the names of the variables begin with."""

    def get(self, config: Config, reference: Reference) -> str | None:
        """The variable of this name in capitals; version 2 is the one before a rotation."""
        name = f"{config.prefix or ''}{reference.resource}".replace("-", "_").upper()
        return os.environ.get(f"{name}_PREVIOUS" if reference.version == 2 else name)
