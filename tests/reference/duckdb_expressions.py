"""Scalar expressions as DuckDB text. In: sqlglot trees as the parser makes them, and the columns that
they may name. Out: typed text. Names, types and conversions are looked up here, not by zkql's binder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from tests.reference import duckdb_calls, duckdb_functions
from tests.reference.duckdb_calls import Around
from tests.reference.duckdb_values import (
    Typed,
    UnsupportedError,
    add,
    cast,
    condition,
    divide,
    multiply,
    number,
    remainder,
    text,
    united,
)
from zkql.lang.syntax import Interval, TypeName, bare
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    INTERVAL,
    NULL,
    SMALLINT,
    TIMESTAMP,
    TINYINT,
    VARCHAR,
    Kind,
    SqlType,
    decimal,
)
from zkql.plan.typing import product, quotient, sum_of_two
from zkql.plan.typing import remainder as remainder_type

_UNITS = {"MILLISECOND": 1, "SECOND": 10**3, "MINUTE": 60 * 10**3, "HOUR": 3600 * 10**3, "DAY": 86400 * 10**3}
_UNITS["WEEK"] = 7 * _UNITS["DAY"]
_PRODUCTS: dict[type[exp.Expression], str] = {exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_COMPARISONS: dict[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_TYPES = {
    "BIGINT": BIGINT, "INT": INT, "INTEGER": INT, "SMALLINT": SMALLINT, "TINYINT": TINYINT,
    "BOOLEAN": BOOLEAN, "TIMESTAMP": TIMESTAMP, "STRING": VARCHAR,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A column under the names that the text may use for it."""

    table: str | None
    name: str
    value: Typed


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions can name. ``bounds`` are START, END and ROWTIME of the group window, if any."""

    fields: tuple[Field, ...] = ()
    bounds: Mapping[str, Typed] = field(default_factory=dict)

    def find(self, name: str, table: str | None) -> Typed:
        """The one column of that name."""
        found = [f.value for f in self.fields if f.name == name and table in (None, f.table)]
        if len(found) != 1:
            raise UnsupportedError(f"{len(found)} columns {table}.{name}")
        return found[0]

    # --- scalars ---

    def translate(self, written: exp.Expression) -> Typed:
        """Any expression, aggregates and OVER included."""
        expression = bare(written)
        match expression:
            case exp.Column():
                return self.find(expression.name, expression.table or None)
            case exp.Literal() if expression.is_string:
                return Typed(text(expression.this), VARCHAR)
            case exp.Literal():
                return literal(expression.this)
            case exp.Neg():
                return self._negative(expression)
            case exp.Null():
                return Typed("NULL", NULL)
            case exp.Boolean():
                return Typed(str(bool(expression.this)).upper(), BOOLEAN)
            case exp.Interval():
                return Typed(f"CAST({milliseconds(expression.meta['interval'])} AS BIGINT)", INTERVAL)
            case exp.Add() | exp.Sub():
                return self._sum(expression, "+" if isinstance(expression, exp.Add) else "-")
            case exp.Mul() | exp.Div() | exp.Mod():
                return self._product(expression)
            case exp.DPipe():
                return duckdb_functions.call("||", self._all([expression.this, expression.expression]))
            case exp.Case():
                return self._case(expression)
            case exp.Cast():
                return duckdb_functions.convert(
                    self.translate(expression.this),
                    bind_type(expression.meta["type"]),
                    attempt=isinstance(expression, exp.TryCast),
                )
            case exp.Extract():
                return duckdb_functions.extract(
                    expression.this.name.upper(), self.translate(expression.expression)
                )
            case exp.Window() | exp.Filter() | exp.WithinGroup():
                return self._call(expression)
            case exp.Anonymous():
                return self._function(expression)
        return Typed(self._condition(expression), BOOLEAN)

    def condition(self, written: exp.Expression) -> str:
        """A condition's text."""
        return condition(self.translate(written))

    def _all(self, written: list[exp.Expression]) -> list[Typed]:
        return [self.translate(e) for e in written]

    def _negative(self, expression: exp.Neg) -> Typed:
        operand = bare(expression.this)
        if isinstance(operand, exp.Literal) and not operand.is_string:
            return literal(operand.this, -1)
        value = self.translate(operand)
        return Typed(f"(-{value.sql})", value.type)

    def _sum(self, expression: exp.Expression, operator: str) -> Typed:
        left, right = self._all([expression.this, expression.expression])
        kind = sum_of_two(left.type, right.type, minus=operator == "-")
        kinds = left.type.kind, right.type.kind
        if kind is None:
            raise UnsupportedError(f"{left.type} {operator} {right.type}")
        if Kind.NULL in kinds:
            return Typed(cast(Typed("NULL", NULL), kind), kind)
        if kinds == (Kind.TIMESTAMP, Kind.TIMESTAMP):
            return Typed(f"(epoch_ms({left.sql}) - epoch_ms({right.sql}))", INTERVAL)
        if kind.kind is Kind.TIMESTAMP:
            time, length = (left, right) if left.type.kind is Kind.TIMESTAMP else (right, left)
            return Typed(f"ref_time({time.sql} {operator} to_milliseconds({length.sql}))", TIMESTAMP)
        if kind.kind is Kind.INTERVAL:
            return Typed(f"({left.sql} {operator} {right.sql})", INTERVAL)
        return add(left, right, operator, kind)

    def _product(self, expression: exp.Expression) -> Typed:
        left, right = self._all([expression.this, expression.expression])
        return arithmetic(_PRODUCTS[type(expression)], left, right)

    def _case(self, expression: exp.Case) -> Typed:
        subject = expression.this
        conditions, values = [], []
        for arm in expression.args["ifs"]:
            if subject is None:
                conditions.append(self.condition(arm.this))
            else:
                conditions.append(compare("=", *self._all([subject, arm.this])))
            values.append(self.translate(arm.args["true"]))
        default = expression.args.get("default")
        values.append(Typed("NULL", NULL) if default is None else self.translate(default))
        texts, kind = united(values)
        arms = " ".join(f"WHEN {c} THEN {v}" for c, v in zip(conditions, texts, strict=False))
        return Typed(f"CASE {arms} ELSE {texts[-1]} END", kind)

    def _condition(self, expression: exp.Expression) -> str:
        match expression:
            case exp.And() | exp.Or():
                word = "AND" if isinstance(expression, exp.And) else "OR"
                return f"({self.condition(expression.this)} {word} {self.condition(expression.expression)})"
            case exp.Not():
                return f"(NOT {self.condition(expression.this)})"
            case exp.Between():
                value, low, high = self._all(
                    [expression.this, expression.args["low"], expression.args["high"]]
                )
                return f"({compare('>=', value, low)} AND {compare('<=', value, high)})"
            case exp.In():
                value = self.translate(expression.this)
                equal = [compare("=", value, self.translate(option)) for option in expression.expressions]
                return f"({' OR '.join(equal)})"
            case exp.Is():
                return self._is(expression)
            case exp.Like() | exp.Escape():
                return self._like(expression)
        if type(expression) in _COMPARISONS:
            sides = self._all([expression.this, expression.expression])
            return compare(_COMPARISONS[type(expression)], *sides)
        raise UnsupportedError(type(expression).__name__)

    def _is(self, expression: exp.Is) -> str:
        value = self.translate(expression.this)
        if isinstance(expression.expression, exp.Null):
            return f"({value.sql} IS NULL)"
        wanted = str(bool(expression.expression.this)).upper()
        return f"({condition(value)} IS NOT DISTINCT FROM {wanted})"

    def _like(self, expression: exp.Expression) -> str:
        like = expression.this if isinstance(expression, exp.Escape) else expression
        value, pattern = (cast(v, VARCHAR) for v in self._all([like.this, like.expression]))
        if like is expression:
            return f"({value} LIKE {pattern})"
        return f"({value} LIKE {pattern} ESCAPE {self.translate(expression.expression).sql})"

    # --- calls ---

    def _function(self, expression: exp.Anonymous) -> Typed:
        name = expression.name.upper()
        kind, _, bound = name.partition("_")
        if kind in ("TUMBLE", "HOP", "SESSION") and bound in self.bounds:
            return self.bounds[bound]
        if duckdb_calls.ALIASES.get(name, name) in duckdb_calls.AGGREGATES:
            return self._call(expression)
        if name in ("TIMESTAMPADD", "TIMESTAMPDIFF"):
            unit, *operands = expression.expressions
            rule = duckdb_functions.later if name == "TIMESTAMPADD" else duckdb_functions.elapsed
            return rule(bare(unit).name.upper(), *self._all(operands))
        return duckdb_functions.call(name, self._all(expression.expressions))

    def _call(self, expression: exp.Expression) -> Typed:
        """An aggregate or analytic call with all that stands around it."""
        around, inner = Around(), expression
        while not isinstance(inner, exp.Anonymous):
            match inner:
                case exp.Window():
                    around = replace(around, over=self._over(inner))
                case exp.Filter():
                    around = replace(around, filter=self.condition(inner.expression.this))
                case exp.WithinGroup():
                    (key,) = inner.expression.expressions
                    descending, nulls_first = direction(key)
                    around = replace(
                        around, key=self.translate(key.this), descending=descending, nulls_first=nulls_first
                    )
                case _:
                    raise UnsupportedError(type(inner).__name__)
            inner = inner.this
        arguments = inner.expressions
        if arguments and isinstance(arguments[0], exp.Distinct):
            around, arguments = replace(around, distinct=True), arguments[0].expressions
        if [type(a) for a in arguments] == [exp.Star]:
            arguments = []
        values = self._all(arguments)
        if (where := around.filter) is not None:  # DuckDB would compute them on the other rows as well
            if around.key is not None:
                around = replace(around, key=_chosen(around.key, where))
            else:
                values = [
                    v if isinstance(bare(a), exp.Literal) else _chosen(v, where)
                    for a, v in zip(arguments, values, strict=True)
                ]
        made = duckdb_calls.call(inner.name, values, around)
        if made is None:
            raise UnsupportedError(inner.name)
        return made

    def _over(self, window: exp.Window) -> str:
        inside = []
        partition = [self.translate(e).sql for e in window.args.get("partition_by") or ()]
        if partition:
            inside.append(f"PARTITION BY {', '.join(partition)}")
        order, spec = window.args.get("order"), window.args.get("spec")
        items = order.expressions if order is not None else []
        keys = [self.translate(item.this) for item in items]
        ranged = spec is not None and spec.args["kind"] == "RANGE" and len(keys) == 1
        if ranged and keys[0].type.is_numeric:  # so that no bound of the frame is outside the key's type
            keys = [Typed(cast(keys[0], _widest(keys[0].type)), _widest(keys[0].type))]
        if keys:
            texts = [ordered(key.sql, item) for key, item in zip(keys, items, strict=True)]
            inside.append(f"ORDER BY {', '.join(texts)}")
        if spec is not None:
            key = keys[0] if ranged else None
            start = self._frame_bound(spec.args["start"], spec.args.get("start_side"), key)
            end = self._frame_bound(spec.args.get("end") or "CURRENT ROW", spec.args.get("end_side"), key)
            inside.append(f"{spec.args['kind']} BETWEEN {start} AND {end}")
        return f"OVER ({' '.join(inside)})"

    def _frame_bound(self, bound: str | exp.Expression, side: str | None, key: Typed | None) -> str:
        """A bound of a frame; ``key`` is what RANGE counts from."""
        if isinstance(bound, str):
            return bound if bound == "CURRENT ROW" else f"{bound} {side}"
        value = self.translate(bound)
        if value.type.kind is Kind.INTERVAL:
            return f"to_milliseconds({value.sql}) {side}"
        return f"{value.sql if key is None else cast(value, key.type)} {side}"


