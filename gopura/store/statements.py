"""The statements about entities, each made once: making and compiling one takes longer than running it.

They are made for the names that they concern; the values are parameters when they run: a field's value under the
field's name, `_key` for a primary key, `_now` for the time, `_most` for the number of rows.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

import sqlalchemy as sa

from gopura.store.layout import EXPIRY, Layout
from gopura.store.tables import Tables

S = TypeVar("S", bound=sa.Executable)
Names = tuple[str, ...]


class Question(NamedTuple):
    """Something that must not be so: a column's value is `taken` by another row, or leads nowhere (`dangling`)."""

    problem: Literal["taken", "dangling"]
    column: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list is about.

    `fields` have given values; of each of so many `groups` of tags one is carried; `after` continues behind a row.
    The order is that of creation, newest first, or that of the keys.
    """

    fields: Names = ()
    groups: int = 0
    after: bool = False
    newest_first: bool = False


class Statements:
    """The statements about these tables."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._made: dict[Hashable, Any] = {}

    def by_key(self, entity: str) -> sa.Select[Any]:
        """The row with a primary key, expired or not."""
        return self._once(("by_key", entity), lambda: self._rows(entity).where(self._key_is(entity)))

    def first(self, entity: str, fields: Names) -> sa.Select[Any]:
        """A row whose fields have given values, unless its time is over."""
        return self._once(("first", entity, fields), lambda: self._living(entity, fields).limit(1))

    def every(self, entity: str, fields: Names) -> sa.Select[Any]:
        """All such rows in the order of their keys."""
        key = self._key(entity)
        return self._once(("every", entity, fields), lambda: self._living(entity, fields).order_by(key))

    def below(self, entity: str, column: str) -> sa.Select[Any]:
        """The rows, expired or not, whose column `_key` is in."""

        def make() -> sa.Select[Any]:
            return self._rows(entity).where(self.tables.of[entity].c[column] == sa.bindparam("_key"))

        return self._once(("below", entity, column), make)

    def page(self, entity: str, listed: Listed) -> sa.Select[Any]:
        """At most `_most` rows of a list; `_tags0`, `_tags1` are groups of tags, `_after0`, `_after1` a sort key."""
        return self._once(("page", entity, listed), lambda: self._page(entity, listed))

    def insert(self, entity: str) -> sa.Insert:
        """Add a row."""
        return self._once(("insert", entity), lambda: sa.insert(self.tables.of[entity]))

    def update(self, entity: str) -> sa.Update:
        """Replace the row with a primary key."""
        return self._once(
            ("update", entity), lambda: sa.update(self.tables.of[entity]).where(self._key_is(entity))
        )

    def delete(self, entity: str) -> sa.Delete:
        """Remove the row with a primary key."""
        return self._once(
            ("delete", entity), lambda: sa.delete(self.tables.of[entity]).where(self._key_is(entity))
        )

    def untag(self) -> sa.Delete:
        """Remove the tags of the `_entity` with a key."""
        of = self.tables.tags.c
        where = (of.id == sa.bindparam("_key"), of.entity == sa.bindparam("_entity"))
        return self._once("untag", lambda: sa.delete(self.tables.tags).where(*where))

    def faults(self, entity: str, questions: tuple[Question, ...]) -> sa.Select[*tuple[Any, ...]]:
        """One row that answers questions about a row whose columns are the parameters."""

        def make() -> sa.Select[*tuple[Any, ...]]:
            layout = self.tables.layouts[entity]
            answers = [
                self._answer(layout, question).label(f"{question.problem}_{question.column}")
                for question in questions
            ]
            return sa.select(*answers)

        return self._once(("faults", entity, questions), make)

    def _once(self, name: Hashable, make: Callable[[], S]) -> S:
        made: S | None = self._made.get(name)
        if made is None:
            made = self._made[name] = make()
        return made

    def _key(self, entity: str) -> sa.Column[Any]:
        return self.tables.of[entity].c[self.tables.layouts[entity].key]

    def _key_is(self, entity: str) -> sa.ColumnElement[bool]:
        return self._key(entity) == sa.bindparam("_key")

    def _rows(self, entity: str) -> sa.Select[Any]:
        return sa.select(*(self.tables.of[entity].c[cell] for cell in self.tables.layouts[entity].cells))

    def _living(self, entity: str, fields: Names) -> sa.Select[Any]:
        of, layout = self.tables.of[entity].c, self.tables.layouts[entity]
        query = self._rows(entity).where(
            *(of[layout.by_name[name].sql] == sa.bindparam(name) for name in fields)
        )
        if layout.ttl:
            query = query.where(sa.or_(of[EXPIRY].is_(None), of[EXPIRY] > sa.bindparam("_now")))
        return query

    def _page(self, entity: str, listed: Listed) -> sa.Select[Any]:
        key, created = self._key(entity), self.tables.of[entity].c.get("created_at")
        order: list[sa.ColumnElement[Any]] = (
            [created, key] if listed.newest_first and created is not None else [key]
        )
        query = self._living(entity, listed.fields).where(
            *(self._tagged(entity, number) for number in range(listed.groups))
        )
        if listed.after:
            last = [sa.bindparam(f"_after{number}", type_=column.type) for number, column in enumerate(order)]
            query = query.where(
                sa.tuple_(*order) < sa.tuple_(*last) if listed.newest_first else key > last[0]
            )
        order = [column.desc() for column in order] if listed.newest_first else order
        return query.order_by(*order).limit(sa.bindparam("_most", type_=sa.Integer))

    def _tagged(self, entity: str, number: int) -> sa.ColumnElement[bool]:
        # One look-up in the tags' primary key for each row: pages stay cheap however many rows carry a tag.
        table = self.tables.tags.alias()
        wanted: sa.BindParameter[Any] = sa.bindparam(f"_tags{number}", expanding=True)
        carried = (table.c.id == self._key(entity), table.c.entity == entity, table.c.tag.in_(wanted))
        return sa.exists(sa.select(sa.literal(1)).where(*carried))

    def _answer(self, layout: Layout, question: Question) -> sa.ColumnElement[bool]:
        value: sa.BindParameter[Any] = sa.bindparam(question.column)
        if question.problem == "dangling":
            parent = next(column.reference for column in layout.foreign if column.sql == question.column)
            return sa.not_(sa.exists().where(self._key(parent) == value))
        found = sa.exists().where(self.tables.of[layout.name].c[question.column] == value)
        key = self._key(layout.name)
        return found if question.column == layout.key else found.where(key != sa.bindparam(layout.key))
