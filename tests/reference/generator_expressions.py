"""Random scalar expressions as zkql text. In: the columns that may be named, and a type that is wanted.
Out: text with its type and a bound of its magnitude, by which arithmetic mostly stays inside its type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.reference.generator_data import WORDS, random_time
from tests.reference.generator_functions import (
    CONDITION_CALLS,
    FIELDS,
    INTERVALS,
    NUMERIC_CALLS,
    PARTS,
    RISK,
    TEXT_CALLS,
    TIME_CALLS,
    UNITS,
)
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    SMALLINT,
    TIMESTAMP,
    VARCHAR,
    Kind,
    SqlType,
    decimal,
    format_decimal,
    format_timestamp,
)
from zkql.plan.typing import common_type, product, quotient, remainder, sum_of_two


@dataclass(frozen=True, slots=True)
class Written:
    """An expression's text, type, and the bound of its magnitude: unscaled, or characters of text."""

    text: str
    type: SqlType
    bound: int
    wide: bool = False


@dataclass(slots=True)
class Expressions:
    """Draws expressions over ``columns``."""

    random: Random
    columns: Sequence[Written]

    def root(self, depth: int) -> Written:
        """An expression of any type for where each row needs its value; now and then it may have none.
        Elsewhere that is avoided: what AND, NULL or FILTER spare a row differs from engine to engine."""
        random = self.random
        if random.random() > RISK:
            return self.any(depth)
        a, b = self.number(0), self.number(0)
        operator = random.choice("+-*/%")
        rule = {"+": _plus, "-": _minus, "*": product, "/": quotient, "%": remainder}[operator]
        kind = rule(a.type, b.type)
        if kind is None or random.random() < 0.3:
            return Written(f"CAST({a.text} AS SMALLINT)", SMALLINT, 2**15)
        return Written(f"({a.text} {operator} {b.text})", kind, kind.bounds[1], wide=True)

    def any(self, depth: int = 2) -> Written:
        """An expression of any type."""
        forms: list[Callable[[int], Written]] = [
            self.number, self.boolean, self.string, self.time, self._column,
        ]  # fmt: skip
        return self.random.choices(forms, [6, 2, 5, 2, 1 + 5 * (depth < 2)])[0](depth)

    def of(self, kind: SqlType, depth: int) -> Written:
        """An expression of a kind of type: numbers stand for all numbers."""
        match kind.kind:
            case Kind.BOOLEAN:
                return self.boolean(depth)
            case Kind.VARCHAR:
                return self.string(depth)
            case Kind.TIMESTAMP:
                return self.time(depth)
            case _:
                return self.number(depth)

    def _column(self, _: int = 0) -> Written:
        return self.random.choice(self.columns)

    def _pick(self, fits: Callable[[SqlType], bool]) -> Written | None:
        found = [c for c in self.columns if fits(c.type)]
        return self.random.choice(found) if found else None

    # --- numbers ---

    def number(self, depth: int) -> Written:
        """An integer or a decimal."""
        random = self.random
        if depth <= 0 or random.random() < 0.2:
            column = self._pick(lambda t: t.is_numeric)
            if column is not None and random.random() < 0.8:
                return column
            return self.constant()
        form = random.choices(
            [
                self._sum,
                self._product,
                self._quotient,
                self._remainder,
                self._negative,
                self._cast_number,
                self._numeric_case,
                self._numeric_call,
            ],
            [5, 3, 2, 1, 1, 2, 2, 7],
        )[0]
        return form(depth - 1)

    def constant(self) -> Written:
        """A numeric literal."""
        random = self.random
        if random.random() < 0.6:
            value = random.choice([0, 1, 2, 3, 7, 10, 100, random.randint(0, 1000)])
            return Written(str(value), INT, value)
        scale = random.randint(1, 3)
        value = random.randint(0, 5000)
        digits = max(len(str(value)), scale)
        return Written(format_decimal(value, scale), decimal(digits, scale), value)

    def integer(self, depth: int) -> Written:
        """An integer."""
        for _ in range(8):
            found = self.number(depth)
            if found.type.is_integer:
                return found
        return self._pick(lambda t: t.is_integer) or Written("3", INT, 3)

    def _sum(self, depth: int) -> Written:
        a, b = self.number(depth), self.number(depth)
        sign = self.random.choice("+-")
        kind = sum_of_two(a.type, b.type, minus=sign == "-")
        bound = _units(a, kind) + _units(b, kind)
        if kind is None or bound > kind.bounds[1]:
            return a
        return self._made(f"({a.text} {sign} {b.text})", kind, bound, a, b)

    def _product(self, depth: int) -> Written:
        a, b = self.number(depth), self.number(depth)
        kind = product(a.type, b.type)
        if kind is None:
            return a
        bound = _shifted(a.bound * b.bound, kind.scale - a.type.scale - b.type.scale)
        if bound > kind.bounds[1]:
            return a
        return self._made(f"{a.text} * {b.text}", kind, bound, a, b, group=True)

    def _quotient(self, depth: int) -> Written:
        a, b = self.number(depth), self.number(depth)
        kind = quotient(a.type, b.type)
        if kind is None:
            return a
        bound = _shifted(a.bound, kind.scale - a.type.scale + b.type.scale)
        if bound > kind.bounds[1]:
            return a
        return self._made(f"{a.text} / NULLIF({b.text}, 0)", kind, bound, a, b, group=True)

    def _remainder(self, depth: int) -> Written:
        a, b = self.number(depth), self.number(depth)
        kind = remainder(a.type, b.type)
        if kind is None or _units(b, kind) > kind.bounds[1]:
            return a
        text = (
            f"MOD({a.text}, NULLIF({b.text}, 0))"
            if self.random.random() < 0.7
            else f"({a.text} % NULLIF({b.text}, 0))"
        )
        return self._made(text, kind, min(_units(a, kind), _units(b, kind)), a, b)

    def _negative(self, depth: int) -> Written:
        a = self.number(depth)
        if a.wide or a.bound > a.type.bounds[1]:
            return a
        return self._made(f"(- {a.text})", a.type, a.bound, a)

    def _cast_number(self, depth: int) -> Written:
        a = self.number(depth)
        to = self.random.choice(
            [BIGINT, INT, SMALLINT, decimal(12, 2), decimal(18, 6), decimal(20, 0), decimal(38, 3)]
        )
        bound = _shifted(a.bound, to.scale - a.type.scale)
        if bound + 1 > to.bounds[1]:
            return a
        return self._made(f"CAST({a.text} AS {to})", to, bound, a)

    def _numeric_case(self, depth: int) -> Written:
        a, b = self.number(depth), self.number(depth)
        kind = common_type(a.type, b.type)
        bound = max(_units(a, kind), _units(b, kind))
        if kind is None or bound > kind.bounds[1]:
            return a
        text = self.random.choice(
            [
                f"CASE WHEN {self.boolean(depth).text} THEN {a.text} ELSE {b.text} END",
                f"COALESCE({a.text}, {b.text})",
                f"CASE {a.text} WHEN {self.constant().text} THEN {a.text} WHEN {b.text} THEN {b.text} END",
                f"IF({self.boolean(depth).text}, {a.text}, {b.text})",
                f"GREATEST({a.text}, {b.text})",
                f"LEAST({a.text}, {b.text})",
            ]
        )
        return self._made(text, kind, bound, a, b)

    def _numeric_call(self, depth: int) -> Written:
        """A function whose value is a number."""
        random = self.random
        if random.random() < 0.5:
            template, kind, bound = random.choice(NUMERIC_CALLS)
            return Written(self.filled(template, depth), kind, bound)
        a = self.number(depth)
        if a.wide:
            return a
        name = random.choice(["ABS", "FLOOR", "CEIL", "SIGN", "NULLIF", "ROUND", "TRUNCATE"])
        if name == "NULLIF":
            return self._made(f"NULLIF({a.text}, {self.number(0).text})", a.type, a.bound, a)
        unit = 10**a.type.scale
        if name in ("ROUND", "TRUNCATE"):
            return self._rounded(name, a)
        kind, bound = a.type, a.bound
        if name == "SIGN":
            bound = unit
            kind = decimal(kind.scale + 1, kind.scale) if kind.precision == kind.scale > 0 else kind
        if name in ("FLOOR", "CEIL") and kind.scale:
            kind, bound = decimal(kind.precision, 0), a.bound // unit + 1
        return self._made(f"{name}({a.text})", kind, bound, a)

    def _rounded(self, name: str, a: Written) -> Written:
        digits = self.random.choice([-1, 0, 1, 2])
        if digits >= a.type.scale:
            return self._made(f"{name}({a.text}, {digits})", a.type, a.bound, a)
        bound = a.bound // 10 ** (a.type.scale - max(digits, 0)) + 10
        kind = a.type
        if kind.kind is Kind.DECIMAL:
            kind = decimal(min(kind.precision - kind.scale + 1 + max(digits, 0), 38), max(digits, 0))
        if bound > kind.bounds[1]:
            return a
        return self._made(f"{name}({a.text}, {digits})", kind, bound, a)

    def filled(self, template: str, depth: int) -> str:
        """A template with an expression in each of its places."""
        random = self.random
        draw: dict[str, Callable[[], str]] = {
            "text": lambda: self.string(depth).text,
            "time": lambda: self.time(depth).text,
            "condition": lambda: self.boolean(depth).text,
            "small": lambda: next((c.text for c in self.columns if c.type.is_integer and c.bound < 100), "2"),
            "word": lambda: quoted(random.choice(WORDS)),
            "count": lambda: str(random.choice([0, 1, 2, 3, 9])),
            "place": lambda: str(random.choice([-9, -2, -1, 0, 1, 2, 3, 9])),
            "group": lambda: str(random.randint(0, 2)),
            "field": lambda: random.choice(FIELDS),
            "part": lambda: random.choice(PARTS),
            "unit": lambda: random.choice(UNITS),
            "interval": lambda: random.choice(INTERVALS),
        }
        return re.sub(r"\{(\w+)\}", lambda place: draw[place[1]](), template)

    # --- conditions ---

    def boolean(self, depth: int) -> Written:
        """A condition, in parentheses."""
        random = self.random
        if depth <= 0 or random.random() < 0.3:
            column = self._pick(lambda t: t == BOOLEAN)
            if column is not None and random.random() < 0.4:
                return column
            return self._comparison(0)
        a = self.boolean(depth - 1).text
        form = random.randrange(10)
        match form:
            case 0 | 1:
                text = f"{a} {random.choice(['AND', 'OR'])} {self.boolean(depth - 1).text}"
            case 2:
                text = f"NOT {a}"
            case 3:
                what = random.choice(["TRUE", "FALSE", "NULL", "UNKNOWN"])
                text = f"{a} IS {random.choice(['', 'NOT '])}{what}"
            case 4:
                text = f"{self.any(depth - 1).text} IS {random.choice(['', 'NOT '])}NULL"
            case 5:
                text = self._in(depth - 1)
            case 6:
                text = self._between(depth - 1)
            case 7:
                text = self._like(depth - 1)
            case 8:
                text = self.filled(random.choice(CONDITION_CALLS), depth - 1)
            case _:
                return self._comparison(depth - 1)
        return Written(f"({text})", BOOLEAN, 1)

    def _comparison(self, depth: int) -> Written:
        a = self._subject(depth)
        operator = self.random.choice(["=", "<>", "<", "<=", ">", ">="])
        return Written(f"({a.text} {operator} {self._other(a, depth)})", BOOLEAN, 1)

    def _subject(self, depth: int) -> Written:
        """What a condition asks about: mostly a column."""
        return self._column() if self.random.random() < 0.7 else self.any(depth)

    def _other(self, value: Written, depth: int) -> str:
        """Something to compare with, not the same."""
        found = (self.of(value.type, depth).text for _ in range(9))
        return next((text for text in found if text != value.text), value.text)

    def _in(self, depth: int) -> str:
        a = self._subject(depth)
        options = [self._other(a, 0) for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.1:
            options.append("NULL")
        return f"{a.text} {self.random.choice(['', 'NOT '])}IN ({', '.join(options)})"

    def _between(self, depth: int) -> str:
        a = self._subject(depth)
        return (
            f"{a.text} {self.random.choice(['', 'NOT '])}BETWEEN {self._other(a, 0)} AND {self._other(a, 0)}"
        )

    def _like(self, depth: int) -> str:
        pattern = self.random.choice(
            ["%", "a%", "%b", "%b%", "_", "a_c", "a!_c", "%!%", "", "é", "__%", "%a%c%"]
        )
        escape = " ESCAPE '!'" if "!" in pattern else ""
        return f"{self.string(depth).text} {self.random.choice(['', 'NOT '])}LIKE '{pattern}'{escape}"

    # --- text and time ---

    def string(self, depth: int) -> Written:
        """A VARCHAR."""
        random = self.random
        if depth <= 0 or random.random() < 0.35:
            column = self._pick(lambda t: t.kind is Kind.VARCHAR)
            if column is not None and random.random() < 0.8:
                return column
            word = random.choice(WORDS)
            return Written(quoted(word), VARCHAR, len(word))
        form = random.random()
        if form < 0.2:
            a, b = self.string(depth - 1), self.string(depth - 1)
            return Written(f"({a.text} || {b.text})", VARCHAR, a.bound + b.bound)
        if form < 0.4:
            return Written(f"CAST({self.any(depth - 1).text} AS VARCHAR)", VARCHAR, 40)
        return Written(self.filled(random.choice(TEXT_CALLS), depth - 1), VARCHAR, 60)

    def time(self, depth: int) -> Written:
        """A TIMESTAMP(3)."""
        random = self.random
        if depth <= 0 or random.random() < 0.4:
            column = self._pick(lambda t: t == TIMESTAMP)
            if column is not None and random.random() < 0.8:
                return column
            return Written(f"TIMESTAMP '{format_timestamp(random_time(random))}'", TIMESTAMP, 0)
        if random.random() < 0.5:
            return Written(self.filled(random.choice(TIME_CALLS), depth - 1), TIMESTAMP, 0)
        text = f"({self.time(depth - 1).text} {random.choice('+-')} {random.choice(INTERVALS)})"
        return Written(text, TIMESTAMP, 0)

    @staticmethod
    def _made(text: str, kind: SqlType, bound: int, *parts: Written, group: bool = False) -> Written:
        wide = any(p.wide for p in parts)
        return Written(f"({text})" if group else text, kind, bound, wide=wide)


def _plus(left: SqlType, right: SqlType) -> SqlType | None:
    return sum_of_two(left, right, minus=False)


def _minus(left: SqlType, right: SqlType) -> SqlType | None:
    return sum_of_two(left, right, minus=True)


def quoted(word: str) -> str:
    """A string literal."""
    return "'" + word.replace("'", "''") + "'"


def _units(value: Written, kind: SqlType | None) -> int:
    """The bound in units of another type's last digit."""
    return 0 if kind is None else _shifted(value.bound, kind.scale - value.type.scale)


def _shifted(bound: int, digits: int) -> int:
    """A bound times a power of ten, rounded up."""
    return bound * int(10**digits) if digits >= 0 else bound // int(10**-digits) + 1
