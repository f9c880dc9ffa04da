"""Codes: each value has exactly one, in the order of the values, and NULL has another."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkql.plan.codes import (
    MAX_CHARACTERS,
    column_bits,
    decode,
    encode,
    encode_column,
    has_code,
    width,
)
from zkql.plan.schema import ColumnSchema
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
    Value,
    array,
    as_int,
    decimal,
)


def text(characters: int) -> SqlType:
    return SqlType(Kind.VARCHAR, characters)


WIDTHS = [
    (BOOLEAN, 1),
    (TINYINT, 8),
    (SMALLINT, 16),
    (INT, 32),
    (BIGINT, 64),
    (decimal(1, 0), 5),
    (decimal(4, 1), 15),
    (decimal(38, 38), 128),
    (TIMESTAMP, 49),
    (text(1), 21),
    (text(4), 84),
    (text(11), 231),
]
WITHOUT = [INTERVAL, VARCHAR, text(12), text(2000), array(INT), SqlType(Kind.ROW), NULL]
SMALL = [BOOLEAN, TINYINT, SMALLINT, decimal(1, 0), decimal(2, 1), decimal(4, 4)]
EDGES = (0, 1, 0x41, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF, 0x110000, 0x1FFFFF)
"""First and last of what is a character and what is none, in 21 bits."""
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
MIXED = st.one_of(st.sampled_from("\x01ab\ud7ff\ue000\uffff\U00010000\U0001f600\U0010ffff"), CHARACTERS)
BOUNDED = [kind for kind, _ in WIDTHS if kind.is_bounded]
INTEGERS = st.sampled_from(BOUNDED).flatmap(
    lambda kind: st.tuples(st.just(kind), st.integers(*kind.bounds), st.integers(*kind.bounds))
)
TEXTS = st.integers(1, MAX_CHARACTERS).flatmap(
    lambda n: st.tuples(st.just(text(n)), st.text(MIXED, max_size=n), st.text(MIXED, max_size=n))
)


def is_code(points: tuple[int, ...]) -> bool:
    """Whether these are a text's characters and then zeros, by Unicode's definition."""
    ended = points.index(0) if 0 in points else len(points)
    own, rest = points[:ended], points[ended:]
    return not any(rest) and all(p <= 0xD7FF or 0xE000 <= p <= 0x10FFFF for p in own)


@pytest.mark.parametrize("kind, bits", WIDTHS)
def test_widths(kind: SqlType, bits: int) -> None:
    assert (has_code(kind), width(kind)) == (True, bits)
    assert column_bits(ColumnSchema("x", kind, private=True)) == bits
    assert column_bits(ColumnSchema("x", kind, private=True, nullable=True)) == bits + 1


@pytest.mark.parametrize("kind", WITHOUT, ids=str)
def test_types_without_a_code(kind: SqlType) -> None:
    assert not has_code(kind)
    with pytest.raises(TypeError, match="has no code"):
        width(kind)
    with pytest.raises(TypeError, match="has no code"):
        decode(kind, 0)
    with pytest.raises(TypeError, match="has no code"):
        encode(kind, 0)


# --- round trip and order -------------------------------------------------------------------------


@given(st.one_of(INTEGERS, TEXTS))
def test_codes_round_trip_and_keep_the_order_of_values(
    case: tuple[SqlType, Value, Value],
) -> None:
    kind, a, b = case
    first, second = encode(kind, a), encode(kind, b)
    assert 0 <= first < 1 << width(kind)
    assert (decode(kind, first), decode(kind, second)) == (a, b)
    if isinstance(a, str):
        points = [[ord(c) for c in str(v)] for v in (a, b)]
        assert (first < second) == (points[0] < points[1])
    else:
        assert (first < second) == (as_int(a) < as_int(b))


def test_order_is_by_code_point_beyond_the_basic_plane() -> None:
    """UTF-16, which other languages sort by, has U+1F600 before U+FFFF."""
    ordered = ["", "\x01", "a", "aa", "ab", "b", "é", "\uffff", "\U0001f600", "\U0010ffff", "\U0010ffffa"]
    codes = [encode(text(3), t) for t in ordered]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize(
    "kind, value, code",
    [
        (BOOLEAN, 0, 0),
        (BOOLEAN, 1, 1),
        (TINYINT, -128, 0),
        (TINYINT, 127, 255),
        (decimal(2, 1), -99, 0),
        (TIMESTAMP, -62_135_596_800_000, 0),
        (text(3), "", 0),
        (text(3), "a", 0x61 << 42),
        (text(3), "ab", (0x61 << 42) + (0x62 << 21)),
        (text(2), "é\U0001f600", (0xE9 << 21) + 0x1F600),
    ],
)
def test_known_codes(kind: SqlType, value: Value, code: int) -> None:
    assert (encode(kind, value), decode(kind, code)) == (code, value)


# --- exactly one code a value ---------------------------------------------------------------------


def decoded(kind: SqlType, code: int) -> Value | None:
    try:
        return decode(kind, code)
    except ValueError:
        return None


@pytest.mark.parametrize("kind", SMALL, ids=str)
def test_of_all_integers_of_a_width_each_value_has_one(kind: SqlType) -> None:
    low, high = kind.bounds
    found = [decoded(kind, code) for code in range(1 << width(kind))]
    assert [v for v in found if v is not None] == list(range(low, high + 1))


@pytest.mark.parametrize("characters", [1, 2, 3])
def test_of_all_edges_of_characters_each_text_has_one(characters: int) -> None:
    kind = text(characters)
    seen = set()
    for points in product(EDGES, repeat=characters):
        code = sum(p << 21 * i for i, p in enumerate(reversed(points)))
        value = decoded(kind, code)
        assert (value is not None) == is_code(points), points
        if value is not None:
            assert encode(kind, value) == code
            seen.add(value)
    assert len(seen) == sum(is_code(points) for points in product(EDGES, repeat=characters))


@pytest.mark.parametrize("kind", [kind for kind, _ in WIDTHS], ids=str)
def test_what_is_wider_than_a_code_is_none(kind: SqlType) -> None:
    for code in (-1, 1 << width(kind), encode(kind, decode(kind, 0)) + (1 << width(kind))):
        with pytest.raises(ValueError, match="more bits"):
            decode(kind, code)


@pytest.mark.parametrize("code", [19, 31])
def test_what_lies_beyond_the_highest_value_is_no_code(code: int) -> None:
    with pytest.raises(ValueError, match=r"no code of DECIMAL\(1, 0\)"):
        decode(decimal(1, 0), code)


@pytest.mark.parametrize("point", [0xD800, 0xDFFF, 0x110000, 0x1FFFFF])
def test_what_is_no_character_is_no_code(point: int) -> None:
    with pytest.raises(ValueError, match=rf"U\+{point:X} is no character of a VARCHAR\(2\)"):
        decode(text(2), point << 21)


# --- values without a code ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, value, phrase",
    [
        (text(3), "a\0", "character 2 is U+0000"),
        (text(3), "\0", "character 1 is U+0000"),
        (text(3), "a\0b", "character 2 is U+0000"),
        (text(3), "abcd", "4 characters do not fit VARCHAR(3)"),
        (text(3), "\ud83d\ude00", "surrogate"),
        (TINYINT, 128, "128 is outside TINYINT"),
        (TINYINT, -129, "-129 is outside TINYINT"),
        (BOOLEAN, 2, "2 is outside BOOLEAN"),
        (decimal(1, 0), 10, "10 is outside DECIMAL(1, 0)"),
    ],
)
def test_a_value_without_a_code_is_refused(kind: SqlType, value: Value, phrase: str) -> None:
    with pytest.raises(ValueError) as caught:
        encode(kind, value)
    assert phrase in str(caught.value)


# --- NULL -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind, _ in WIDTHS], ids=str)
def test_null_is_a_flag_above_every_code(kind: SqlType) -> None:
    column = ColumnSchema("x", kind, private=True, nullable=True)
    assert encode_column(column, None) == 1 << width(kind)
    zero = decode(kind, 0)
    assert encode_column(column, zero) == encode(kind, zero) == 0


def test_values_and_null_are_all_different() -> None:
    column = ColumnSchema("x", TINYINT, private=True, nullable=True)
    codes = {encode_column(column, value) for value in [None, *range(-128, 128)]}
    assert len(codes) == 257
    assert max(codes) < 1 << column_bits(column)


def test_there_is_no_null_where_the_column_is_not_null() -> None:
    with pytest.raises(ValueError, match="it is NULL, and the column is NOT NULL"):
        encode_column(ColumnSchema("x", INT, private=True), None)
