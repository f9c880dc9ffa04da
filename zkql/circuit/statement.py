"""The public inputs of a circuit: all of them, in order, derived and never read from a proof.

Processor and verifier call the same function. In: the plan, the circumstances of the proof, the evidence of
its rows, the claimed results. Out: field elements.

order: context · of the evidence what is given (:mod:`zkql.circuit.evidence`) · each shown value of each slot,
and whether it is NULL · the packed key of each group · of the evidence what is computed · whether there is
such a group, or whether any row counts · each result, a value a group; of an ARRAY the length, then all items
that it could have, 0 where it has none

The context is a digest of the circumstances and of all other public inputs. So it is fixed after rows and
results, and a challenge that a circuit derives from it is bound to both.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from zkql.circuit import evidence
from zkql.circuit.evidence import StatementError
from zkql.circuit.gadgets.base import Parameter
from zkql.circuit.lists import items_of, makes_list
from zkql.crypto.encoding import digest
from zkql.crypto.field import to_field
from zkql.plan import codes
from zkql.plan.bounds import bounds_of
from zkql.plan.scalar import EvaluationError, evaluate
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.circuit.evidence import Evidence
    from zkql.plan.expressions import Expression
    from zkql.plan.stages import Cell, CircuitPlan, Result, StagedPlan
    from zkql.plan.types import SqlType, Value

_CONTEXT_BITS = 248
UNUSED_KEY = -1
"""The packed key of a group that there is not: no row's key."""


def parameters(plan: StagedPlan, circuit: CircuitPlan) -> tuple[Parameter, ...]:
    """Every public input, in order."""
    return tuple(Parameter(name, dims, public=True) for name, dims in _named(plan, circuit))


def _named(plan: StagedPlan, circuit: CircuitPlan) -> Iterator[tuple[str, tuple[int, ...]]]:
    slots, dims = (circuit.capacity,), (circuit.most,) if circuit.is_counted else ()
    yield "context", ()
    yield from evidence.given_names(circuit)
    for index, shown in enumerate(circuit.shown):
        yield shown_name(index), slots
        if shown.nullable:
            yield shown_null_name(index), slots
    if circuit.keys:
        yield "key", dims
    yield from evidence.made_names(circuit)
    if circuit.is_counted:
        yield "used", dims
    elif circuit.hides_rows:
        yield "present", ()
    for index, cell in enumerate(circuit.listing.cells if circuit.listing else ()):
        if cell.nullable:
            yield f"{result_name(index)}_known", dims
        yield result_name(index), dims
    for index in circuit.calls:
        call = plan.calls[index]
        if makes_list(call):
            yield f"{result_name(index)}_length", dims
            yield f"{result_name(index)}_items", (*dims, items_of(call, circuit.capacity))
        else:
            if call.nullable:
                yield f"{result_name(index)}_known", dims
            yield result_name(index), dims


def public_count(plan: StagedPlan, circuit: CircuitPlan) -> int:
    """How many public inputs the circuit has."""
    return sum(p.size for p in parameters(plan, circuit))


def public_inputs(
    plan: StagedPlan,
    circuit: CircuitPlan,
    circumstances: bytes,
    given: Evidence,
    present: bool,
    results: Sequence[Result],
) -> list[int]:
    """Every public input. Raises :class:`StatementError` where no honest processor could claim this, and
    :class:`EvaluationError` where a public expression has no value."""
    named = named_inputs(plan, circuit, circumstances, given, present, results)
    return [to_field(value) for p in parameters(plan, circuit) for value in named[p.name]]


def named_inputs(
    plan: StagedPlan,
    circuit: CircuitPlan,
    circumstances: bytes,
    given: Evidence,
    present: bool,
    results: Sequence[Result],
) -> dict[str, list[int]]:
    """The same by name, as integers."""
    if len(results) > circuit.most:
        raise StatementError(f"{len(results)} results do not fit a circuit of {circuit.most}")
    if not circuit.is_counted and len(results) != 1:
        raise StatementError(f"{len(results)} results where there is one")
    if not plan.hides_rows and present != given.shows_rows:
        raise StatementError("it is public whether there are rows")
    if circuit.is_counted and present != bool(results):
        raise StatementError("there are results exactly where there are rows that count")
    found = given.values(plan, circuit)
    for index, shown in enumerate(circuit.shown):
        values = [evaluate(shown, columns) for columns in given.columns]
        numbers, nulls = [_shown(shown, v) for v in values], [int(v is None) for v in values]
        found[shown_name(index)] = given.slots(circuit, numbers, _filler(shown))
        found[shown_null_name(index)] = given.slots(circuit, nulls, 0)
    found |= {"present": [int(present)]}
    packed = [group_key(circuit, result.key) for result in results]
    if circuit.keys and any(later <= earlier for earlier, later in pairwise(packed)):
        raise StatementError("its groups are not distinct and in order")
    unused = circuit.most - len(results)
    found["key"] = packed + [UNUSED_KEY] * unused
    found["used"] = [1] * len(results) + [0] * unused
    cells = range(len(plan.cells)) if circuit.listing else circuit.calls
    for index in cells:
        found |= _encoded(plan, circuit, index, [result.values[index] for result in results])
    wanted = [p for p in parameters(plan, circuit) if p.name != "context"]
    found["context"] = [_context(circumstances, [v for p in wanted for v in found[p.name]])]
    return {p.name: found[p.name] for p in parameters(plan, circuit)}


