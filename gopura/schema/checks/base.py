"""What all checks have in common: which fields they look at, and when they run."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from gopura.schema.field import UNSET, Field
from gopura.schema.path import field_at, put_at, value_at
from gopura.schema.reference import is_reference
from gopura.schema.violation import Tree
from gopura.schema.wording import REQUIRED_FOR_CHECK


class Check:
    """Something that must hold between fields.

    A subclass names its fields (`sources`), which of them must be present (`needed`), and what is wrong (`problem`).
    """

    key: ClassVar[str]
    with_missing: bool = False
    with_invalid: bool = True

    def sources(self) -> Sequence[str]:
        """The paths of the fields that the check looks at."""
        raise NotImplementedError

    def needed(self) -> Sequence[str]:
        """The fields without which the check cannot be made; missing ones are reported."""
        return self.sources()

    def problem(
        self, fields: Mapping[str, Field], row: Mapping[str, Any], tree: Tree, updating: bool
    ) -> str | None:
        """The message about the whole object, None when all is well. Messages about a field go into the tree."""
        raise NotImplementedError

    def shown(self) -> Any:
        """The check's argument in `/schemas`."""
        raise NotImplementedError

    def run(self, fields: Mapping[str, Field], row: Mapping[str, Any], tree: Tree, *, updating: bool) -> None:
        """Make the check and add its messages to the tree."""
        values = {path: value_at(row, path) for path in self.sources()}
        if any(
            is_reference(value) and field_at(fields, path).referenceable for path, value in values.items()
        ):
            return
        if not self.with_invalid and any(path in tree for path in values):
            return
        if all(value is UNSET for value in values.values()) and not (self.with_missing and not updating):
            return
        missing = [] if self.with_missing else [path for path in self.needed() if values[path] is UNSET]
        for path in missing:
            put_at(tree, path, REQUIRED_FOR_CHECK + (" when updating" if updating else ""))
        if not missing:
            self._report(self.problem(fields, row, tree, updating), tree)

    def _report(self, message: str | None, tree: Tree) -> None:
        if message is not None:
            tree.setdefault("@entity", []).append(message)
