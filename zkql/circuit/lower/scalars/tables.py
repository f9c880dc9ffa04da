"""The partner of a row in a table of constants (:mod:`zkql.plan.functions.tables`): once for all columns
of it that a circuit reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.constants import operand_of
from zkql.circuit.lower.integers import both
from zkql.circuit.lower.joins import ConstantTable, join
from zkql.circuit.lower.lookups import Joined
from zkql.circuit.lower.refusals import NoCircuit
from zkql.circuit.lower.scalars.base import Lowerings
from zkql.circuit.lower.text import aligned, varchar
from zkql.circuit.lower.truth import always_null, known, null_unless
from zkql.circuit.wires import Linear, constant
from zkql.plan.expressions import Literal
from zkql.plan.functions.tables import LOOK_UP, default_of, table_of
from zkql.plan.types import Kind, SqlType, Value

if TYPE_CHECKING:
    from zkql.circuit.lower.scope import Scope
    from zkql.plan.expressions import Call


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table: its codes, and 0 in ``given`` where it is NULL."""

    kind: SqlType
    codes: tuple[int, ...]
    given: tuple[int, ...]

    @property
    def parts(self) -> tuple[tuple[int, ...], ...]:
        """What is not the same in every row."""
        return tuple(dict.fromkeys(part for part in (self.codes, self.given) if len(set(part)) > 1))


def _look_up(scope: Scope, call: Call) -> Operand:
    key, keys, _ = table_of(call)
    operand = scope.operand(key)
    positions = _positions(operand, key.type, keys)
    if not positions or known(operand) == constant(0):
        return always_null(call.type) if call.nullable else operand_of(Literal(default_of(call), call.type))
    columns = {c: _column(c, tuple(positions.values())) for c in scope.beside(call)}
    parts = tuple(dict.fromkeys(part for column in columns.values() for part in column.parts))
    joined = _joined(scope, operand, ConstantTable(tuple(positions), parts))
    by_part = dict(zip(parts, joined.payload, strict=True))

    def found(part: tuple[int, ...]) -> Linear:
        return by_part[part] if part in by_part else constant(part[0])

    own = columns[call]
    if not call.nullable:
        return Operand(found(own.codes), None, own.kind)
    given = both(scope.draft, joined.matched, found(own.given))
    return Operand(found(own.codes), null_unless(given), own.kind)


def _positions(operand: Operand, kind: SqlType, keys: tuple[Value, ...]) -> dict[int, int]:
    """Where in the table each code is that the operand can be."""
    found = {}
    for position, key in enumerate(keys):
        try:
            written = operand_of(Literal(key, kind))
        except NoCircuit:
            continue  # no private column has such a text
        code = written.value.constant
        if isinstance(key, str):
            longer, (aligned_code, _) = aligned((written, operand))
            code = aligned_code.constant
            if longer.precision > operand.type.precision:
                continue
        if operand.value.low <= code <= operand.value.high:
            found[code] = position
    return found


def _column(call: Call, positions: tuple[int, ...]) -> _Column:
    _, _, values = table_of(call)
    wanted = [values[position] for position in positions]
    written = [operand_of(Literal(value, call.type)) for value in wanted if value is not None]
    kind, codes = call.type, [operand.value.constant for operand in written]
    if kind.kind is Kind.VARCHAR:
        kind, aligned_codes = aligned(written) if written else (varchar(1), ())
        codes = [code.constant for code in aligned_codes]
    least = min(codes, default=0)
    rest = iter(codes)
    return _Column(
        kind,
        tuple(least if value is None else next(rest) for value in wanted),
        tuple(int(value is not None) for value in wanted),
    )


def _joined(scope: Scope, key: Operand, table: ConstantTable) -> Joined:
    if not key.value.is_constant:
        return join(scope.draft, key.value, key.null, table)
    code = key.value.constant
    if code not in table.keys:
        return Joined(constant(0), tuple(constant(column[0]) for column in table.columns))
    position = table.keys.index(code)
    row = tuple(constant(column[position]) for column in table.columns)
    return Joined(known(key), row)


LOWERINGS: Lowerings = {LOOK_UP.name: _look_up}
