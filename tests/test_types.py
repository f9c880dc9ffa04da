"""SQL types and their values, plans as JSON, and the averages of the reference."""

from __future__ import annotations

import decimal as exact
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness import FILTERED, GROUPED, PLAIN, SUMMED, WINDOW, query
from zkql.files import parse_json
from zkql.plan import codec
from zkql.plan.calls import Aggregation
from zkql.plan.expressions import Column
from zkql.plan.functions.aggregates import Function
from zkql.plan.interpret import aggregated
from zkql.plan.scalar import EvaluationError
from zkql.plan.stages import StagedPlan
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    INTERVAL,
    MAX_PRECISION,
    SMALLINT,
    TIMESTAMP,
    TINYINT,
    VARCHAR,
    Kind,
    SqlType,
    array,
    decimal,
    format_decimal,
    format_interval,
    format_timestamp,
    format_value,
    parse_decimal,
    parse_timestamp,
    parse_value,
)
from zkql.plan.typing import average_type

FIRST_MOMENT, LAST_MOMENT = TIMESTAMP.bounds
RECORD = SqlType(Kind.ROW, fields=(("id", INT), ("notes", array(SqlType(Kind.VARCHAR, 2)))))
ORDERED = (BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, decimal(1, 0), decimal(4, 1), decimal(38, 38), TIMESTAMP)


def decimals() -> st.SearchStrategy[tuple[int, SqlType]]:
    """A DECIMAL type and an unscaled value of it."""
    kinds = st.integers(1, MAX_PRECISION).flatmap(
        lambda p: st.integers(0, p).map(lambda scale: decimal(p, scale))
    )
    return kinds.flatmap(lambda kind: st.tuples(st.integers(*kind.bounds), st.just(kind)))


# --- DECIMAL --------------------------------------------------------------------------------------


@given(decimals())
def test_decimals_round_trip(case: tuple[int, SqlType]) -> None:
    value, kind = case
    text = format_decimal(value, kind.scale)
    assert Fraction(text) == Fraction(value, 10**kind.scale)
    assert parse_decimal(text, kind.scale) == value
    assert parse_value(format_value(value, kind), kind) == value
    assert parse_value(parse_json(text, "test"), kind) == value


@given(decimals(), st.integers(0, 9))
def test_zeros_at_the_end_change_nothing(case: tuple[int, SqlType], zeros: int) -> None:
    value, kind = case
    text = format_decimal(value, kind.scale)
    text += "." * (not kind.scale) + "0" * zeros
    assert parse_decimal(text, kind.scale) == value


@pytest.mark.parametrize(
    "text, scale, value",
    [
        ("0", 0, 0),
        ("-0", 2, 0),
        ("-0.00", 1, 0),
        ("123.45", 2, 12345),
        ("123.4", 2, 12340),
        ("123", 2, 12300),
        ("123.", 2, 12300),
        (".5", 1, 5),
        ("-.5", 3, -500),
        ("-1.50", 1, -15),
        ("007", 0, 7),
    ],
)
def test_decimal_texts(text: str, scale: int, value: int) -> None:
    assert parse_decimal(text, scale) == value


@pytest.mark.parametrize(
    "value, scale, text",
    [(0, 0, "0"), (0, 2, "0.00"), (5, 2, "0.05"), (-5, 2, "-0.05"), (-12345, 2, "-123.45"), (12, 0, "12")],
)
def test_decimals_are_written_with_their_scale(value: int, scale: int, text: str) -> None:
    assert format_decimal(value, scale) == text


@pytest.mark.parametrize(
    "text", ["", "-", ".", "-.", "+1", "1e3", "1E3", " 1", "1 ", "1\n", "1,5", "1.2.3", "0x1", "NaN", "1_0"]
)
def test_what_is_no_decimal(text: str) -> None:
    with pytest.raises(ValueError, match="is not a decimal number"):
        parse_decimal(text, 4)


@pytest.mark.parametrize("text, scale", [("0.05", 1), ("-1.5", 0), ("1.0000001", 6)])
def test_digits_are_never_lost(text: str, scale: int) -> None:
    with pytest.raises(ValueError, match=f"more than {scale} digits"):
        parse_decimal(text, scale)


