"""Rows with NULL and private text: read, committed to, signed, written and read back, without a circuit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.language import BOUNDS, bound, compiled, select, stream
from zkql import files
from zkql.crypto import signatures
from zkql.crypto.commitment import commit, empty_commitment, layout
from zkql.crypto.field import USABLE_BITS
from zkql.errors import InputError, RejectedError
from zkql.plan.codes import column_bits, encode_column
from zkql.plan.expressions import Column
from zkql.plan.schema import ColumnSchema, StreamSchema
from zkql.plan.stages import Result, StagedPlan
from zkql.plan.types import INT, TIMESTAMP, Value
from zkql.runtime import sensor, signers
from zkql.runtime.envelope import Envelope, GroupResult, decode, encode
from zkql.runtime.intake import read_signed
from zkql.runtime.records import (
    Opening,
    RecordError,
    SignedRow,
    is_signed,
    opening_from_json,
    opening_to_json,
    row_from_json,
    row_to_json,
)

COLUMNS = (
    "meter BIGINT, ts TIMESTAMP(3), load DECIMAL(4, 1) NULL, label VARCHAR(3) NULL, ok BOOLEAN,"
    " word VARCHAR(11), zone INT PUBLIC NULL, note VARCHAR(4) PUBLIC NULL, kind VARCHAR PUBLIC"
)
TIME = "2026-01-01 00:00:00.000"
SEED = bytes(range(32))
SALT = 12345
ROW: dict[str, Any] = {
    "meter": 1, "ts": TIME, "load": "0.5", "label": "abc", "ok": True, "word": "grün", "zone": 3, "note": "n",
    "kind": "k",
}  # fmt: skip
NULLS = {**ROW, "load": None, "label": None, "zone": None, "note": None}


def schema(columns: str = COLUMNS) -> StreamSchema:
    return bound(stream(columns=columns) + select()).streams["reading"].schema


STREAM = schema()


def parsed(**changes: Any) -> dict[str, Value | None]:
    return sensor.read_row("here", {**ROW, **changes}, STREAM)


def signed(row: dict[str, Any] = NULLS) -> tuple[SignedRow, Opening]:
    values = sensor.read_row("here", row, STREAM)
    found, opening, _ = signers.sign_row(STREAM, values, signers.Head(0, 0), SEED)
    return found, opening


def commitment(stream_: StreamSchema = STREAM, **changes: Any) -> int:
    values = parsed(**changes)
    return commit(stream_, {c.name: encode_column(c, values[c.name]) for c in stream_.private_columns}, SALT)


# --- reading --------------------------------------------------------------------------------------


def test_null_is_read_where_a_column_may_be_null() -> None:
    expected = {"load": None, "label": None, "zone": None, "note": None, "ok": 1, "word": "grün", "kind": "k"}
    read = parsed(**NULLS)
    assert {name: read[name] for name in expected} == expected


@pytest.mark.parametrize("nothing", ["", "null", "NULL"])
def test_text_that_looks_like_null_is_text(nothing: str) -> None:
    assert parsed(note=nothing, label=nothing[:3])["note"] == nothing


@pytest.mark.parametrize(
    "changes, phrase",
    [
        ({"ok": None}, "column 'ok': it is NULL, and the column is NOT NULL"),
        ({"word": None}, "column 'word': it is NULL, and the column is NOT NULL"),
        ({"kind": None}, "column 'kind': it is NULL, and the column is NOT NULL"),
        ({"meter": None}, "column 'meter': it is NULL, and the column is NOT NULL"),
        ({"ts": None}, "column 'ts': it is NULL, and the column is NOT NULL"),
        ({"label": "a\0"}, "column 'label': character 2 is U+0000"),
        ({"word": "\0"}, "column 'word': character 1 is U+0000"),
        ({"label": "abcd"}, "column 'label': 4 characters do not fit VARCHAR(3)"),
        ({"word": "a" * 12}, "column 'word': 12 characters do not fit VARCHAR(11)"),
        ({"note": "abcde"}, "column 'note': 5 characters do not fit VARCHAR(4)"),
        ({"word": "\ud83d"}, "column 'word': the text has half a surrogate pair"),
        ({"load": ""}, "column 'load': '' is not a decimal number"),
    ],
)
def test_what_a_column_cannot_hold_is_refused_with_its_place(
    tmp_path: Path, changes: dict[str, Any], phrase: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + json.dumps({**ROW, **changes}) + "\n")
    with pytest.raises(InputError) as caught:
        list(sensor.read_rows(path, STREAM))
    assert f"{path}:2: {phrase}" in str(caught.value)
    assert "ZKQL0431" in str(caught.value)


def test_public_text_may_hold_any_character() -> None:
    assert parsed(note="a\0")["note"] == "a\0"


def test_a_missing_column_is_not_null() -> None:
    with pytest.raises(InputError, match="column 'load' of stream 'reading' is missing") as caught:
        sensor.read_row("here", {k: v for k, v in ROW.items() if k != "load"}, STREAM)
    assert "for NULL, write null" in str(caught.value)


# --- schema ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"nullable": True}, {"private": True}])
@pytest.mark.parametrize("column", ["meter", "ts"])
def test_device_and_event_time_are_public_and_not_null(column: str, change: dict[str, bool]) -> None:
    columns = tuple(
        replace(c, **change) if c.name == column else c  # type: ignore[arg-type]
        for c in STREAM.columns
    )
    with pytest.raises(ValueError, match=f"'{column}' identifies a row"):
        replace(STREAM, columns=columns)


@pytest.mark.parametrize("column", ["load", "ok", "zone", "kind"])
def test_a_schema_is_bound_to_what_may_be_null(column: str) -> None:
    other = replace(
        STREAM,
        columns=tuple(replace(c, nullable=not c.nullable) if c.name == column else c for c in STREAM.columns),
    )
    assert other.digest != STREAM.digest
    assert commitment(other) != commitment()
    row, _ = signed(ROW)
    assert is_signed(row, STREAM, signatures.public_key(SEED))
    assert not is_signed(row, other, signatures.public_key(SEED))


# --- commitments ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column, values",
    [("load", [None, "0.0", "-999.9", "999.9", "0.1"]), ("label", [None, "", "a", "aa", "\x01"])],
)
def test_null_and_all_values_have_commitments_of_their_own(column: str, values: list[Any]) -> None:
    found = {commitment(**{column: value}) for value in values}
    assert len(found) == len(values)
    assert empty_commitment(STREAM) not in found


def test_null_in_one_column_is_not_null_in_another() -> None:
    found = {
        commitment(load=load, label=label) for load in (None, "-999.9", "0.0") for label in (None, "", "a")
    }
    assert len(found) == 9


def test_every_column_has_bits_of_its_own() -> None:
    values = parsed(**NULLS)
    codes = {c.name: encode_column(c, values[c.name]) for c in STREAM.private_columns}
    elements = layout(STREAM)
    assert [[c.name for c in e.columns] for e in elements] == [["load", "label", "ok"], ["word"]]
    for element in elements:
        packed = element.pack(codes)
        assert packed < 1 << USABLE_BITS
        for column in element.columns:
            assert packed & ((1 << column_bits(column)) - 1) == codes[column.name]
            packed >>= column_bits(column)
        assert packed == element.constant


def test_the_longest_text_that_may_be_null_fits_one_element() -> None:
    long = schema("meter BIGINT, ts TIMESTAMP(3), a VARCHAR(11) NULL, b VARCHAR(11) NULL")
    assert [e.width for e in layout(long)] == [0, 232, 232]


# --- signing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [ROW, NULLS], ids=["values", "NULL"])
def test_a_row_is_as_it_was_signed_after_a_round_trip_through_json(row: dict[str, Any]) -> None:
    own, opening = signed(row)
    shown = json.loads(json.dumps(row_to_json(own, STREAM)))
    hidden = json.loads(json.dumps(opening_to_json(opening, STREAM)))
    assert {**shown["public"], **hidden["private"]} == {k: row[k] for k in row if k not in ("meter", "ts")}
    back, opened = row_from_json(shown, STREAM, own.device), opening_from_json(hidden, STREAM)
    assert (back, opened) == (own, opening)
    assert is_signed(back, STREAM, signatures.public_key(SEED))
    assert commit(STREAM, opened.offsets(STREAM), opened.salt) == own.commitment


@pytest.mark.parametrize("column, value", [("zone", 0), ("note", ""), ("note", "null")])
def test_a_public_null_is_not_a_value_to_a_signature(column: str, value: Value) -> None:
    own, _ = signed()
    names = [c.name for c in STREAM.public_columns]
    public = tuple(value if n == column else v for n, v in zip(names, own.public, strict=True))
    assert not is_signed(replace(own, public=public), STREAM, signatures.public_key(SEED))


def signed_file(folder: Path) -> tuple[Path, list[Any]]:
    rows = folder / "rows.jsonl"
    rows.write_text(json.dumps(ROW) + "\n" + json.dumps(NULLS) + "\n")
    plain = list(sensor.read_rows(rows, STREAM))
    sensor.generate_keys(STREAM, {STREAM.device_of(row.values) for row in plain}, folder / "keys")
    span = sensor.span_of(plain, STREAM, 10_000, 0)
    assert sensor.sign_file(STREAM, folder / "keys", plain, folder / "signed.jsonl", span) == (2, 1)
    return folder / "signed.jsonl", [data for _, data in files.read_jsonl(folder / "signed.jsonl")]


def test_a_signed_file_gives_back_its_rows(tmp_path: Path) -> None:
    path, _ = signed_file(tmp_path)
    _, logs = read_signed(path, STREAM)
    assert [row.columns(STREAM) for row in logs[1].rows] == [parsed(), parsed(**NULLS)]


@pytest.mark.parametrize(
    "side, column, value, code",
    [
        ("private", "load", "-999.9", "ZKQL0503"),  # whose code is zero, as NULL's is below its flag
        ("private", "label", "", "ZKQL0503"),
        ("private", "ok", None, "ZKQL0440"),
        ("private", "label", "\0", "ZKQL0440"),
        ("private", "label", "abcd", "ZKQL0440"),
        ("public", "kind", None, "ZKQL0440"),
        ("public", "zone", 0, "ZKQL0505"),
        ("public", "note", "", "ZKQL0505"),
    ],
)
def test_a_row_that_is_not_the_signed_one_is_named_by_its_line(
    tmp_path: Path, side: str, column: str, value: Any, code: str
) -> None:
    path, lines = signed_file(tmp_path)
    lines[2]["row"][side][column] = value
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises((InputError, RejectedError)) as caught:
        read_signed(path, STREAM)
    assert code in str(caught.value)
    assert f"{path}:3:" in str(caught.value)


# --- envelopes ------------------------------------------------------------------------------------


def plan(*, nullable: bool) -> StagedPlan:
    """Counts by a public column, which may be NULL or not."""
    text = stream(columns="meter BIGINT, ts TIMESTAMP(3), zone INT PUBLIC")
    made = compiled(text + select("zone, COUNT(*) AS n", group=f"GROUP BY {BOUNDS}, zone")).plan
    (key,) = made.keys
    assert isinstance(key.expression, Column)
    return replace(made, keys=(replace(key, expression=replace(key.expression, nullable=nullable)),))


def envelope(key: Value | None) -> Envelope:
    result = GroupResult((key,), present=True, results=(Result((), (2,)),), proof=None)
    return Envelope(bytes(32), bytes(32), 0, 10_000, bytes(32), (), (result,))


@pytest.mark.parametrize("key", [None, 0, -1])
def test_a_group_of_null_is_a_group_of_its_own(key: Value | None) -> None:
    counted = plan(nullable=True)
    data = encode(envelope(key), counted)
    assert decode(data, counted) == envelope(key)


def test_there_is_no_group_of_null_where_the_key_is_never_null() -> None:
    counted = plan(nullable=False)
    with pytest.raises(RecordError, match="NULL is no value of INT"):
        decode(encode(envelope(None), counted), counted)


def test_a_stream_made_by_hand_is_the_declared_one() -> None:
    columns = (
        ColumnSchema("meter", INT, private=False),
        ColumnSchema("ts", TIMESTAMP, private=False),
        ColumnSchema("x", INT, private=True, nullable=True),
    )
    by_hand = StreamSchema("reading", columns, "meter", "ts")
    assert by_hand.digest == schema("meter INT, ts TIMESTAMP(3), x INT NULL").digest
