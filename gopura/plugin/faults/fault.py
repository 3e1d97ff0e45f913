"""One thing that is wrong."""

from dataclasses import dataclass

from gopura.schema.source import file_of, line_of


@dataclass(frozen=True)
class Fault:
    """What is wrong with a class, or with one of its attributes, and how to mend it."""

    owner: type
    message: str
    fix: str
    attribute: str = ""

    @property
    def file(self) -> str | None:
        """Where the class is written down."""
        return file_of(self.owner)

    @property
    def line(self) -> int | None:
        """The line of the attribute, or of the class statement."""
        return line_of(self.owner, self.attribute)