@pytest.mark.parametrize(
    "raw, value",
    [
        (Decimal("12.5"), 125),
        (Decimal("-0.1"), -1),
        (Decimal("1E+2"), 1000),
        (Decimal("125E-1"), 125),
        (Decimal("-0"), 0),
        (7, 70),
        (-999, -9990),
        ("999.9", 9999),
    ],
)
def test_decimals_from_json(raw: object, value: int) -> None:
    assert parse_value(raw, decimal(4, 1)) == value


# --- TIMESTAMP ------------------------------------------------------------------------------------


@given(st.integers(FIRST_MOMENT, LAST_MOMENT))
def test_timestamps_round_trip(milliseconds: int) -> None:
    text = format_timestamp(milliseconds)
    assert len(text) == len("2026-01-01 00:00:00.000")
    assert parse_timestamp(text) == milliseconds
    assert datetime.fromisoformat(text).replace(tzinfo=UTC) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        milliseconds=milliseconds
    )


@pytest.mark.parametrize(
    "text, milliseconds",
    [
        ("1970-01-01 00:00:00.000", 0),
        ("1969-12-31 23:59:59.999", -1),
        ("0001-01-01 00:00:00.000", -62_135_596_800_000),
        ("9999-12-31 23:59:59.999", 253_402_300_799_999),
        ("2000-02-29 12:00:00.001", 951_825_600_001),
    ],
)
def test_known_timestamps(text: str, milliseconds: int) -> None:
    assert parse_timestamp(text) == milliseconds
    assert format_timestamp(milliseconds) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05.6",
        "2026-01-02 03:04:05.60",
        "2026-01-02 03:04:05.600Z",
        "2026-01-02T03:04:05.600+00:00",
    ],
)
def test_timestamps_in_other_forms(text: str) -> None:
    assert format_timestamp(parse_timestamp(text)) == "2026-01-02 03:04:05.600"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01",
        "2026-01-01 00:00",
        "2026-1-1 00:00:00",
        "2026-01-01 00:00:00.0001",
        "2026-01-01 00:00:00.",
        "2026-01-01 00:00:00+01:00",
        " 2026-01-01 00:00:00",
        "2026-01-01 00:00:00\n",
        "0000-01-01 00:00:00",
        "2026-13-01 00:00:00",
        "2026-02-29 00:00:00",
        "2026-01-01 24:00:00",
        "2026-01-01 23:59:60",
        "-001-01-01 00:00:00",
        "10000-01-01 00:00:00",
    ],
)
def test_what_is_no_timestamp(text: str) -> None:
    with pytest.raises(ValueError, match="is not a timestamp"):
        parse_timestamp(text)


# --- any type -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, low, high, bits",
    [
        (BOOLEAN, 0, 1, 1),
        (TINYINT, -128, 127, 8),
        (SMALLINT, -(2**15), 2**15 - 1, 16),
        (INT, -(2**31), 2**31 - 1, 32),
        (BIGINT, -(2**63), 2**63 - 1, 64),
        (decimal(1, 0), -9, 9, 5),
        (decimal(4, 1), -9999, 9999, 15),
        (decimal(12, 2), 1 - 10**12, 10**12 - 1, 41),
        (decimal(38, 38), 1 - 10**38, 10**38 - 1, 128),
        (TIMESTAMP, -62_135_596_800_000, 253_402_300_799_999, 49),
    ],
)
def test_ranges(kind: SqlType, low: int, high: int, bits: int) -> None:
    assert kind.bounds == (low, high)
    assert kind.lowest == low
    assert kind.bits == bits
    assert (high - low) >> bits == 0
    assert (high - low) >> (bits - 1) == 1
    assert [kind.contains(v) for v in (low - 1, low, high, high + 1)] == [False, True, True, False]


@pytest.mark.parametrize("kind", ORDERED, ids=str)
def test_ends_of_the_range_round_trip(kind: SqlType) -> None:
    for value in kind.bounds:
        assert parse_value(format_value(value, kind), kind) == value
        assert parse_value(json.loads(json.dumps(format_value(value, kind))), kind) == value


@given(st.text(max_size=5))
def test_text_round_trips(text: str) -> None:
    kind = SqlType(Kind.VARCHAR, 5)
    assert parse_value(text, kind) == text
    assert format_value(text, kind) == text
    assert parse_value(text * 100, VARCHAR) == text * 100


