"""Aggregate and OVER calls of one SELECT, collected while its expressions are bound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from zkql.errors import query_error
from zkql.lang.bind_expression import NOTHING, Binder, Refused, milliseconds
from zkql.lang.bind_window import GroupWindow, group_window_bound
from zkql.lang.relation import unique
from zkql.lang.report import AlreadyReported
from zkql.lang.syntax import bare, span_of
from zkql.plan.calls import Aggregation, Analytic, Frame, Named, SortKey, made
from zkql.plan.expressions import Column, Comparator, Expression, Literal, columns_of
from zkql.plan.functions import aggregates, comparison, scalars, signatures
from zkql.plan.functions.aggregates import HYPOTHETICAL, Function
from zkql.plan.functions.errors import FunctionError, here
from zkql.plan.nodes import WindowKind
from zkql.plan.scalar import EvaluationError, evaluate
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from zkql.errors import Span
    from zkql.lang.relation import Relation
    from zkql.plan.calls import Output

_IN_AGGREGATE = Refused("an aggregate", "aggregate in a subquery first, then aggregate its result")
_IN_FILTER = Refused("FILTER", "FILTER asks about single rows")


@dataclass(slots=True)
class SelectCalls:
    """The calls of a SELECT over ``relation``. ``keys`` are the names of the grouping keys; ``window`` is the
    group window of GROUP BY (NOTHING where it was refused), ``bounds`` its columns; ``hint`` names the next
    call, where a select item is nothing but that call."""

    relation: Relation
    functions: Collection[str]
    keys: Collection[str] = ()
    aggregates: list[Named] = field(default_factory=list)
    overs: list[Named] = field(default_factory=list)
    window: GroupWindow | Literal | None = None
    bounds: Mapping[str, Column] = field(default_factory=dict)
    hint: str | None = None

    # --- aggregates ---

    def aggregate(self, call: exp.Expression, function: Function) -> Expression:
        """An aggregate call, with its FILTER and WITHIN GROUP around it."""
        span = span_of(call)
        rows = Binder(self.relation, _IN_FILTER, self.functions)
        inner, condition, order = self._unwrapped(
            call, Binder(self.relation, _IN_AGGREGATE, self.functions), rows
        )
        arguments, distinct = self._arguments(inner, Binder(self.relation, _IN_AGGREGATE, self.functions))
        arguments, keys = aggregates.arranged(inner.name, arguments)
        order = (*order, *map(SortKey, keys))
        operands = (*arguments, *(key.expression for key in order))
        with _blamed(operands, span):
            if inner.name.upper() == "PERCENTILE" and not order:
                raise FunctionError(
                    f"PERCENTILE takes two arguments, a value and a fraction; {here(len(arguments))}",
                    notes=("for example PERCENTILE(x, 0.9)",),
                )
            signatures.check(
                function,
                tuple(e.type for e in operands),
                over=False,
                keys=len(order),
                distinct=distinct,
                filtered=condition is not None,
            )
            signatures.check_constants(function, arguments)
            if function in HYPOTHETICAL:
                arguments, order = _comparable(function, arguments[0], order[0])
        bound = Aggregation(function, arguments, distinct, condition, order, span=span)
        return self._column(Named(self._name(function), bound), self.aggregates)

    def _unwrapped(
        self, call: exp.Expression, binder: Binder, rows: Binder
    ) -> tuple[exp.Expression, Expression | None, tuple[SortKey, ...]]:
        """The call itself, its FILTER, bound by ``rows``, and its WITHIN GROUP."""
        condition: Expression | None = None
        order: tuple[SortKey, ...] = ()
        inner = call
        while isinstance(inner, exp.Filter | exp.WithinGroup):
            if isinstance(inner, exp.Filter):
                condition = rows.condition(inner.expression.this)
            else:
                order = sort_keys(inner.expression, binder)
            inner = inner.this
        return inner, condition, order

    def _arguments(self, call: exp.Expression, binder: Binder) -> tuple[tuple[Expression, ...], bool]:
        written = call.expressions
        if written and isinstance(written[0], exp.Distinct):
            return tuple(map(binder.bind, written[0].expressions)), True
        if [type(e) for e in written] == [exp.Star]:
            if call.name.upper() != "COUNT":
                raise query_error("ZKQL0218", f"{call.name.upper()} takes a column, not *", span_of(call))
            return (), False
        if not written and call.name.upper() == "COUNT":
            raise query_error("ZKQL0218", "COUNT takes a column or *", span_of(call), "write COUNT(*)")
        return tuple(map(binder.bind, written)), False

    # --- OVER ---

    def over(self, call: exp.Window) -> Expression:
        """``function(…) OVER (…)``; its arguments may be aggregates of the same SELECT."""
        span = span_of(call)
        hint, self.hint = self.hint, None  # not for aggregates inside
        binder = Binder(self.relation, NoOver(self, "OVER"), self.functions)
        inner, condition, order_within = self._unwrapped(call.this, binder, binder)
        function = aggregates.lookup(inner.name)
        if function is None or order_within:
            note = "OVER follows aggregates, and functions such as ROW_NUMBER and LAG"
            if function in HYPOTHETICAL:
                note = "OVER (ORDER BY x) ranks each row, WITHIN GROUP (ORDER BY x) a value among them"
            raise query_error("ZKQL0245", f"{inner.name.upper()} cannot stand before OVER", span, note)
        arguments, distinct = self._arguments(inner, binder)
        partition = tuple(map(binder.bind, call.args.get("partition_by") or ()))
        written_order = call.args.get("order")
        order = sort_keys(written_order, binder) if written_order is not None else ()
        spec = call.args.get("spec")
        with _blamed(arguments, span):
            types = tuple(a.type for a in arguments)
            signatures.check(
                function,
                types,
                over=True,
                distinct=distinct,
                filtered=condition is not None,
                ordered=bool(order),
                framed=spec is not None,
            )
            signatures.check_constants(function, arguments)
            arguments = _with_fitting_default(function, arguments)
            wanted = aggregates.coerced(function, tuple(a.type for a in arguments))
            arguments = tuple(
                a if a.type == kind else scalars.call("CAST", (a,), a.span, to=kind)
                for a, kind in zip(arguments, wanted, strict=True)
            )
        frame = _frame(spec, order) if function.takes_frame else None
        bound = Analytic(function, arguments, partition, order, frame, condition, distinct, span=span)
        self.hint = hint
        return self._column(Named(self._name(function), bound), self.overs)

    # --- group windows ---

    def window_bound(self, call: exp.Anonymous) -> Expression | None:
        """TUMBLE_START(…) and its like: the column of the group window."""
        if self.window == NOTHING and call.name.upper().partition("_")[0] in WindowKind.__members__:
            raise AlreadyReported
        found = group_window_bound(call, self.relation)
        if found is None:
            return None
        wanted, bound = found
        if not isinstance(self.window, GroupWindow) or (wanted.kind, wanted.time.column, wanted.lengths) != (
            self.window.kind,
            self.window.time.column,
            self.window.lengths,
        ):
            raise query_error(
                "ZKQL0247",
                "this is the bound of a window that GROUP BY does not have",
                span_of(call),
                f"GROUP BY {call.name.upper().partition('_')[0]}(…) with the same arguments",
            )
        return replace(self.bounds[bound], span=span_of(call))

    # --- both ---

    def _name(self, function: Function) -> str:
        taken = {c.name for c in self.relation.node.columns} | set(self.keys)
        taken |= {n.name for n in (*self.aggregates, *self.overs)}
        name, self.hint = self.hint or function.lower(), None
        return unique(name, taken)

    def _column(self, named: Named, found: list[Named]) -> Expression:
        for known in found:
            if known.call == named.call:
                named = known
                break
        else:
            found.append(named)
        column = made(named, hidden=False)
        return Column(column.name, column.type, column.private, column.nullable, span=named.call.span)


@dataclass(frozen=True, slots=True)
class NoOver:
    """Inside OVER, and in HAVING: aggregates of the same SELECT may stand here, OVER may not."""

    outer: SelectCalls
    where: str

    def aggregate(self, call: exp.Expression, function: Function) -> Expression:
        return self.outer.aggregate(call, function)

    def over(self, call: exp.Window) -> Expression:
        raise query_error(
            "ZKQL0243", f"OVER cannot stand in {self.where}", span_of(call), "select it in a subquery first"
        )

    def window_bound(self, call: exp.Anonymous) -> Expression | None:
        return self.outer.window_bound(call)


@contextmanager
def _blamed(operands: tuple[Expression, ...], span: Span) -> Iterator[None]:
    """What a rule says about a call, at the operand that it blames."""
    try:
        yield
    except FunctionError as error:
        place = operands[error.operand].span if error.operand is not None else None
        raise query_error("ZKQL0213", error.message, place or span, *error.notes) from None


def _comparable(
    function: Function, value: Expression, key: SortKey
) -> tuple[tuple[Expression], tuple[SortKey]]:
    """The value of RANK(value) and its like as a constant that can be compared with the key."""
    if not isinstance(value, Literal):
        problem = f"the value that {function} compares must be a constant"
        if columns_of(value):
            raise FunctionError(problem, 0, ("OVER ranks the value of each row",))
        try:
            value = Literal(evaluate(value, {}), value.type, span=value.span)
        except EvaluationError as error:
            raise FunctionError(f"{problem}: {error}", 0) from None
    try:
        both = comparison.compare(Comparator.EQUAL, key.expression, value)
    except FunctionError as error:
        blamed = None if error.operand is None else 1 - error.operand  # the value is the first operand
        raise FunctionError(error.message, blamed, error.notes) from None
    return (both.right,), (replace(key, expression=both.left),)


def sort_keys(order: exp.Expression, binder: Binder) -> tuple[SortKey, ...]:
    """ORDER BY …; NULLs are smallest where the text does not say."""
    return tuple(sort_key(item, binder.bind(item.this)) for item in order.expressions)


def sort_key(item: exp.Expression, bound: Expression) -> SortKey:
    """One item of ORDER BY."""
    descending = bool(item.args.get("desc"))
    nulls = item.args.get("nulls_first")
    if bound.type.kind in (Kind.ARRAY, Kind.ROW):
        raise query_error("ZKQL0248", f"{bound.type} has no order", span_of(item), "order by what it holds")
    return SortKey(bound, descending, (not descending) if nulls is None else bool(nulls))


def result_key(item: exp.Expression, outputs: Sequence[Output], binder: Binder) -> SortKey:
    """One item of ORDER BY, which may be a column of the result."""
    written = bare(item.this)
    known = _output(written, outputs)
    return sort_key(item, known.expression if known is not None else binder.bind(written))


def _output(written: exp.Expression, outputs: Sequence[Output]) -> Output | None:
    """The result column that ORDER BY names, by its name or its number."""
    if isinstance(written, exp.Literal) and not written.is_string and written.this.isdigit():
        number = int(written.this[:6])
        if not 1 <= number <= len(outputs):
            raise query_error(
                "ZKQL0255",
                f"there is no result column {number}",
                span_of(written),
                f"there are {len(outputs)}",
            )
        return outputs[number - 1]
    if isinstance(written, exp.Column) and not written.table:
        return next((o for o in outputs if o.name == written.name), None)
    return None


def _frame(spec: exp.Expression | None, order: tuple[SortKey, ...]) -> Frame:
    """SQL's default: all rows without ORDER BY, else up to the current row and its peers."""
    if spec is None:
        return Frame(rows=False, start=None, end=0) if order else Frame(rows=True, start=None, end=None)
    rows = spec.args["kind"] == "ROWS"
    start = _offset(spec.args["start"], spec.args["start_side"], rows, order, spec)
    end = _offset(spec.args.get("end") or "CURRENT ROW", spec.args.get("end_side"), rows, order, spec)
    starts_late = spec.args["start"] == "UNBOUNDED" and spec.args["start_side"] == "FOLLOWING"
    ends_early = spec.args.get("end") == "UNBOUNDED" and spec.args.get("end_side") == "PRECEDING"
    if starts_late or ends_early or (start is not None and end is not None and start > end):
        raise query_error("ZKQL0246", "the frame ends before it starts", span_of(spec))
    return Frame(rows, start, end)


