"""Elements of a row's commitment of which nothing is read are not spelled out in bits: Poseidon alone binds
them. The first element always is, for its constant is what tells one schema from another.

The liar takes the signed commitment of another schema, or shows elements other than the committed ones.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.harness import STREAM, WINDOW, Row, Secrets, Subject, row
from zkql.circuit.gadgets.rows import Opening
from zkql.crypto.commitment import commit, layout
from zkql.crypto.field import P
from zkql.plan.codes import encode_column
from zkql.plan.schema import StreamSchema

WIDE = STREAM.replace("  zone ", "  first VARCHAR(3), second VARCHAR(11), third VARCHAR(11),\n  zone ")
"""Of the second and the last of four elements nothing is read, nor of the first; of the third ``load`` is."""
TOTAL = f"SELECT window_start, SUM(load) AS total {WINDOW} GROUP BY window_start, window_end"
WORDS = [("abc", "defghi", "jkl"), ("", "mno", "pqrstuvwxyz"), ("abc", "mno", "jkl")]


def rows() -> list[Row]:
    return [
        row(load, load % 7) | dict(zip(("first", "second", "third"), words, strict=True))
        for load, words in zip((505, -35, 9999), WORDS, strict=True)
    ]


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject.compile(TOTAL, stream=WIDE)


def opening(subject: Subject) -> Opening:
    (found,) = (g for g in subject.circuit.gadgets if isinstance(g, Opening))
    return found


def test_the_first_element_is_spelled_out(subject: Subject) -> None:
    elements = opening(subject).elements
    assert [[(f.used, f.whole) for f in fields] for fields in elements] == [
        [(False, False)],
        [(False, True)],
        [(False, False), (True, False)],
        [(False, True)],
    ]


def test_whole_elements_are_bound(subject: Subject) -> None:
    hidden = Secrets.of(rows())
    honest = subject.honest(hidden)
    assert subject.accepts(honest)
    whole = [f.parameter for f in opening(subject).fields if f.whole]
    assert len(whole) == 2
    for name in whole:
        (other,) = set(whole) - {name}
        true = honest[name]
        for slot in range(subject.stage.capacity):
            wrong = {true[slot] + 1, true[slot] - 1, -true[slot], 0, *true, honest[other][slot]}
            for false in {value % P for value in wrong} - {true[slot]}:
                claimed = [*true[:slot], false, *true[slot + 1 :]]
                assert not subject.accepts({**honest, name: claimed}), (name, slot, false)
    one, two = whole
    assert not subject.accepts({**honest, one: honest[two], two: honest[one]})


@pytest.mark.parametrize("written", ["in the lowest bit", "in the highest bit", "in a row of bits"])
def test_a_row_of_another_schema_is_rejected(subject: Subject, written: str) -> None:
    """The other has the same columns and widths, so that only its tag differs, which the liar adds to the
    bits of the first element."""
    mine = subject.plan.stream
    other = replace(mine, name="forecast")
    assert [e.columns for e in layout(mine)] == [e.columns for e in layout(other)]
    hidden = Secrets.of(rows())
    lie = dict(subject.honest(hidden))
    lie["commitment"] = _commitments(other, hidden, subject.stage.capacity)
    assert not subject.accepts(lie)
    (first,) = opening(subject).elements[0]
    excess = (layout(other)[0].constant - layout(mine)[0].constant) * (1 << first.bits)
    bits = list(lie[first.parameter])
    for start in range(0, len(bits), first.bits):
        own = sum(bit << i for i, bit in enumerate(bits[start : start + first.bits])) + excess
        if written == "in the lowest bit":
            bits[start : start + first.bits] = [own % P, *[0] * (first.bits - 1)]
        elif written == "in the highest bit":
            shifted = own * pow(1 << (first.bits - 1), -1, P) % P
            bits[start : start + first.bits] = [*[0] * (first.bits - 1), shifted]
        else:
            bits[start : start + first.bits] = [(own >> i) & 1 for i in range(first.bits)]
    assert not subject.accepts({**lie, first.parameter: bits})


def _commitments(stream: StreamSchema, hidden: Secrets, capacity: int) -> list[int]:
    found = []
    for values, salt in zip(hidden.rows, hidden.salts, strict=True):
        codes = {c.name: encode_column(c, values[c.name]) for c in stream.private_columns}
        found.append(commit(stream, codes, salt))
    return [*found, *found[-1:] * (capacity - len(found))]