@pytest.mark.parametrize(
    "value, kind, shown",
    [
        ((1, None, 3), array(INT), [1, None, 3]),
        ((), array(INT), []),
        ((105, None), array(decimal(4, 1)), ["10.5", None]),
        ((7, ("a", "")), RECORD, {"id": 7, "notes": ["a", ""]}),
        ((None, None), RECORD, {"id": None, "notes": None}),
        (93_784_005, INTERVAL, "+1 02:03:04.005"),
        (-1, INTERVAL, "-0 00:00:00.001"),
        (1, BOOLEAN, True),
    ],
)
def test_values_as_json_has_them(value: Any, kind: SqlType, shown: object) -> None:
    assert format_value(value, kind) == shown
    assert kind.contains(value)


@pytest.mark.parametrize(
    "value, kind",
    [((1, 2**31), array(INT)), ((1, ("abc",)), RECORD), ((2**31, ()), RECORD), ((200,), array(TINYINT))],
)
def test_arrays_and_rows_contain_what_their_elements_contain(value: Any, kind: SqlType) -> None:
    assert not kind.contains(value)


@given(st.integers(*INTERVAL.bounds))
def test_intervals_are_written_exactly(milliseconds: int) -> None:
    sign, days, hours, minutes, rest = re.fullmatch(  # type: ignore[union-attr]
        r"([+-])(\d+) (\d\d):(\d\d):(\d\d\.\d{3})", format_interval(milliseconds)
    ).groups()
    total = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60_000 + int(rest.replace(".", ""))
    assert (-total if sign == "-" else total) == milliseconds


def test_varchar_has_a_length_and_no_range() -> None:
    kind = SqlType(Kind.VARCHAR, 3)
    assert kind.contains("äöü")
    assert not kind.contains("äöüß")
    with pytest.raises(TypeError):
        _ = kind.bits
    assert not any(k.is_bounded for k in (kind, array(INT), RECORD))


@pytest.mark.parametrize(
    "raw, kind",
    [
        (None, INT),
        (None, VARCHAR),
        (True, INT),
        (False, BIGINT),
        (True, decimal(4, 1)),
        (True, TIMESTAMP),
        (True, VARCHAR),
        (1, BOOLEAN),
        ("true", BOOLEAN),
        ("1", INT),
        (1.0, INT),
        (Decimal("1.0"), INT),
        (Decimal(1), BIGINT),
        (1.5, decimal(4, 1)),
        (float("nan"), decimal(4, 1)),
        (Decimal("NaN"), decimal(4, 1)),
        (Decimal("sNaN"), decimal(4, 1)),
        (Decimal("Infinity"), decimal(4, 1)),
        (Decimal("-Infinity"), decimal(4, 1)),
        (Decimal("0.05"), decimal(4, 1)),
        (Decimal("1E-2"), decimal(4, 1)),
        ("0.05", decimal(4, 1)),
        ("1e2", decimal(4, 1)),
        (Decimal("1E+30"), decimal(4, 1)),
        (Decimal("1000.0"), decimal(4, 1)),
        (-1000, decimal(4, 1)),
        (10**38, decimal(38, 0)),
        (2**31, INT),
        (-(2**31) - 1, INT),
        (2**63, BIGINT),
        (-(2**63) - 1, BIGINT),
        (1.0, TIMESTAMP),
        (Decimal(0), TIMESTAMP),
        ("2026-01-01", TIMESTAMP),
        (1, VARCHAR),
        ("abcd", SqlType(Kind.VARCHAR, 3)),
        ([], INT),
        ({}, VARCHAR),
        (b"1", INT),
        (128, TINYINT),
        (-32_769, SMALLINT),
        (1, INTERVAL),
        (["1"], array(INT)),
        ([1, 2**31], array(INT)),
        ((1,), array(INT)),
        (1, array(INT)),
        ({"id": 1, "notes": []}, RECORD),
    ],
)
def test_refused_values(raw: object, kind: SqlType) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_value(raw, kind)


