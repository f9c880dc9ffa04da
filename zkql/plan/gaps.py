"""What has no circuit yet in a plan of the right shape, and which public values a circuit is shown.

In: the shape of a plan (:mod:`zkql.plan.cut` finds it). Out: diagnostics, none where all of it can be
proven.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.catalogue import entry_of
from zkql.circuit.lower.expressions import support
from zkql.errors import Diagnostic, Label
from zkql.plan.calls import Aggregation, Analytic
from zkql.plan.codes import MAX_CHARACTERS, has_code
from zkql.plan.expressions import (
    Call,
    Column,
    Expression,
    Literal,
    as_written,
    children,
    columns_of,
    conjuncts,
    is_private,
)
from zkql.plan.lineage import bounds
from zkql.plan.rewrites.failing import advice, may_be_an_error
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zkql.errors import Span
    from zkql.plan.nodes import Aggregate, Filter, Project, Window
    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import SqlType

THIS_VERSION = "this version proves aggregates over TUMBLE windows of one stream (zkql functions)"


_CAST = f"nearest provable form: CAST(… AS VARCHAR(n)), with n from 1 to {MAX_CHARACTERS}"
_CIRCUITS_HAVE = "circuits have arithmetic, comparisons, CASE, COALESCE, casts, EXTRACT, LIKE 'prefix%'"


@dataclass(frozen=True, slots=True)
class Shape:
    """The one shape that has a circuit, top down."""

    project: Project | None
    having: tuple[Filter, ...]
    aggregate: Aggregate
    filters: tuple[Filter, ...]
    window: Window
    stream: StreamSchema


def planned(what: str, span: Span | None, *notes: str) -> Diagnostic:
    """The refusal of what could be proven, and has no circuit yet; ``what`` ends in "has" or "have"."""
    labels = () if span is None else (Label(span),)
    return Diagnostic(
        "ZKQL0301",
        f"{what} no circuit yet",
        labels,
        notes or ("it is planned; docs/sql.md has what is proven in this version",),
    )


def gaps(shape: Shape, declared: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """Everything that has no circuit yet. ``declared`` says where the stream's columns stand."""
    yield from in_stream(shape.stream, declared)
    yield from _in_bounds(shape)
    yield from _in_keys(shape)
    yield from _in_errors(shape)
    for filter_ in shape.filters:
        for part in filter(is_private, conjuncts(filter_.predicate)):
            yield from in_expression(part)
    hidden = any(is_private(f.predicate) for f in shape.filters)
    grouped = any(is_private(k.expression) for k in shape.aggregate.keys)
    for named in shape.aggregate.calls:
        assert isinstance(named.call, Aggregation)
        yield from _in_call(named.call, hidden=hidden or grouped)
    yield from _in_result(shape, grouped=grouped)


def of_window(condition: Expression, window: Window) -> bool:
    """Whether a condition asks about the window alone: then whole windows are left out."""
    read = {c.name for c in columns_of(condition)}
    return bool(read) and read <= set(window.names)


def shown_parts(expression: Expression) -> tuple[Expression, ...]:
    """The largest public parts of what a circuit evaluates that always have a value: the verifier evaluates
    them, and puts the values in. Constants need no showing."""
    if isinstance(expression, Literal):
        return ()
    if not is_private(expression):
        constant = not columns_of(expression)
        if not constant and has_code(expression.type) and not may_be_an_error(expression):
            return (expression,)
    return tuple(dict.fromkeys(part for inner in children(expression) for part in shown_parts(inner)))


# --- columns and keys -------------------------------------------------------------------------------


