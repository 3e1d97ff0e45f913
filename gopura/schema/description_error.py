"""A class that cannot describe anything."""


class DescriptionError(TypeError):
    """What is wrong with a class statement or an attribute's annotation, and how to mend it.

    `owner` is the class's qualified name, as there may never be a class; `attribute` is empty for the statement.
    """

    def __init__(self, message: str, fix: str, owner: str = "", attribute: str = "") -> None:
        super().__init__(f"{message} ({fix})")
        self.message, self.fix, self.owner, self.attribute = message, fix, owner, attribute
