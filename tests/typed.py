"""Random typed expressions over private columns, and rows for them.

In: a seed. Out: expressions that are bound as the language binds them, and rows with NULLs and extremes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.lowered import scope_of
from zkql.circuit.draft import Draft
from zkql.circuit.lower.expressions import lower
from zkql.circuit.lower.refusals import NoCircuit, WideExpression
from zkql.plan.expressions import (
    Column,
    Comparator,
    Connective,
    Expression,
    Literal,
    Logical,
    Not,
    is_private,
)
from zkql.plan.functions import scalars
from zkql.plan.functions.errors import FunctionError
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    INTERVAL,
    SMALLINT,
    TIMESTAMP,
    TINYINT,
    VARCHAR,
    Kind,
    SqlType,
    Value,
    decimal,
)


def text(length: int) -> SqlType:
    """``VARCHAR(length)``."""
    return SqlType(Kind.VARCHAR, length)


def private(name: str, kind: SqlType, *, nullable: bool = False) -> Column:
    """A private column."""
    return Column(name, kind, private=True, nullable=nullable)


COLUMNS = (
    private("tiny", TINYINT),
    private("small", SMALLINT, nullable=True),
    private("whole", INT),
    private("part", INT, nullable=True),
    private("long", BIGINT),
    private("longer", BIGINT, nullable=True),
    private("price", decimal(7, 2)),
    private("rate", decimal(12, 4), nullable=True),
    private("exact", decimal(30, 10)),
    private("start", TIMESTAMP),
    private("stop", TIMESTAMP, nullable=True),
    private("sure", BOOLEAN),
    private("maybe", BOOLEAN, nullable=True),
    private("word", text(3)),
    private("name", text(5), nullable=True),
)
NAMED = {column.name: column for column in COLUMNS}
WORDS = ("", "a", "ab", "abc", "abcde", "b", "ba", "zz", "é", "\U0010ffff", "a\x01", "aé\U0010ffff")


def number(value: int, kind: SqlType = INT) -> Literal:
    """A literal that is held as an integer."""
    return Literal(value, kind)


def word(value: str | None) -> Literal:
    """A literal of text."""
    return Literal(value, VARCHAR)


# --- rows -----------------------------------------------------------------------------------------


def random_value(random: Random, column: Column) -> Value | None:
    """NULL, an extreme, something small, or anything."""
    kind = column.type
    if column.nullable and random.random() < 0.3:
        return None
    if kind.kind is Kind.VARCHAR:
        return random.choice([w for w in WORDS if len(w) <= kind.precision])
    low, high = kind.bounds
    small = random.randint(max(low, -12), min(high, 12))
    if kind.kind is Kind.TIMESTAMP:
        small = 1_767_225_600_000 + random.randint(-(10**8), 10**11)
    return random.choice([small, small, small, low, high, random.randint(low, high)])


def random_row(random: Random) -> dict[str, Value | None]:
    """A value for each of the columns."""
    return {column.name: random_value(random, column) for column in COLUMNS}


# --- expressions ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Typed:
    """Draws expressions; each of its methods gives one of a kind."""

    random: Random

    def any(self, depth: int) -> Expression:
        """Of any type."""
        forms = [self.number, self.boolean, self.text, self.time, self.interval]
        return self.random.choices(forms, [6, 5, 2, 1, 1])[0](depth)

    def _column(self, fits: Callable[[SqlType], bool]) -> Expression:
        return self.random.choice([c for c in COLUMNS if fits(c.type)])

    def _call(self, name: str, *operands: Expression, to: SqlType | None = None) -> Expression:
        """The call, or its first operand where there is no such call."""
        try:
            return scalars.call(name, operands, to=to)
        except FunctionError:
            return operands[0]

    def _chosen(self, draw: Callable[[int], Expression], depth: int) -> Expression:
        """What chooses among values of one kind."""
        random = self.random
        values = [draw(depth) for _ in range(random.randint(2, 3))]
        if random.random() < 0.15:
            values[random.randrange(len(values))] = Literal(None, values[0].type)
        name = random.choice(["CASE", "CASE", "COALESCE", "NULLIF", "IF", "GREATEST", "LEAST"])
        if name == "CASE":
            arms = [part for value in values[:-1] for part in (self.boolean(depth), value)]
            return self._typed(name, *arms, values[-1]) or values[0]
        if name == "IF":
            return self._typed(name, self.boolean(depth), *values[:2]) or values[0]
        return self._typed(name, *values[: 2 if name == "NULLIF" else 3]) or values[0]

    def _typed(self, name: str, *operands: Expression) -> Expression | None:
        try:
            return scalars.call(name, operands)
        except FunctionError:
            return None

    def number(self, depth: int) -> Expression:
        """A number."""
        random = self.random
        if depth <= 0:
            if random.random() < 0.25:
                return random.choice(
                    [number(random.randint(-3, 10)), number(random.randint(-500, 500), decimal(4, 2))]
                )
            return self._column(lambda t: t.is_numeric)
        form = random.choices(
            ["binary", "unary", "round", "cast", "chosen", "time", "text"], [8, 3, 2, 3, 4, 3, 1]
        )
        match form[0]:
            case "binary":
                left, right = self.number(depth - 1), self.number(depth - 1)
                return self._call(random.choice("+-*/") if random.random() < 0.85 else "MOD", left, right)
            case "unary":
                return self._call(
                    random.choice(["NEGATE", "ABS", "SIGN", "FLOOR", "CEIL"]), self.number(depth - 1)
                )
            case "round":
                digits = number(random.choice([-3, -1, 0, 1, 2, 40, -40]))
                return self._call(random.choice(["ROUND", "TRUNCATE"]), self.number(depth - 1), digits)
            case "cast":
                to = random.choice(
                    [
                        TINYINT,
                        SMALLINT,
                        INT,
                        BIGINT,
                        decimal(5, 2),
                        decimal(1, 1),
                        decimal(18, 6),
                        decimal(38, 3),
                    ]
                )
                name = random.choice(["CAST", "TRY_CAST"])
                operand = self.number(depth - 1) if random.random() < 0.85 else self.boolean(depth - 1)
                return self._call(name, operand, to=to)
            case "chosen":
                return self._chosen(self.number, depth - 1)
            case "time":
                return self._part(depth - 1)
            case _:
                return self._call("CHAR_LENGTH", self.text(depth - 1))

    def _part(self, depth: int) -> Expression:
        """A number that a timestamp says."""
        random = self.random
        if random.random() < 0.25:
            unit = random.choice(["MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK"])
            return self._call("TIMESTAMPDIFF", word(unit), self.time(depth), self.time(depth))
        unit = random.choice(
            [
                "YEAR",
                "QUARTER",
                "MONTH",
                "WEEK",
                "DAY",
                "DOW",
                "DOY",
                "HOUR",
                "MINUTE",
                "SECOND",
                "MILLISECOND",
                "EPOCH",
            ]
        )
        return self._call("EXTRACT", word(unit), self.time(depth))

    def time(self, depth: int) -> Expression:
        """A timestamp."""
        random = self.random
        if depth <= 0 or random.random() < 0.3:
            return self._column(lambda t: t == TIMESTAMP)
        if random.random() < 0.3:
            return self._chosen(self.time, depth - 1)
        return self._call(random.choice("+-"), self.time(depth - 1), self.interval(depth - 1))

    def interval(self, depth: int) -> Expression:
        """An interval."""
        random = self.random
        if depth <= 0 or random.random() < 0.3:
            return Literal(random.choice([0, 1, -1000, 3_600_000, 86_400_000 * 40]), INTERVAL)
        form = random.randrange(4)
        if form == 0:
            return self._call("-", self.time(depth - 1), self.time(depth - 1))
        if form == 1:
            integer = self._column(lambda t: t.is_integer)
            return self._call("*", self.interval(depth - 1), integer)
        if form == 2:
            return self._call("NEGATE", self.interval(depth - 1))
        return self._call(random.choice("+-"), self.interval(depth - 1), self.interval(depth - 1))

    def text(self, depth: int) -> Expression:
        """Text."""
        random = self.random
        if depth <= 0 or random.random() < 0.2:
            if random.random() < 0.3:
                return word(random.choice(WORDS))
            return self._column(lambda t: t.kind is Kind.VARCHAR)
        match random.randrange(5):
            case 0:
                return self._call("LEFT", self.text(depth - 1), number(random.choice([-1, 0, 1, 2, 9])))
            case 1:
                operands = [self.text(depth - 1), number(random.choice([0, 1, 2, 4]))]
                if random.random() < 0.6:
                    operands.append(number(random.choice([-1, 0, 1, 2, 9])))
                return self._call("SUBSTRING", *operands)
            case 2:
                operand = self.text(depth - 1) if random.random() < 0.5 else self.boolean(depth - 1)
                return self._call("CAST", operand, to=text(random.choice([1, 2, 4, 5])))
            case _:
                return self._chosen(self.text, depth - 1)

    def boolean(self, depth: int) -> Expression:
        """A condition."""
        random = self.random
        if depth <= 0:
            return self._column(lambda t: t == BOOLEAN)
        match random.choices(
            ["compare", "logical", "not", "is", "null", "in", "between", "like", "cast", "chosen"],
            [6, 4, 1, 2, 2, 2, 1, 1, 1, 1],
        )[0]:
            case "compare":
                return self._comparison(*self._alike(2, depth - 1))
            case "logical":
                operands = tuple(self.boolean(depth - 1) for _ in range(random.randint(2, 3)))
                return Logical(random.choice(list(Connective)), operands)
            case "not":
                return Not(self.boolean(depth - 1))
            case "is":
                return self._call(random.choice(["IS TRUE", "IS FALSE"]), self.boolean(depth - 1))
            case "null":
                return self._call("IS NULL", self.any(depth - 1))
            case "in":
                return self._in(depth - 1)
            case "between":
                value, low, high = self._alike(3, depth - 1)
                bounds = (
                    scalars.compare(Comparator.AT_LEAST, value, low),
                    scalars.compare(Comparator.AT_MOST, value, high),
                )
                return Logical(Connective.AND, bounds)
            case "like":
                pattern = random.choice(["a%", "ab", "%", "", "abc%%", "é%", "a!%%", "abcdefgh%", "\x00%"])
                escape = [word("!")] if "!" in pattern else []
                if random.random() < 0.2:
                    return self._call("STARTSWITH", self.text(depth - 1), word(pattern.rstrip("%")))
                return self._call("LIKE", self.text(depth - 1), word(pattern), *escape)
            case "cast":
                return self._call("CAST", self.number(depth - 1), to=BOOLEAN)
            case _:
                return self._chosen(self.boolean, depth - 1)

    def _alike(self, count: int, depth: int) -> list[Expression]:
        """Values that can be compared."""
        draw = self.random.choices(
            [self.number, self.text, self.time, self.interval, self.boolean], [6, 2, 1, 1, 1]
        )[0]
        found = [draw(depth) for _ in range(count)]
        if draw == self.text and self.random.random() < 0.4:
            found[-1] = word(self.random.choice(["abcdefghijklmn", "ab\x00", "abcd", ""]))
        return found

    def _comparison(self, left: Expression, right: Expression) -> Expression:
        if self.random.random() < 0.5:
            left, right = right, left
        return scalars.compare(self.random.choice(list(Comparator)), left, right)

    def _in(self, depth: int) -> Expression:
        random = self.random
        if random.random() < 0.3:
            value: Expression = self.text(depth)
            options = [word(random.choice((*WORDS, "abcdefghijklm"))) for _ in range(3)]
        else:
            value = self.number(depth)
            options = [
                self.number(0) if random.random() < 0.2 else number(random.randint(-5, 9)) for _ in range(4)
            ]
        if random.random() < 0.2:
            options.insert(random.randrange(4), Literal(None, options[0].type))
        found = Logical(
            Connective.OR, tuple(scalars.compare(Comparator.EQUAL, value, option) for option in options)
        )
        return Not(found) if random.random() < 0.4 else found


def expressions(seed: int, count: int, depth: int) -> list[Expression]:
    """Different expressions that read a private column and have a circuit."""
    typed = Typed(Random(seed))
    found: dict[Expression, None] = {}
    while len(found) < count:
        expression = typed.any(depth)
        if not is_private(expression) or expression.type.kind is Kind.NULL:
            continue
        if isinstance(expression, Column) or not has_circuit(expression):
            continue
        found[expression] = None
    return list(found)


def has_circuit(expression: Expression) -> bool:
    """Whether its numbers and texts stay small enough."""
    try:
        draft = Draft(1)
        guard = draft.public("guard", (), 0, 1).linear
        lower(expression, scope_of(draft, COLUMNS).narrowed(guard))
    except (WideExpression, NoCircuit):
        return False
    return True