def _context(circumstances: bytes, others: list[int]) -> int:
    whole = digest("zkql/statement/v2", [circumstances, [to_field(v) for v in others]])
    return int.from_bytes(whole, "big") >> (8 * len(whole) - _CONTEXT_BITS)


def shown_bounds(shown: Expression) -> tuple[int, int]:
    """Smallest and largest number that stands in a circuit for a public value, whether or not it is NULL and
    there are rows."""
    if shown.type.kind is Kind.VARCHAR:
        return 0, (1 << codes.width(shown.type)) - 1
    return bounds_of(shown) or shown.type.bounds


def _filler(shown: Expression) -> int:
    """What stands for NULL, and where there is no row."""
    low, high = shown_bounds(shown)
    return min(max(low, 0), high)


def _shown(shown: Expression, value: Value | None) -> int:
    if value is None:
        if not shown.nullable:
            raise EvaluationError("a public value is NULL where it cannot be")
        return _filler(shown)
    number = circuit_value(shown.type, value)
    low, high = shown_bounds(shown)
    if not shown.type.contains(value) or not low <= number <= high:
        raise EvaluationError(f"a public value is outside {shown.type}")
    return number


def circuit_value(kind: SqlType, value: Value) -> int:
    """A value as wires hold it: text as its code, all else as it is. Raises :class:`EvaluationError`."""
    if kind.kind is Kind.VARCHAR:
        try:
            return codes.encode(kind, value)
        except ValueError as error:
            raise EvaluationError(str(error)) from None
    assert isinstance(value, int)
    return value


def group_key(circuit: CircuitPlan, key: Sequence[Value | None]) -> int:
    """The private keys of a group as one number: the first in the highest bits, each with a flag above its
    code if it may be NULL. Raises :class:`StatementError` for what is no key."""
    packed = 0
    for output, value in zip(circuit.keys, key, strict=True):
        kind = output.expression.type
        width = codes.width(kind)
        if value is None:
            if not output.expression.nullable:
                raise StatementError(f"{output.name} cannot be NULL")
            code = 1 << width
        else:
            try:
                code = codes.encode(kind, value)
            except (ValueError, AssertionError, TypeError) as error:
                raise StatementError(f"{output.name}: {error}") from None
        packed = packed << (width + output.expression.nullable) | code
    return packed


def key_bits(circuit: CircuitPlan) -> int:
    """Bits of :func:`group_key`."""
    return sum(codes.width(k.expression.type) + k.expression.nullable for k in circuit.keys)


def _encoded(
    plan: StagedPlan, circuit: CircuitPlan, index: int, values: list[Value | None]
) -> dict[str, list[int]]:
    """The claimed values of a call, one a group, as the circuit has them; 0 for NULL, and for groups that
    there are not."""
    cell, name = plan.cells[index], result_name(index)
    slots: list[Value | None] = [*values, *[None] * (circuit.most - len(values))]
    if cell.type.kind is Kind.ARRAY:
        most = items_of(plan.calls[index], circuit.capacity)
        lists = [_items(cell, value, most) for value in slots]
        return {
            f"{name}_length": [len(own) for own in lists],
            f"{name}_items": [item for own in lists for item in (*own, *[0] * (most - len(own)))],
        }
    for value in values:
        if value is None and not cell.nullable:
            raise StatementError(f"{cell.text} cannot be NULL")
    return {
        f"{name}_known": [int(value is not None) for value in slots],
        name: [0 if value is None else _scalar(cell.text, cell.type, value) for value in slots],
    }


def _items(cell: Cell, value: Value | None, most: int) -> list[int]:
    if value is None:
        return []
    if not isinstance(value, tuple) or not value or len(value) > most:
        raise StatementError(f"{cell.text} cannot be a list of that length")
    return [_scalar(cell.text, cell.type.element, item) for item in value]


def _scalar(call: str, kind: SqlType, value: Value | None) -> int:
    if type(value) is not (str if kind.kind is Kind.VARCHAR else int):
        raise StatementError(f"{call} cannot be {value!r}")
    if not kind.contains(value):
        raise StatementError(f"{call} is outside {kind}")
    try:
        return circuit_value(kind, value)
    except EvaluationError as error:
        raise StatementError(f"{call}: {error}") from None


def result_name(index: int) -> str:
    """The public input of a call's result."""
    return f"result_{index}"


def shown_name(index: int) -> str:
    """The public input of a shown value."""
    return f"shown_{index}"


def shown_null_name(index: int) -> str:
    """The public input that says of a shown value whether it is NULL."""
    return f"shown_{index}_null"