@given(
    st.sampled_from((*ORDERED, VARCHAR, SqlType(Kind.VARCHAR, 2))),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals(-(10**60), 10**60)
    | st.text(max_size=30)
    | st.lists(st.integers(), max_size=1),
)
def test_a_value_is_read_exactly_or_refused(kind: SqlType, raw: object) -> None:
    if kind == TIMESTAMP and isinstance(raw, int) and not kind.contains(raw):
        return  # see test_moments_out_of_range_are_refused
    try:
        value = parse_value(raw, kind)
    except ValueError:
        return
    assert kind.contains(value)
    if isinstance(raw, Decimal | int):
        assert value == Fraction(raw) * (10**kind.scale if kind.kind is Kind.DECIMAL else 1)
    else:
        assert isinstance(raw, str)


@pytest.mark.parametrize("raw", [LAST_MOMENT + 1, FIRST_MOMENT - 1, 10**20, -(10**20)])
def test_moments_out_of_range_are_refused(raw: int) -> None:
    with pytest.raises(ValueError, match=r"is outside TIMESTAMP"):
        parse_value(raw, TIMESTAMP)


def test_numbers_with_a_huge_exponent_are_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_value(Decimal("1E+999999999999999999"), decimal(4, 1))


@pytest.mark.parametrize(
    "kind, text",
    [
        (BOOLEAN, "BOOLEAN"),
        (INT, "INT"),
        (BIGINT, "BIGINT"),
        (decimal(12, 2), "DECIMAL(12, 2)"),
        (TIMESTAMP, "TIMESTAMP(3)"),
        (VARCHAR, "VARCHAR"),
        (SqlType(Kind.VARCHAR, 7), "VARCHAR(7)"),
        (TINYINT, "TINYINT"),
        (INTERVAL, "INTERVAL DAY TO SECOND(3)"),
        (array(array(decimal(3, 1))), "ARRAY<ARRAY<DECIMAL(3, 1)>>"),
        (RECORD, "ROW<id INT, notes ARRAY<VARCHAR(2)>>"),
    ],
)
def test_types_are_written_as_sql(kind: SqlType, text: str) -> None:
    assert str(kind) == text


# --- AVG ------------------------------------------------------------------------------------------


def average_of(values: list[int], kind: SqlType) -> Any:
    call = Aggregation(Function.AVG, (Column("x", kind, private=True),))
    return aggregated(call, [{"x": value} for value in values])


@given(decimals(), st.data())
def test_averages_of_decimals_round_half_away_from_zero(case: tuple[int, SqlType], data: Any) -> None:
    first, kind = case
    values = [first, *data.draw(st.lists(st.integers(*kind.bounds), max_size=20))]
    with exact.localcontext(prec=400) as context:
        context.rounding = exact.ROUND_HALF_UP
        mean = Decimal(sum(values)).scaleb(-kind.scale) / len(values)
        expected = mean.quantize(Decimal(1).scaleb(-average_type(kind).scale))
    unscaled = int(expected.scaleb(average_type(kind).scale, context))
    if average_type(kind).contains(unscaled):
        assert average_of(values, kind) == unscaled
    else:
        with pytest.raises(EvaluationError):
            average_of(values, kind)


@given(st.sampled_from((INT, BIGINT)), st.data())
def test_averages_of_integers_are_cut_towards_zero(kind: SqlType, data: Any) -> None:
    values = data.draw(st.lists(st.integers(*kind.bounds), min_size=1, max_size=20))
    with exact.localcontext(prec=400):
        expected = int((Decimal(sum(values)) / len(values)).to_integral_value(exact.ROUND_DOWN))
    assert average_of(values, kind) == expected


@pytest.mark.parametrize(
    "values, kind, expected",
    [
        ([1, 2], INT, 1),
        ([-1, -2], INT, -1),
        ([1, -2], INT, 0),
        ([2, 2, 3], BIGINT, 2),
        ([-7, -8], INT, -7),
        ([1, 2], decimal(4, 1), 150_000),
        ([1, 0, 0], decimal(4, 1), 33_333),
        ([2, 0, 0], decimal(4, 1), 66_667),
        ([-2, 0, 0], decimal(4, 1), -66_667),
        ([1, 0], decimal(8, 8), 1),
        ([-1, 0], decimal(8, 8), -1),
        ([1, 0, 0], decimal(8, 8), 0),
        ([-1, 0, 0], decimal(8, 8), 0),
    ],
)
def test_known_averages(values: list[int], kind: SqlType, expected: int) -> None:
    assert average_of(values, kind) == expected


# --- plans as JSON --------------------------------------------------------------------------------

