"""Which gadgets a plan needs, in the order of ``main``. In: a staged plan. Out: a finished draft.

context, opening, the rows that are selected, groups, then the results. The compiler writes them out
as source; the processor asks each for its advice.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from zkql.circuit import opened
from zkql.circuit.catalogue import entry_of
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.base import Origin, Part, one_line
from zkql.circuit.gadgets.rows import Context, Unread, identifier
from zkql.circuit.listing import reveal_rows
from zkql.circuit.lists import items_of, makes_list
from zkql.circuit.lower.answer import Answer, ListAnswer, Operand
from zkql.circuit.lower.expressions import Scope, holds, lower
from zkql.circuit.lower.groups import grouped
from zkql.circuit.lower.refusals import WideExpression
from zkql.circuit.lower.selection import Selection
from zkql.circuit.statement import (
    key_bits,
    parameters,
    result_name,
    shown_bounds,
    shown_name,
    shown_null_name,
)
from zkql.circuit.wires import WIDEST, TooWide
from zkql.crypto.commitment import layout
from zkql.crypto.field import P
from zkql.errors import Diagnostic, Label, QueryError
from zkql.plan.codes import CHARACTER_BITS
from zkql.plan.expressions import Call, Column, Expression, calls_of, columns_of, is_private, render
from zkql.plan.functions.aggregates import Function
from zkql.plan.functions.tables import LOOK_UP
from zkql.plan.rewrites.failing import may_be_an_error
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zkql.errors import Span
    from zkql.plan.calls import Aggregation
    from zkql.plan.schema import ColumnSchema
    from zkql.plan.stages import CircuitPlan, Listing, StagedPlan


def assemble(plan: StagedPlan, circuit: CircuitPlan) -> Draft:
    """The circuit of a stage. Raises :class:`QueryError` where numbers would outgrow the field or their
    type."""
    draft = _Assembly(plan, circuit, plan.stream.private_columns, frozenset()).run()
    if circuit.chains:
        return draft
    # A column that only counts, since it never is NULL, need not leave the opening.
    used = draft.used
    columns = tuple(c for c in plan.stream.private_columns if not used.isdisjoint(_wires(plan, c)))
    unread = frozenset(wire for c in columns for wire in _wires(plan, c)) - used
    return _Assembly(plan, circuit, columns, unread).run()


def _wires(plan: StagedPlan, column: ColumnSchema) -> tuple[str, ...]:
    """What the opening may give of a column: values, flags of NULL, bits."""
    name = identifier(plan.stream, column.name)
    return name, f"{name}_null", f"{name}_bits"


class _Assembly:
    """One draft, step by step."""

    def __init__(
        self,
        plan: StagedPlan,
        circuit: CircuitPlan,
        columns: tuple[ColumnSchema, ...],
        unread: frozenset[str],
    ) -> None:
        self.plan, self.circuit = plan, circuit
        self.columns = {c.name for c in columns}
        self.unread = unread
        self.draft = Draft(circuit.capacity)
        self.whole = Origin("the whole query")
        self.presence = Origin("whether any row counts", None, Part.ROWS)

    def run(self) -> Draft:
        draft, circuit = self.draft, self.circuit
        context = draft.public("context", (), 0, P - 1)
        evidence = opened.given(draft, circuit)
        known = dict(self._shown())
        draft.context = context.linear
        with draft.at(self.whole):
            draft.put(Context, "bind_context", context.linear)
        wanted = {c.name for e in self._expressions() for c in columns_of(e)} & self.columns
        every, columns = evidence(self.plan, wanted, self._anchors(), self.unread)
        with draft.at(self.presence):
            _ = every.any  # shared by all that may be NULL; left out where nothing is
        guard = None
        if any(map(may_be_an_error, self._expressions())):  # evaluated on rows of the window only
            guard = every.any if every.selects_all else every.mask
        selection, scope = self._select(every, Scope(draft, columns, known, guard, self._lookups()))
        for index in circuit.calls:
            call = self.plan.calls[index]
            with (
                draft.at(Origin(one_line(str(call)), call.span, Part.RESULT)),
                _fitting(str(call), call.span),
            ):
                self._answer(index, call, selection, scope)
        if circuit.listing is not None:
            self._list(circuit.listing, selection, scope)
        draft.prune()
        self._bind_unread()
        order = [(p.name, p.dims) for p in parameters(self.plan, circuit)]
        made = [*draft.given, *(p for g in draft.gadgets for p in g.parameters if p.public)]
        assert [(p.name, p.dims) for p in made] == order, (
            "the statement and the circuit have other public inputs"
        )
        return draft

    def _bind_unread(self) -> None:
        """A condition that never holds makes results of no rows: then public inputs are left over."""
        used = self.draft.used
        for wire in self.draft.publics:
            if wire.name not in used:
                with self.draft.at(self.whole):
                    self.draft.put(Unread, "unread", wire.linear)

    # --- what is given ---

    def _shown(self) -> Iterator[tuple[Expression, Operand]]:
        slots = (self.circuit.capacity,)
        for index, shown in enumerate(self.circuit.shown):
            value = self.draft.public(shown_name(index), slots, *shown_bounds(shown)).linear
            null = None
            if shown.nullable:
                null = self.draft.public(shown_null_name(index), slots, 0, 1).linear
            yield shown, Operand(value, null, shown.type)

    def _expressions(self) -> Iterator[Expression]:
        circuit = self.circuit
        if circuit.predicate is not None:
            yield circuit.predicate
        yield from (key.expression for key in circuit.keys)
        for index in circuit.calls:
            yield from self.plan.calls[index].expressions
        if circuit.listing is not None:
            yield from circuit.listing.expressions

    def _lookups(self) -> tuple[Call, ...]:
        """What is looked up by a private key."""
        found = (call for e in self._expressions() for call in calls_of(e))
        return tuple(dict.fromkeys(c for c in found if c.function == LOOK_UP.name and is_private(c)))

    def _anchors(self) -> dict[str, bool]:
        """Columns whose range check and whose MIN or MAX are one: where all rows count, and the column is
        never NULL and has a field element of the commitment to itself."""
        circuit, stream = self.circuit, self.plan.stream
        found: dict[str, bool] = {}
        if circuit.hides_rows or circuit.is_counted:
            return found
        alone = {e.columns[0].name for e in layout(stream) if len(e.columns) == 1}
        for index in circuit.calls:
            call = self.plan.calls[index]
            argument = call.argument
            if call.function not in (Function.MIN, Function.MAX) or not isinstance(argument, Column):
                continue
            plain = call.filter is None and not argument.nullable and argument.type.is_bounded
            if plain and argument.name in alone:
                found.setdefault(argument.name, call.function is Function.MAX)
        return found

    # --- which rows count ---

    def _select(self, rows: Selection, scope: Scope) -> tuple[Selection, Scope]:
        """The rows that count, and the scope of what is evaluated on them."""
        circuit, draft = self.circuit, self.draft
        selection = rows
        if circuit.predicate is not None:
            span = circuit.predicate.span
            with draft.at(Origin("WHERE", span, Part.WHERE)), _fitting("WHERE", span):
                kept = holds(circuit.predicate, scope)
                selection, scope = rows.narrowed(kept), scope.narrowed(kept)
                self._reveal_presence(selection)
        elif circuit.hides_rows:
            with draft.at(self.presence):
                self._reveal_presence(selection)
        if circuit.keys:
            clause = ", ".join(one_line(render(key.expression)) for key in circuit.keys)
            span = circuit.keys[0].span
            with draft.at(Origin(f"GROUP BY {clause}", span, Part.GROUP)), _fitting("GROUP BY", span):
                keys = tuple(self._operand(key.expression, scope) for key in circuit.keys)
                selection = grouped(selection, keys, circuit.groups, key_bits(circuit))
        return selection, scope

    def _reveal_presence(self, selection: Selection) -> None:
        if not self.circuit.is_counted:
            self.draft.reveal("present", selection.any)

    def _operand(self, expression: Expression, scope: Scope) -> Operand:
        """An operand in the form of its type: text as long as that says."""
        operand = lower(expression, scope)
        if not _is_text(expression) or not expression.type.precision:  # a constant has no length of its own
            return operand
        missing = expression.type.precision - operand.type.precision
        return replace(operand, value=operand.value * (1 << CHARACTER_BITS * missing), type=expression.type)

    # --- results ---

    def _answer(self, index: int, call: Aggregation, selection: Selection, scope: Scope) -> None:
        seen = selection
        if call.filter is not None:
            kept = holds(call.filter, scope)
            seen, scope = seen.narrowed(kept), scope.narrowed(kept)
        read = (*call.arguments, *(key.expression for key in call.order))
        operands = tuple(self._operand(e, scope) for e in read)
        entry = entry_of(call)
        assert entry is not None, call
        if not entry.sees_null:
            for operand in operands:
                if operand.null is not None:
                    seen = seen.narrowed(1 - operand.null)
        answer = entry.lower(seen, call, operands)
        if call.function is Function.SUM and isinstance(answer, Answer):
            self._check_sum(call, answer)
        self._reveal(index, call, answer, selection)

    def _list(self, listing: Listing, selection: Selection, scope: Scope) -> None:
        span = next((call.span for call in listing.analytics), None)
        clause = one_line(f"rows in order of {', '.join(map(str, listing.order))}")
        with self.draft.at(Origin(clause, span, Part.RESULT)), _fitting(clause, span):
            reveal_rows(listing, selection, lambda expression: self._operand(expression, scope))

    def _check_sum(self, call: Aggregation, answer: Answer) -> None:
        low, high = call.type.bounds
        if answer.value.low < low or answer.value.high > high:
            raise _refusal(
                "ZKQL0309",
                f"{call} over {self.circuit.capacity} rows can leave {call.type}",
                call.span,
                "nearest provable form: a smaller DECIMAL precision, or a smaller 'capacity'",
            )

    def _reveal(
        self, index: int, call: Aggregation, answer: Answer | ListAnswer, selection: Selection
    ) -> None:
        draft, name = self.draft, result_name(index)
        size = (self.circuit.most,) if self.circuit.is_counted else ()
        if isinstance(answer, ListAnswer):
            assert makes_list(call)
            most = items_of(call, self.circuit.capacity)
            draft.reveal(f"{name}_length", answer.length, size=size)
            draft.reveal_items(f"{name}_items", answer.items, answer.length, size, most)
            return
        known = answer.known if call.nullable else None
        if call.nullable:
            assert known is not None, call
            if self.circuit.keys and not known.dims:  # a constant, also in groups that there are not
                known = draft.multiply(known, selection.any)
            draft.reveal(f"{name}_known", known, size=size)
        elif self.circuit.keys:
            known = selection.any  # the verifier has 0 for groups that there are not
        draft.reveal(name, answer.value, known, size)


@contextmanager
def _fitting(what: str, span: Span | None) -> Iterator[None]:
    """Numbers that are too wide inside are an error of the expression that makes them, or of ``what``."""
    try:
        yield
    except TooWide as wide:
        inner = wide.expression.span if isinstance(wide, WideExpression) else None
        raise _refusal(
            "ZKQL0311",
            f"{wide.what if inner else what} needs {wide.bits} bits, and a circuit has {WIDEST}",
            inner or span,
            "nearest provable form: columns and constants of smaller precision and closer scales",
        ) from None


def _refusal(code: str, message: str, span: Span | None, note: str) -> QueryError:
    return QueryError((Diagnostic(code, message, (Label(span),) if span else (), (note,)),))


def _is_text(expression: Expression) -> bool:
    return expression.type.kind is Kind.VARCHAR