def _chosen(value: Typed, where: str) -> Typed:
    """The value where a condition is true."""
    return Typed(f"CASE WHEN {where} THEN {value.sql} END", value.type)


def _widest(kind: SqlType) -> SqlType:
    """A decimal of the same scale, of as many digits as there are."""
    return decimal(38, kind.scale)


def direction(item: exp.Expression) -> tuple[bool, bool]:
    """Whether an item of ORDER BY is descending, and whether NULLs come first: they are smallest where the
    text does not say."""
    descending, nulls = bool(item.args.get("desc")), item.args.get("nulls_first")
    return descending, (not descending) if nulls is None else bool(nulls)


def ordered(value: str, item: exp.Expression) -> str:
    """An item of ORDER BY."""
    descending, first = direction(item)
    return f"{value} {'DESC' if descending else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"


def compare(operator: str, left: Typed, right: Typed) -> str:
    """A comparison; DuckDB finds the common type of two numbers, and NULL takes the other's."""
    if Kind.NULL in (left.type.kind, right.type.kind):
        (a, b), _ = united([left, right])
        return f"({a} {operator} {b})"
    return f"({left.sql} {operator} {right.sql})"


def arithmetic(operator: str, left: Typed, right: Typed) -> Typed:
    """``*``, ``/`` and ``%``."""
    rules = {"*": (product, multiply), "/": (quotient, divide), "%": (remainder_type, remainder)}
    rule, compute = rules[operator]
    kind = rule(left.type, right.type)
    if kind is None:
        raise UnsupportedError(f"{left.type} {operator} {right.type}")
    if Kind.NULL in (left.type.kind, right.type.kind):
        return Typed(cast(Typed("NULL", NULL), kind), kind)
    if kind.kind is Kind.INTERVAL:
        return Typed(f"({left.sql} * {right.sql})", kind)
    return compute(left, right, kind)


def literal(digits: str, sign: int = 1) -> Typed:
    """A number as written: INT or BIGINT without a point if it fits, else DECIMAL."""
    whole, _, fraction = digits.partition(".")
    value = sign * int(whole + fraction)
    if "." not in digits:
        for kind in (INT, BIGINT):
            if kind.contains(value):
                return number(value, kind)
    return number(value, decimal(max(len(str(abs(value))), len(fraction)), len(fraction)))


def bind_type(written: TypeName) -> SqlType:
    """A type's name."""
    if written.name in ("DECIMAL", "NUMERIC", "DEC"):
        precision, scale = (*written.parameters, *(10, 0)[len(written.parameters) :])
        return decimal(precision, scale)
    if written.name == "VARCHAR":
        return SqlType(Kind.VARCHAR, next(iter(written.parameters), 0))
    if written.name not in _TYPES:
        raise UnsupportedError(written.name)
    return _TYPES[written.name]


def milliseconds(interval: Interval) -> int:
    """The length of an INTERVAL literal."""
    whole, _, fraction = interval.amount.lstrip("-").partition(".")
    length = (int(whole) * 1000 + int(fraction.ljust(3, "0"))) * _UNITS[interval.unit] // 1000
    return -length if interval.amount.startswith("-") else length
