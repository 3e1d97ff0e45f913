"""The base of all rules: what a field may hold, in which words a bad value is refused, how `/schemas` shows it."""

from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from gopura.schema.violation import enough, failure


class Rule:
    """One annotation of a field.

    A rule that looks at values overrides `problem`; one that only marks the field leaves it alone.
    `order` is the place among the field's rules: the first rule that fails words the message.
    """

    key: ClassVar[str] = ""
    order: ClassVar[int] = 0
    checks_values: ClassVar[bool] = True

    def problem(self, value: Any) -> str | None:
        """The message about this value, or None when it is fine. Never called with null."""
        raise NotImplementedError

    def shown(self) -> dict[str, Any]:
        """The keys that this rule adds to the field in `/schemas`."""
        return {}

    def limits(self) -> dict[str, Any]:
        """What the rule says in JSON Schema, as far as that can say it."""
        return {}

    def verify(self, value: Any) -> Any:
        """Return the value; raise when there is a problem, unless enough is wrong already."""
        if enough():
            return value
        message = self.problem(value)
        if message is not None:
            raise failure(message)
        return value

    def core(self, schema: CoreSchema) -> CoreSchema:
        """The schema of the field so far with this rule after it."""
        return core_schema.no_info_after_validator_function(self.verify, schema)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let the rule work in any Pydantic model."""
        schema = handler(source)
        return self.core(schema) if self.checks_values else schema


class Mark(Rule):
    """A rule about the field itself, which no value can break."""

    checks_values = False

    def problem(self, value: Any) -> str | None:
        """Nothing to check."""
        return None

    def shown(self) -> dict[str, Any]:
        """`{key: true}`."""
        return {self.key: True} if self.key else {}