MIXED = f"""
SELECT window_time, zone AS z, MIN(load) AS a, AVG(temp) AS b, COUNT(*) AS n
{WINDOW.replace("SECOND", "SECOND, INTERVAL '3' SECOND")}
WHERE ts > '2026-01-01 00:00:00' AND NOT (ok OR zone = 1 AND load <> -.5) AND TRUE
GROUP BY window_start, window_end, zone
"""
NATIVE = f"SELECT window_end, COUNT(*) AS n {WINDOW} GROUP BY window_start, window_end"
RICH = f"""
SELECT window_start, CASE WHEN zone % 2 = 0 THEN 'even' ELSE NULL END AS parity,
       PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY zone DESC NULLS FIRST) FILTER (WHERE zone > 1) AS middle,
       COUNT(DISTINCT meter) + 1 AS meters, SUM(load) AS total
{WINDOW} WHERE EXTRACT(HOUR FROM ts) < 9 AND window_start > '2026-01-01 00:00:00'
GROUP BY window_start, window_end, zone HAVING COUNT(*) > 1
"""
EVERY = {
    "plain": PLAIN,
    "filter": FILTERED,
    "sum": SUMMED,
    "group": GROUPED,
    "mix": MIXED,
    "native": NATIVE,
    "rich": RICH,
}


@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_plans_round_trip(text: str) -> None:
    plan = query(text).plan
    data = codec.to_json(plan)
    assert json.loads(json.dumps(data)) == data
    again = codec.from_json(json.loads(json.dumps(data)))
    assert isinstance(again, StagedPlan)
    assert again == plan
    assert codec.to_json(again) == data


def test_different_plans_have_different_json() -> None:
    assert len({json.dumps(codec.to_json(query(text).plan)) for text in EVERY.values()}) == len(EVERY)


def test_where_a_plan_stands_in_the_text_is_no_part_of_it() -> None:
    assert codec.to_json(query(RICH).plan) == codec.to_json(query(RICH.replace("\n", "\n\n  ")).plan)
    assert "span" not in json.dumps(codec.to_json(query(RICH).plan))


def nodes_of(data: Any) -> list[dict[str, Any]]:
    """Every object of a plan's JSON."""
    if isinstance(data, list):
        return [node for item in data for node in nodes_of(item)]
    if isinstance(data, dict):
        return [data, *(node for item in data.values() for node in nodes_of(item))]
    return []


@pytest.mark.parametrize("text", [FILTERED, RICH], ids=["filter", "rich"])
def test_plans_with_a_field_more_or_less_are_refused(text: str) -> None:
    data = codec.to_json(query(text).plan)
    objects = [n for n in nodes_of(data) if set(n) != {"@", "value"}]
    assert {n["@"] for n in objects} >= {"StagedPlan", "CircuitPlan", "Comparison", "Output", "SqlType"}
    for node in objects:
        for name in [n for n in node if n != "@"]:
            value = node.pop(name)
            with pytest.raises(ValueError, match="has other fields"):
                codec.from_json(data)
            node[name] = value
        node["more"] = 1
        with pytest.raises(ValueError, match="has other fields"):
            codec.from_json(data)
        del node["more"]
    assert codec.from_json(data) == query(text).plan


@pytest.mark.parametrize("name", ["Nothing", "Scan", "Path", "staged_plan", "", None, 1])
def test_plans_with_unknown_classes_are_refused(name: object) -> None:
    data = codec.to_json(query(SUMMED).plan)
    for node in nodes_of(data):
        known, node["@"] = node["@"], name
        with pytest.raises(ValueError, match="no plan node is called"):
            codec.from_json(data)
        node["@"] = known


def test_objects_without_a_class_are_refused() -> None:
    with pytest.raises(ValueError, match="no plan node is called None"):
        codec.from_json({"value": 1})


@pytest.mark.parametrize("kind", ["Kind", "Comparator", "Connective", "Bound", "Function"])
def test_unknown_members_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        codec.from_json({"@": kind, "value": "nothing"})


@pytest.mark.parametrize(
    "data", [{"@": "Kind"}, {"@": []}, {"@": "Kind", "value": "INT", "more": 1}], ids=["less", "list", "more"]
)
def test_members_in_another_form_are_refused(data: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        codec.from_json(data)
