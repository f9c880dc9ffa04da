"""Run a translated query on DuckDB. In: rows of zkql values. Out: rows of zkql values, by the types that
the result is declared with; or why DuckDB has no answer.

DuckDB runs on one thread and without its optimizer, so that every expression is evaluated where it is
written: a query that divides by zero in a subquery fails, whatever is asked of the subquery.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

import duckdb

from tests.reference.duckdb_sql import Table, Translation
from tests.reference.duckdb_values import MACROS
from zkql.plan.types import Kind, SqlType, Value, format_value

Row = tuple[Value | None, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RAISED = (duckdb.OutOfRangeException, duckdb.ConversionException, duckdb.InvalidInputException)
_WIDEST = ("INT128", "HUGEINT", "DECIMAL(38")


class RaisedError(Exception):
    """DuckDB found that a value cannot be computed: the counterpart of an EvaluationError."""


class BeyondError(RaisedError):
    """DuckDB's widest integer, of 128 bits, or its widest decimal does not suffice. zkql's may."""


class BrokenError(Exception):
    """DuckDB failed inside, through no fault of the query."""


class Engine:
    """An in-memory DuckDB, empty at each query."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("PRAGMA disable_optimizer")
        for macro in MACROS:
            self._connection.execute(f"CREATE MACRO {macro}")

    def run(self, query: Translation, rows: Mapping[str, Sequence[Mapping[str, Value | None]]]) -> list[Row]:
        """The rows of a query over the rows of each table."""
        try:
            for table in query.tables:
                self._connection.execute(table.create)
                if own := rows.get(table.name):  # none for the target of INSERT INTO
                    self._connection.execute(_insert(table, own))
            found = self._connection.execute(query.query).fetchall()
        except _RAISED as error:
            message = str(error).partition("\n")[0]
            beyond = not isinstance(error, duckdb.InvalidInputException)  # not a division by zero
            beyond = beyond and any(name in message for name in _WIDEST)
            raise (BeyondError if beyond else RaisedError)(message) from None
        except duckdb.InternalException as error:
            self._start()  # no query can be run after that
            raise BrokenError(str(error).partition("\n")[0]) from None
        finally:
            for table in query.tables:
                self._connection.execute(f"DROP TABLE IF EXISTS {table.sql}")
        kinds = [kind for _, kind in query.columns]
        return [tuple(from_duckdb(v, kind) for v, kind in zip(row, kinds, strict=True)) for row in found]


def _insert(table: Table, rows: Sequence[Mapping[str, Value | None]]) -> str:
    values = (", ".join(_literal(row[name], kind) for name, kind in table.columns) for row in rows)
    return f"INSERT INTO {table.sql} VALUES ({'), ('.join(values)})"


def _literal(value: Value | None, kind: SqlType) -> str:
    if value is None:
        return "NULL"
    return "'" + str(format_value(value, kind)).replace("'", "''") + "'"


def from_duckdb(value: object, kind: SqlType) -> Value | None:
    """A value that DuckDB returned; it must be what the type can hold, exactly."""
    match value:
        case None | str():
            return value
        case datetime():
            return (value.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
        case list():
            return tuple(from_duckdb(v, kind.element) for v in value)
        case int() | Decimal():
            with localcontext() as context:
                context.prec = 100
                exact = Decimal(value).scaleb(kind.scale if kind.kind is Kind.DECIMAL else 0)
            assert exact == int(exact), (value, kind)
            return int(exact)
    raise TypeError(f"{value!r} of {kind}")


def same(left: Sequence[Row], right: Sequence[Row], *, ordered: bool) -> bool:
    """Whether two results are equal: as lists if their order is total, else as multisets."""
    return list(left) == list(right) if ordered else Counter(left) == Counter(right)
