"""Bits are checked once, where a commitment is opened; text functions, divisions by powers of two and bitwise
aggregates read them there.

The liar spells the committed number in other "bits", so that its parts are others: two less at one place and
one more at the next leave the sum as it is. Only the check that each bit is 0 or 1 stops that, and a circuit
without it accepts such a lie.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.forgeries import other_values, truncate
from tests.harness import STREAM, WINDOW, Row, Secrets, Subject, row
from zkql.circuit.gadgets.rows import Opening
from zkql.crypto.field import P
from zkql.plan.codes import encode_column
from zkql.toolchain.zokrates import compile_source

NAMED = STREAM.replace("  load ", "  name  VARCHAR(3),\n  since TIMESTAMP(3),\n  load ")
CALLS = {
    "name": ["MAX(LEFT(name, 1))", "MIN(SUBSTRING(name, 2, 1))", "MAX(CHAR_LENGTH(name))", "MIN(name)"],
    "temp": ["BIT_OR(temp)", "MAX(MOD(temp, 8))", "MIN(FLOOR(temp / 4.0))"],
    "since": ["MAX(SECOND(since))", "MIN(HOUR(since))"],
}
WORDS = ("abc", "b", "")


def rows() -> list[Row]:
    times = (-1, 1_767_225_661_234, 86_399_999)
    return [
        row(load, load % 7) | {"name": name, "since": since}
        for load, name, since in zip((505, -35, 9999), WORDS, times, strict=True)
    ]


def subject(column: str, only: int | None = None) -> Subject:
    calls = CALLS[column] if only is None else [CALLS[column][only]]
    outputs = ", ".join(f"{call} AS v{i}" for i, call in enumerate(calls))
    select = f"SELECT window_start, {outputs} {WINDOW} GROUP BY window_start, window_end"
    return Subject.compile(select, stream=NAMED)


def opening(subject: Subject) -> Opening:
    (found,) = (g for g in subject.circuit.gadgets if isinstance(g, Opening))
    return found


def carried(number: int, place: int) -> Callable[[int, int], list[int]]:
    """Spells one number with a carry that went one place too far."""

    def spell(value: int, width: int) -> list[int]:
        bits = truncate(value, width)
        if value == number and place + 1 < width:
            bits[place] -= 2
            bits[place + 1] += 1
        return bits

    return spell


def lies(subject: Subject, column: str) -> list[dict[str, list[int]]]:
    """Of each row, at places where parts of the column meet."""
    hidden = Secrets.of(rows())
    (own,) = (f for f in opening(subject).fields if f.used and f.columns[0].name == column)
    found = []
    for shown in hidden.rows:
        number = encode_column(own.columns[0], shown[column])
        for place in (1, 2, 20, 41):
            lie = subject.lie(subject.given(hidden), spell=carried(number, place))
            if lie != subject.lie(subject.given(hidden)):
                found.append(lie)
    assert len(found) >= 6
    return found


@pytest.mark.parametrize("column", CALLS)
def test_bits_that_are_none_are_rejected(column: str) -> None:
    own = subject(column)
    assert own.accepts(own.honest(Secrets.of(rows())))
    assert not any(map(own.accepts, lies(own, column)))


@pytest.mark.parametrize("column, only", [("name", 0), ("name", 1), ("temp", 0)])
def test_without_the_check_of_bits_one_is_accepted(column: str, only: int) -> None:
    honest = subject(column, only)
    check = "        assert(bit * bit == bit);\n"
    head = next(f.name for f in opening(honest).fields if f.used)
    before, found, after = honest.circuit.source.partition(f"def {head}_number(")
    assert found
    assert check in after
    # The bits still have to reach a constraint: the sum that is hashed.
    program = compile_source(before + found + after.replace(check, "", 1))
    blind = replace(honest, program=program)
    true = honest.honest(Secrets.of(rows()))
    results = [p.name for p in honest.circuit.parameters if p.public and p.name.startswith("result")]
    accepted = [lie for lie in lies(honest, column) if blind.accepts(lie)]
    assert any(lie[name] != true[name] for lie in accepted for name in results)


@pytest.mark.parametrize("only", range(len(CALLS["name"])))
def test_a_column_of_which_only_bits_are_read_is_bound(only: int) -> None:
    """ZoKrates drops a call of whose results nothing is read: the opening then has to be asserted."""
    own = subject("name", only)
    field = next(f for f in opening(own).fields if f.used)
    assert field.returned == (CALLS["name"][only] == "MIN(name)")
    hidden = Secrets.of(rows())
    honest = own.honest(hidden)
    told = 0
    for forgery in other_values(own, hidden):
        if own.flat(forgery.inputs) != own.flat(honest):
            assert not own.accepts(forgery.inputs), forgery.name
            told += 1
    assert told > 30
    for place in (0, 20, 21, 62, 63 * 3 + 62):
        bits = list(honest[field.parameter])
        for false in (1 - bits[place], bits[place] + 1, -bits[place] - 1, 2, P - 1):
            if false % P != bits[place]:
                changed = [*bits[:place], false, *bits[place + 1 :]]
                assert not own.accepts({**honest, field.parameter: changed})