def in_stream(stream: StreamSchema, declared: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """Columns that have no circuit yet."""
    for column in stream.columns:
        span = declared[column.name]
        if not _is_scalar(column.type):
            yield planned(
                f"{column.type} in a stream has", span, "nearest provable form: a column for each field"
            )
        elif column.private and not has_code(column.type):
            yield Diagnostic(
                "ZKQL0308",
                f"private {column.type} has no circuit yet",
                (Label(span),),
                (
                    "nearest provable form: VARCHAR(11) or shorter, or declare it PUBLIC"
                    if column.type.kind is Kind.VARCHAR
                    else "nearest provable form: declare it PUBLIC, or leave the column out of the stream",
                ),
            )


def _in_bounds(shape: Shape) -> Iterator[Diagnostic]:
    for name, (_, bound) in bounds(shape.window).items():
        read = [p for f in shape.filters for p in conjuncts(f.predicate) if not of_window(p, shape.window)]
        read += [e for c in shape.aggregate.calls for e in c.call.expressions]
        read += [k.expression for k in shape.aggregate.keys if not isinstance(k.expression, Column)]
        for expression in read:
            if name in {c.name for c in columns_of(expression)}:
                yield planned(
                    f"{bound} beside columns, in a key or in an aggregate has",
                    expression.span,
                    "nearest provable form: compute with it in the SELECT list",
                )


def _in_keys(shape: Shape) -> Iterator[Diagnostic]:
    for key in shape.aggregate.keys:
        kind = key.expression.type
        if is_private(key.expression):
            if not has_code(kind):
                yield without_code(f"grouping by a private {kind} has", key.expression, key.span)
            else:
                yield from in_expression(key.expression)
        elif not _is_scalar(kind):
            yield planned(
                f"grouping by {kind} has",
                key.span,
                "nearest provable form: group by what it holds, in columns of their own",
            )


# --- expressions ------------------------------------------------------------------------------------


def _in_errors(shape: Shape) -> Iterator[Diagnostic]:
    """What is public is evaluated natively on every row, also on those that a private condition before it
    leaves out: there it must not be an error."""
    parts = [p for f in shape.filters for p in conjuncts(f.predicate)]
    first = next((i for i, p in enumerate(parts) if is_private(p)), None)
    if first is None:
        return
    public = [*parts[first:], *(k.expression for k in shape.aggregate.keys)]
    for expression in public:
        if not is_private(expression) and may_be_an_error(expression):
            yield may_fail_beside(expression, "a private condition", expression.span)


def may_fail_beside(expression: Expression, what: str, span: Span | None) -> Diagnostic:
    """The refusal of a public expression that may be an error on rows which something private leaves out."""
    return planned(
        f"{as_written(expression)}, which may be an error, beside {what} has",
        span,
        f"nearest provable form: what always has a value: {advice(expression)}",
    )


def in_expression(expression: Expression) -> Iterator[Diagnostic]:
    """What the circuit has to evaluate and cannot."""
    refusal = support(expression, shown_parts(expression))
    if refusal is None:
        return
    part = refusal.expression
    if isinstance(part, Column) and part.type.kind is Kind.VARCHAR:
        span = part.span or expression.span
        yield planned(f"{as_written(part)}, {part.type}, beside private columns has", span, _shorter(part))
    else:
        yield planned(
            f"{as_written(refusal.expression)} over private columns has",
            refusal.expression.span or expression.span,
            refusal.reason,
            _CIRCUITS_HAVE,
        )


def in_value(call: Aggregation | Analytic) -> Iterator[Diagnostic]:
    """What a call gives of a constant text, which has no length. Else an argument is refused."""
    kind = call.type.element if call.type.kind is Kind.ARRAY else call.type
    if not has_code(kind) and all(isinstance(e, Literal) or has_code(e.type) for e in call.arguments):
        yield planned(f"{call.function} of {kind} has", call.span, _CAST)


def without_code(what: str, expression: Expression, span: Span | None) -> Diagnostic:
    """The refusal of an expression of a type whose values do not stand in circuits: what in it has no
    circuit, or else what to write instead."""
    refusal = support(expression, shown_parts(expression))
    if isinstance(expression, Column) or refusal is None or isinstance(refusal.expression, Column):
        return planned(what, span, *_instead(expression))
    return planned(what, span, f"{as_written(refusal.expression)}: {refusal.reason}", _CIRCUITS_HAVE)


def _instead(expression: Expression) -> tuple[str, ...]:
    kind = expression.type.kind
    if kind is Kind.INTERVAL:
        return ("nearest provable form: TIMESTAMPDIFF(SECOND, start, end), a number",)
    if kind is not Kind.VARCHAR:
        return ()
    long = [c for c in columns_of(expression) if c.type.kind is Kind.VARCHAR and not has_code(c.type)]
    if long:
        return (_shorter(long[0]),)
    return (_CAST,)


def _shorter(column: Column) -> str:
    text = f"VARCHAR({MAX_CHARACTERS})"
    cast = f"TRY_CAST({column.name} AS {text}), which is NULL for a longer text"
    return f"nearest provable form: declare {column.name} {text} or shorter, or write {cast}"


def _in_call(call: Aggregation, *, hidden: bool) -> Iterator[Diagnostic]:
    if not hidden and not any(map(is_private, call.expressions)):
        if not _is_scalar(call.type) and not (call.type.kind is Kind.ARRAY and _is_scalar(call.type.element)):
            yield planned(f"{call.type} as a result has", call.span)
        return
    if entry_of(call) is None:
        what = f"{call.function}(DISTINCT …)" if call.distinct else str(call.function)
        yield planned(f"{what} of private rows has", call.span)
        return
    for expression in call.expressions:
        if not isinstance(expression, Literal) and not has_code(expression.type):
            yield without_code(f"{call.function} of {expression.type} has", expression, call.span)
        else:
            yield from in_expression(expression)
    yield from in_value(call)


def _in_result(shape: Shape, *, grouped: bool) -> Iterator[Diagnostic]:
    for having in shape.having:
        if grouped or is_private(having.predicate):
            yield planned(
                "HAVING over private aggregates has",
                having.span,
                "nearest provable form: select the aggregate, and let the consumer choose",
            )
    private = {c.name for c in shape.aggregate.columns if c.private}
    keys = {k.name for k in shape.aggregate.keys}
    for output in shape.project.outputs if shape.project else ():
        if not _is_derived(output.expression, private):
            continue
        read = {c.name for c in columns_of(output.expression)}
        if read & private <= keys:
            yield planned(
                f"computing with private keys ({as_written(output.expression)}) has",
                output.span,
                "nearest provable form: select the key itself"
                + (", or GROUP BY the whole expression" if support(output.expression, ()) is None else ""),
            )
        else:
            yield planned(
                f"computing with private aggregates ({as_written(output.expression)}) has",
                output.span,
                "nearest provable form: select the aggregates themselves",
            )


def _is_derived(expression: Expression, private: set[str]) -> bool:
    """Whether it shows less than the private aggregates it reads: then these must not be revealed."""
    if isinstance(expression, Column):
        return False
    if isinstance(expression, Call) and expression.function == "CAST":
        (operand,) = expression.operands
        keeps = operand.type.is_numeric and expression.type.is_numeric
        if keeps and expression.type.scale >= operand.type.scale:
            return _is_derived(operand, private)
    return any(c.name in private for c in columns_of(expression))


def _is_scalar(kind: SqlType) -> bool:
    """Whether values can stand in rows and envelopes."""
    return (kind.is_bounded and kind.kind is not Kind.INTERVAL) or kind.kind is Kind.VARCHAR
