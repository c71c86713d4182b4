"""A model's rows by hand-written statements: what the ORM works out at each call is worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Field, Manager, Model

from raseed.payments.flows.round_trips import fetch

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Columns(Generic[Row]):
    """The columns of a model's table, and how their values become fields."""

    model: type[Row]
    sql: str
    names: Sequence[str]
    converters: Mapping[int, Any]

    def row(self, values: Sequence[Any]) -> Row:
        """The model's object from a row that begins with these columns."""
        its = list(values[: len(self.names)])
        for place, (converters, column) in self.converters.items():
            for convert in converters:
                its[place] = convert(its[place], column, connection)
        return self.model.from_db(connection.alias, self.names, its)


def columns_of(model: type[Row]) -> Columns[Row]:
    """The same for every connection to this kind of database."""
    return _columns(model, connection.vendor)


@cache
def _columns(model: type[Row], vendor: str) -> Columns[Row]:
    fields, table = model._meta.concrete_fields, model._meta.db_table
    compiler = model._default_manager.all().query.get_compiler(connection=connection)
    quoted = connection.ops.quote_name
    return Columns(
        model=model,
        sql=", ".join(f"{quoted(table)}.{quoted(str(field.column))}" for field in fields),
        names=[field.attname for field in fields],
        converters=compiler.get_converters([field.get_col(table) for field in fields]),
    )


def by_key(model: type[Row], key: str) -> Row:
    """What `model._default_manager.get(pk=key)` gives, for a third of its work. Raises its DoesNotExist.

    Where the site has a manager of its own, several tables for one row, a key of several columns, columns
    that are not selected as they are, or routes its models to databases, that is asked itself.
    """
    if not _is_plain(model) or settings.DATABASE_ROUTERS:
        return model._default_manager.get(pk=key)
    pk = model._meta.pk
    with suppress(ValidationError):
        rows = fetch(_select(model, connection.vendor), [pk.get_db_prep_value(pk.to_python(key), connection)])
        if rows:
            return columns_of(model).row(rows[0])
    return model._default_manager.get(pk=key)  # its own error says best what is wrong


@cache
def _is_plain(model: type[Model]) -> bool:
    its = model._meta
    if type(model._default_manager) is not Manager or its.parents or its.proxy or not its.pk.concrete:
        return False
    return all(type(field).select_format is Field.select_format for field in its.concrete_fields)


@cache
def _select(model: type[Model], vendor: str) -> str:
    quoted, table = connection.ops.quote_name, model._meta.db_table
    column = quoted(str(model._meta.pk.column))
    return f"SELECT {_columns(model, vendor).sql} FROM {quoted(table)} WHERE {column} = %s"  # noqa: S608 site's names