def _offset(
    written: object, side: object, rows: bool, order: tuple[SortKey, ...], spec: exp.Expression
) -> int | None:
    if written == "UNBOUNDED":
        return None
    if written == "CURRENT ROW":
        return 0
    assert isinstance(written, exp.Expression)
    sign = -1 if side == "PRECEDING" else 1
    value = bare(written)
    if isinstance(value, exp.Interval) and not rows:
        if [k.expression.type.kind for k in order] != [Kind.TIMESTAMP]:
            raise query_error(
                "ZKQL0246",
                "an interval counts from one TIMESTAMP(3)",
                span_of(spec),
                "ORDER BY the event time",
            )
        return sign * milliseconds(value.meta["interval"])
    if not (isinstance(value, exp.Literal) and not value.is_string and value.this.isdigit()):
        raise query_error(
            "ZKQL0246", "a frame counts in whole numbers", span_of(written), "for example ROWS 10 PRECEDING"
        )
    if not rows and (len(order) != 1 or not order[0].expression.type.is_numeric):
        raise query_error("ZKQL0246", "RANGE counts from one number or TIMESTAMP(3)", span_of(spec))
    scale = 0 if rows else order[0].expression.type.scale
    return sign * int(value.this[:18]) * int(10**scale)


def _with_fitting_default(function: Function, arguments: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """A text that LAG or LEAD gives where there is no row has the length of the column, if it fits."""
    if function not in aggregates.OFFSETS or len(arguments) < 3:
        return arguments
    value, offset, default = arguments
    text = default.value if isinstance(default, Literal) else None
    if isinstance(text, str) and value.type.kind is Kind.VARCHAR and len(text) <= value.type.precision:
        return value, offset, Literal(text, value.type, span=default.span)
    return arguments
