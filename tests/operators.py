"""The operators and functions of SQL that have circuits, with what they cost.

In: nothing. Out: columns, short names to write expressions with, and a table of expressions.
"""

from __future__ import annotations

from tests.typed import NAMED, number, private, word
from zkql.plan.expressions import Comparator, Connective, Expression, Literal, Logical, Not
from zkql.plan.functions import scalars
from zkql.plan.types import BIGINT, BOOLEAN, INT, INTERVAL, SMALLINT, TIMESTAMP, SqlType, decimal

X, Y = private("x", INT), private("y", INT)
Z = private("z", INT, nullable=True)
SURE, MAYBE = NAMED["sure"], NAMED["maybe"]
PRICE, COST = NAMED["price"], private("cost", decimal(7, 2), nullable=True)
TIME, LATER = NAMED["start"], private("later", TIMESTAMP)
WORD, NAME = NAMED["word"], NAMED["name"]
DATES = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOW", "DOY"]


def call(name: str, *operands: Expression, to: SqlType | None = None) -> Expression:
    return scalars.call(name, operands, to=to)


def compare(left: Expression, operator: str, right: Expression) -> Expression:
    return scalars.compare(Comparator(operator), left, right)


def all_of(*operands: Expression) -> Expression:
    return Logical(Connective.AND, operands)


def any_of(*operands: Expression) -> Expression:
    return Logical(Connective.OR, operands)


def is_in(value: Expression, *options: Expression) -> Expression:
    return any_of(*(compare(value, "=", option) for option in options))


def extract(field: str, time: Expression) -> Expression:
    return call("EXTRACT", word(field), time)


OPERATORS: dict[str, tuple[Expression, int]] = {
    "x + y": (call("+", X, Y), 32),
    "x + y, which fit": (call("+", NAMED["tiny"], call("CAST", NAMED["small"], to=INT)), 1),
    "x + 1": (call("+", X, number(1)), 1),
    "z + 1": (call("+", Z, number(1)), 2),
    "-x": (call("NEGATE", X), 1),
    "ABS": (call("ABS", X), 34),
    "SIGN": (call("SIGN", X), 36),
    "x * y": (call("*", X, Y), 33),
    "price * price": (call("*", PRICE, PRICE), 1),
    "x / 7": (call("/", X, number(7)), 44),
    "x / y": (call("/", X, Y), 139),
    "x % 7": (call("MOD", X, number(7)), 44),
    "x % y": (call("MOD", X, Y), 139),
    "price / cost": (call("/", PRICE, COST), 198),
    "x < y": (compare(X, "<", Y), 33),
    "x >= 100": (compare(X, ">=", number(100)), 33),
    "x = y": (compare(X, "=", Y), 3),
    "x <> 5": (compare(X, "<>", number(5)), 3),
    "z = 5": (compare(Z, "=", number(5)), 4),
    "BETWEEN": (all_of(compare(X, ">=", number(0)), compare(X, "<=", number(99))), 66),
    "IN": (is_in(X, *map(number, (1, 2, 3, 5, 8))), 7),
    "NOT IN": (Not(is_in(X, *map(number, (1, 2, 3, 5, 8)))), 7),
    "NOT": (Not(SURE), 0),
    "AND": (all_of(SURE, compare(X, "=", Y)), 4),
    "AND, one nullable": (all_of(SURE, MAYBE), 3),
    "OR, both nullable": (any_of(MAYBE, compare(Z, "=", Y)), 7),
    "sure = maybe": (compare(SURE, "=", MAYBE), 2),
    "IS NULL": (call("IS NULL", Z), 0),
    "IS TRUE": (call("IS TRUE", MAYBE), 1),
    "CASE": (call("CASE", SURE, X, Y), 1),
    "CASE of constants": (
        call(
            "CASE", compare(X, "=", number(1)), number(10), compare(X, "=", number(2)), number(20), number(30)
        ),
        7,
    ),
    "COALESCE": (call("COALESCE", Z, number(0)), 1),
    "NULLIF": (call("NULLIF", X, number(0)), 3),
    "GREATEST": (call("GREATEST", X, Y), 34),
    "to a wider type": (call("CAST", X, to=BIGINT), 0),
    "to a narrower type": (call("CAST", X, to=SMALLINT), 16),
    "TRY_CAST": (call("TRY_CAST", X, to=SMALLINT), 68),
    "to an integer": (call("CAST", PRICE, to=INT), 40),
    "to BOOLEAN": (call("CAST", X, to=BOOLEAN), 3),
    "ROUND": (call("ROUND", PRICE, number(1)), 47),
    "TRUNCATE": (call("TRUNCATE", PRICE, number(1)), 37),
    "FLOOR": (call("FLOOR", PRICE), 34),
    "CEIL": (call("CEIL", PRICE), 34),
    "time + interval": (call("+", TIME, Literal(3_600_000, INTERVAL)), 49),
    "TIMESTAMPDIFF": (call("TIMESTAMPDIFF", word("HOUR"), TIME, LATER), 80),
    "word = 'abc'": (compare(WORD, "=", word("abc")), 3),
    "word < name": (compare(WORD, "<", NAME), 107),
    "LIKE": (call("LIKE", WORD, word("a%")), 66),
    "LEFT": (call("LEFT", WORD, number(1)), 63),
    "CHAR_LENGTH": (call("CHAR_LENGTH", WORD), 72),
} | {
    field: (extract(field, TIME), cost)
    for field, cost in {
        "YEAR": 178, "QUARTER": 208, "MONTH": 200, "WEEK": 230, "DAY": 207, "DOW": 105, "DOY": 189,
        "HOUR": 107, "MINUTE": 108, "SECOND": 108, "MILLISECOND": 61, "EPOCH": 61,
    }.items()
}  # fmt: skip
"""With the constraints that each costs a row: a ceiling, to be lowered where it is beaten."""
