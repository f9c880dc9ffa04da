"""Scalar expressions: sqlglot trees to typed expressions.

Names are looked up in a :class:`Relation`, functions in :mod:`zkql.plan.functions`. Aggregate and OVER calls
are handed to a :class:`Calls`, which answers with the column that will hold the result. Raises
:class:`QueryError` at the first fault of an expression.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from zkql.errors import did_you_mean, query_error
from zkql.lang.bind_types import bind_type
from zkql.lang.syntax import bare, span_of
from zkql.plan.expressions import (
    Call,
    Column,
    Comparator,
    Connective,
    Expression,
    Literal,
    Logical,
    Not,
    render,
)
from zkql.plan.functions import scalars
from zkql.plan.functions.aggregates import Function, lookup
from zkql.plan.functions.errors import FunctionError
from zkql.plan.nodes import WindowKind
from zkql.plan.scalar import EvaluationError, evaluate
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    INTERVAL,
    NULL,
    VARCHAR,
    Kind,
    decimal,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from zkql.errors import QueryError, Span
    from zkql.lang.relation import Relation
    from zkql.lang.syntax import Interval

UNITS = {
    "MILLISECOND": 1,
    "SECOND": 1_000,
    "MINUTE": 60_000,
    "HOUR": 3_600_000,
    "DAY": 86_400_000,
    "WEEK": 604_800_000,
}
_LONGEST = 36_525 * 86_400_000
_MAX_DIGITS = 38
_COMPARATORS: dict[type[exp.Expression], Comparator] = {
    exp.EQ: Comparator.EQUAL,
    exp.NEQ: Comparator.NOT_EQUAL,
    exp.LT: Comparator.LESS,
    exp.LTE: Comparator.AT_MOST,
    exp.GT: Comparator.GREATER,
    exp.GTE: Comparator.AT_LEAST,
}
_OPERATORS: dict[type[exp.Expression], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "MOD",
    exp.DPipe: "||",
}
_CLOCKS = ("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP")
"""Functions that are called without parentheses."""
_COUNT_IN_UNITS = ("TIMESTAMPADD", "TIMESTAMPDIFF")
"""Functions whose first argument is a unit, which reads like a column."""
NOTHING = Literal(None, NULL)
"""What stands for an expression that was refused: it fits everywhere, so that one fault is one error."""


class Calls(Protocol):
    """Where aggregate and OVER calls may stand, this takes them."""

    def aggregate(self, call: exp.Expression, function: Function) -> Expression:
        """An aggregate call, with its FILTER and WITHIN GROUP around it."""

    def over(self, call: exp.Window) -> Expression:
        """``function(…) OVER (…)``."""

    def window_bound(self, call: exp.Anonymous) -> Expression | None:
        """TUMBLE_START(…) and its like; None for any other function."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No calls are allowed; ``where`` says in which clause, ``note`` what to do."""

    where: str
    note: str

    def aggregate(self, call: exp.Expression, function: Function) -> Expression:
        """Raises."""
        raise query_error("ZKQL0243", f"{function} cannot stand in {self.where}", span_of(call), self.note)

    def over(self, call: exp.Window) -> Expression:
        """Raises."""
        raise query_error("ZKQL0243", f"OVER cannot stand in {self.where}", span_of(call), self.note)

    def window_bound(self, call: exp.Anonymous) -> Expression | None:
        """None."""
        return None


