"""What a condition asks of a field."""

from dataclasses import dataclass
from typing import Any

from gopura.schema.annotation import element_of
from gopura.schema.core import accepted, refusal
from gopura.schema.field import Field
from gopura.schema.rule import Mark, Rule
from gopura.schema.rules import Required


@dataclass(frozen=True, eq=False)
class Elements(Mark):
    """In a condition: what each element of the field must be."""

    annotation: Any

    def shown(self) -> dict[str, Any]:
        """The elements as a field."""
        from gopura.schema.render import shown_field

        return {"elements": shown_field(element_of(self.annotation))}


class Match:
    """What a field must be, on top of its own rules, to meet a condition."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules
        self._fields: dict[int, tuple[Field, Field]] = {}

    def met(self, field: Field, value: Any) -> bool:
        """Whether the value of the field meets the condition."""
        return accepted(self._overlaid(field), value)

    def refusal(self, field: Field, value: Any) -> Any:
        """The message about a value that does not meet the condition, None when it does."""
        field = self._overlaid(field)
        return None if accepted(field, value) else refusal(field, value)

    def _overlaid(self, field: Field) -> Field:
        """The field with the rules laid over it; kept with the field, so that it is made once."""
        if id(field) not in self._fields:
            self._fields[id(field)] = (field, self._with_rules(field))
        return self._fields[id(field)][1]

    def _with_rules(self, field: Field) -> Field:
        for rule in self.rules:
            if isinstance(rule, Required):
                field = field.overlaid(required=True)
            elif isinstance(rule, Elements):
                field = field.overlaid(elements=element_of(rule.annotation))
            else:
                field = field.overlaid(rule)
        return field

    def shown(self) -> dict[str, Any]:
        """The rules in `/schemas`."""
        return {key: value for rule in self.rules for key, value in rule.shown().items()}

    def demands_presence(self) -> bool:
        """Whether null does not meet it."""
        return any(isinstance(rule, Required) for rule in self.rules)