IN_WHERE = Refused("WHERE", "select it in a subquery, and ask for it outside; or use HAVING for aggregates")


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds expressions over one relation. ``functions`` are those of CREATE FUNCTION."""

    relation: Relation
    calls: Calls
    functions: Collection[str] = ()

    def condition(self, written: exp.Expression) -> Expression:
        """An expression that must be BOOLEAN."""
        bound = self.bind(written)
        if bound.type.kind not in (Kind.BOOLEAN, Kind.NULL):
            raise query_error(
                "ZKQL0214",
                f"{bound.type} is not a condition",
                span_of(written),
                "a condition is true or false: compare the value with something",
            )
        return bound

    def bind(self, written: exp.Expression) -> Expression:
        """Any expression."""
        expression = bare(written)
        span = span_of(expression)
        kind = type(expression)
        if kind in _COMPARATORS:
            return self._compare(_COMPARATORS[kind], expression.this, expression.expression, span)
        if kind in _OPERATORS:
            return self._call(_OPERATORS[kind], [expression.this, expression.expression], span)
        match expression:
            case exp.And() | exp.Or():
                connective = Connective.AND if kind is exp.And else Connective.OR
                sides = (self.condition(expression.this), self.condition(expression.expression))
                return Logical(connective, sides, span=span)
            case exp.Not():
                return Not(self.condition(expression.this), span=span)
            case exp.Column() | exp.Dot():
                return self._column(expression)
            case exp.Literal():
                if expression.is_string:
                    return Literal(expression.this, VARCHAR, span=span)
                return _number(expression.this, 1, span)
            case exp.Boolean():
                return Literal(int(expression.this), BOOLEAN, span=span)
            case exp.Null():
                return Literal(None, NULL, span=span)
            case exp.Interval():
                return Literal(milliseconds(expression.meta["interval"]), INTERVAL, span=span)
            case exp.Neg():
                return self._negative(expression, span)
            case exp.Between():
                return self._between(expression, span)
            case exp.In():
                return self._in(expression, span)
            case exp.Is():
                return self._is(expression, span)
            case exp.Like() | exp.Escape():
                return self._like(expression, span)
            case exp.Case():
                return self._case(expression, span)
            case exp.Cast():
                return self._cast(expression, span)
            case exp.Extract():
                unit = Literal(expression.this.name.upper(), VARCHAR, span=span_of(expression.this))
                return self._bound_call("EXTRACT", (unit, self.bind(expression.expression)), span)
            case exp.Window():
                return self.calls.over(expression)
            case exp.Filter() | exp.WithinGroup():
                return self._aggregate(expression)
            case exp.Anonymous():
                return self._function(expression, span)
        raise query_error("ZKQL0244", f"zkql does not know {span.text}", span)

    # --- names ---

    def _column(self, expression: exp.Expression) -> Expression:
        span = span_of(expression)
        names = (
            [part.name for part in expression.parts] if isinstance(expression, exp.Column | exp.Dot) else []
        )
        head, *rest = names
        if span.text.upper() in _CLOCKS and not self.relation.find(head, None):
            return self._bound_call(span.text, (), span)
        if rest and head in self.relation.tables:
            visible = self.relation.resolve(rest[0], head, span)
            fields = rest[1:]
        elif rest and self.relation.find(head, None):
            visible = self.relation.resolve(head, None, span)
            fields = rest
        else:
            table = head if rest else None
            visible = self.relation.resolve(names[min(1, len(rest))], table, span)
            fields = rest[1:]
        column = visible.column
        bound: Expression = Column(column.name, column.type, column.private, column.nullable, span=span)
        for name in fields:
            if bound.type.kind not in (Kind.ROW, Kind.NULL):
                raise query_error("ZKQL0213", f"{bound.type} has no fields, so no {name!r}", span)
            bound = self._bound_call("FIELD", (bound, Literal(name, VARCHAR, span=span)), span)
        return bound

    # --- operators ---

    def _compare(
        self, operator: Comparator, left: exp.Expression, right: exp.Expression, span: Span
    ) -> Expression:
        return _compared(operator, self.bind(left), self.bind(right), span)

    def _between(self, expression: exp.Between, span: Span) -> Expression:
        value = self.bind(expression.this)
        low = _compared(Comparator.AT_LEAST, value, self.bind(expression.args["low"]), span)
        high = _compared(Comparator.AT_MOST, value, self.bind(expression.args["high"]), span)
        return Logical(Connective.AND, (low, high), span=span)

    def _in(self, expression: exp.In, span: Span) -> Expression:
        value = self.bind(expression.this)
        options = tuple(
            _compared(Comparator.EQUAL, value, self.bind(option), span) for option in expression.expressions
        )
        return options[0] if len(options) == 1 else Logical(Connective.OR, options, span=span)

    def _is(self, expression: exp.Is, span: Span) -> Expression:
        value, what = self.bind(expression.this), expression.expression
        if isinstance(what, exp.Boolean):
            return self._bound_call("IS TRUE" if what.this else "IS FALSE", (value,), span)
        return self._bound_call("IS NULL", (value,), span)

    def _like(self, expression: exp.Expression, span: Span) -> Expression:
        like = expression.this if isinstance(expression, exp.Escape) else expression
        operands = [like.this, like.expression]
        if like is not expression:
            operands.append(expression.expression)
        return self._call("LIKE", operands, span)

    def _negative(self, expression: exp.Neg, span: Span) -> Expression:
        operand = bare(expression.this)
        if isinstance(operand, exp.Literal) and not operand.is_string:
            return _number(operand.this, -1, span)
        return self._call("NEGATE", [operand], span)

    def _case(self, expression: exp.Case, span: Span) -> Expression:
        operands: list[Expression] = []
        subject = self.bind(expression.this) if expression.this is not None else None
        for arm in expression.args["ifs"]:
            if subject is None:
                operands.append(self.condition(arm.this))
            else:
                operands.append(_compared(Comparator.EQUAL, subject, self.bind(arm.this), span_of(arm.this)))
            operands.append(self.bind(arm.args["true"]))
        default = expression.args.get("default")
        operands.append(self.bind(default) if default is not None else NOTHING)
        return self._bound_call("CASE", tuple(operands), span)

    def _cast(self, expression: exp.Cast, span: Span) -> Expression:
        target = bind_type(expression.meta["type"])
        operand = self.bind(expression.this)
        name = "TRY_CAST" if isinstance(expression, exp.TryCast) else "CAST"
        try:
            bound = scalars.call(name, (operand,), span, to=target)
        except FunctionError as error:
            raise _function_error(error, (operand,), span) from None
        if isinstance(operand, Literal):
            try:
                return Literal(evaluate(bound, {}), target, span=span)
            except EvaluationError as failure:
                message = str(failure).removesuffix(f": {render(bound)}")  # which the text shows
                raise query_error("ZKQL0216", message, span) from None
        return bound

    # --- functions ---

    def _aggregate(self, expression: exp.Expression) -> Expression:
        inner = expression
        while isinstance(inner, exp.Filter | exp.WithinGroup):
            inner = inner.this
        function = lookup(inner.name)
        if function is None:
            raise query_error(
                "ZKQL0245",
                f"{inner.name.upper()} is no aggregate function",
                span_of(expression),
                "FILTER and WITHIN GROUP follow aggregates, such as COUNT and SUM",
            )
        return self.calls.aggregate(expression, function)

    def _function(self, expression: exp.Anonymous, span: Span) -> Expression:
        name = expression.name
        if "subquery" in expression.meta:
            raise query_error(
                "ZKQL0317",
                f"{name} has no plan in zkql",
                span,
                "nearest form: a join with the subquery in FROM (proven with a table of known rows)",
            )
        bound = self.calls.window_bound(expression)
        if bound is not None:
            return bound
        if (function := lookup(name)) is not None and not scalars.known(name):
            return self.calls.aggregate(expression, function)
        if name.upper() in map(str.upper, self.functions):
            operands = self._values(name, expression.expressions, span)
            return Call(name, operands, NULL, nullable=True, span=span)
        window = name.upper().partition("_")[0]
        if window in WindowKind.__members__:
            raise query_error(
                "ZKQL0241",
                f"{name.upper()} is no value here",
                span,
                f"FROM TABLE({window}(TABLE …, DESCRIPTOR(…), INTERVAL …)) adds window_start, window_end and "
                "window_time",
            )
        return self._call(name, expression.expressions, span)

    def _call(self, name: str, operands: list[exp.Expression], span: Span) -> Expression:
        if name.upper() in _COUNT_IN_UNITS and operands and isinstance(operands[0], exp.Column):
            unit = Literal(operands[0].name.upper(), VARCHAR, span=span_of(operands[0]))
            return self._bound_call(name, (unit, *map(self.bind, operands[1:])), span)
        return self._bound_call(name, self._values(name, operands, span), span)

    def _values(self, name: str, operands: list[exp.Expression], span: Span) -> tuple[Expression, ...]:
        """Arguments that are values each, neither ``*`` nor ``DISTINCT …``."""
        for operand in operands:
            if isinstance(operand, exp.Star | exp.Distinct):
                what = "*" if isinstance(operand, exp.Star) else "DISTINCT"
                raise query_error("ZKQL0218", f"{name.upper()} takes values, not {what}", span)
        return tuple(map(self.bind, operands))

    def _bound_call(self, name: str, operands: tuple[Expression, ...], span: Span) -> Expression:
        if not scalars.known(name):
            raise query_error(
                "ZKQL0241",
                f"there is no function {name.upper()}",
                span,
                *(
                    did_you_mean(name, (*scalars.names(), *Function.__members__))
                    or ("docs/sql.md lists all functions",)
                ),
            )
        try:
            return scalars.call(name, operands, span)
        except FunctionError as error:
            raise _function_error(error, operands, span) from None


def _compared(operator: Comparator, left: Expression, right: Expression, span: Span) -> Expression:
    try:
        return scalars.compare(operator, left, right, span)
    except FunctionError as error:
        raise _function_error(error, (left, right), span, "ZKQL0215") from None


def _function_error(
    error: FunctionError, operands: tuple[Expression, ...], span: Span, code: str = "ZKQL0213"
) -> QueryError:
    blamed = operands[error.operand].span if error.operand is not None else None
    return query_error(code, error.message, blamed or span, *error.notes)


def _number(text: str, sign: int, span: Span) -> Literal:
    whole, _, fraction = text.partition(".")
    digits = (whole + fraction).lstrip("0") or "0"
    if max(len(digits), len(fraction)) > _MAX_DIGITS:
        raise query_error("ZKQL0217", f"a number has at most {_MAX_DIGITS} digits", span)
    value = sign * int(digits)
    if "." not in text:
        for kind in (INT, BIGINT):
            if kind.contains(value):
                return Literal(value, kind, span=span)
    return Literal(value, decimal(max(len(digits), len(fraction), 1), len(fraction)), span=span)


def milliseconds(interval: Interval) -> int:
    """The length of an INTERVAL literal."""
    unit = UNITS.get(interval.unit)
    if unit is None or not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,3})?", interval.amount):
        raise query_error(
            "ZKQL0210",
            "this is no interval that zkql can count",
            interval.span,
            "for example INTERVAL '10' SECOND; units: " + ", ".join(UNITS),
        )
    whole, _, fraction = interval.amount.partition(".")
    thousandths = abs(int(whole)) * 1000 + int(fraction.ljust(3, "0"))
    length, rest = divmod(thousandths * unit, 1000)
    if rest or length > _LONGEST:
        problem = (
            "an interval is whole milliseconds" if rest else "an interval is at most a hundred years long"
        )
        raise query_error("ZKQL0210", problem, interval.span)
    return -length if interval.amount.startswith("-") else length
