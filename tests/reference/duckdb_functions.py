"""Scalar functions and casts on DuckDB. In: a function's name and typed operands. Out: a typed expression.
Each rule says what Flink's documentation says of the function; where DuckDB's function of that name differs,
the rule makes up for it. A function that is not here raises :class:`UnsupportedError`.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.duckdb_values import (
    Typed,
    UnsupportedError,
    cast,
    condition,
    power,
    remainder,
    scaled,
    text,
    type_name,
    united,
    unscaled,
)
from zkql.plan.types import BIGINT, BOOLEAN, INT, NULL, TIMESTAMP, VARCHAR, Kind, SqlType, decimal
from zkql.plan.typing import remainder as remainder_type

Rule = Callable[[list[Typed]], Typed]
_FORMAT = "%Y-%m-%d %H:%M:%S.%g"
_READABLE = r" *\d\d\d\d-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d+)?)? *"
_JAVA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "SSS": "%g"}
_FIELDS = {
    "YEAR": "year({})", "QUARTER": "quarter({})", "MONTH": "month({})", "WEEK": "weekofyear({})",
    "DAY": "day({})", "DOW": "(dayofweek({}) + 1)", "DOY": "dayofyear({})", "HOUR": "hour({})",
    "MINUTE": "minute({})", "SECOND": "second({})", "MILLISECOND": "(millisecond({}) % 1000)",
    "EPOCH": "ref_floor(epoch_ms({}), 1000)",
}  # fmt: skip
_ALIASES = {
    "CEILING": "CEIL", "CHARACTER_LENGTH": "CHAR_LENGTH", "LENGTH": "CHAR_LENGTH", "SUBSTR": "SUBSTRING",
    "UCASE": "UPPER", "LCASE": "LOWER", "NVL": "IFNULL", "DAY": "DAYOFMONTH",
}  # fmt: skip
_PARTS = {
    "YEAR": "YEAR", "QUARTER": "QUARTER", "MONTH": "MONTH", "WEEK": "WEEK", "DAYOFYEAR": "DOY",
    "DAYOFMONTH": "DAY", "DAYOFWEEK": "DOW", "HOUR": "HOUR", "MINUTE": "MINUTE", "SECOND": "SECOND",
}  # fmt: skip


def call(name: str, operands: list[Typed]) -> Typed:
    """A function by its name; ``||`` is one as well."""
    name = _ALIASES.get(name, name)
    if name in _PARTS and len(operands) == 1:
        return extract(_PARTS[name], operands[0])
    if name in _TEMPLATES:
        template, kind = _TEMPLATES[name]
        kinds = [VARCHAR if o.type == NULL else o.type for o in operands]
        return Typed(template.format(*(cast(o, k) for o, k in zip(operands, kinds, strict=True))), kind)
    if name not in _RULES:
        raise UnsupportedError(name)
    return _RULES[name](operands)


# --- conditions -----------------------------------------------------------------------------------


def _if(operands: list[Typed]) -> Typed:
    (yes, no), kind = united(operands[1:])
    return Typed(f"CASE WHEN {condition(operands[0])} THEN {yes} ELSE {no} END", kind)


def _null_if(operands: list[Typed]) -> Typed:
    value, other = operands
    if Kind.NULL in (value.type.kind, other.type.kind):
        return value
    return Typed(f"CASE WHEN {value.sql} = {other.sql} THEN NULL ELSE {value.sql} END", value.type)


def _coalesce(operands: list[Typed]) -> Typed:
    values, kind = united(operands)
    return Typed(f"COALESCE({', '.join(values)})", kind)


def _extreme(function: str) -> Rule:
    """NULL where an operand is; DuckDB's leaves NULLs out."""

    def rule(operands: list[Typed]) -> Typed:
        values, kind = united(operands)
        nulls = " OR ".join(f"{v} IS NULL" for v in values)
        return Typed(f"CASE WHEN {nulls} THEN NULL ELSE {function}({', '.join(values)}) END", kind)

    return rule


# --- numbers --------------------------------------------------------------------------------------


def _mod(operands: list[Typed]) -> Typed:
    left, right = operands
    kind = remainder_type(left.type, right.type)
    if kind is None or Kind.NULL in (left.type.kind, right.type.kind):
        raise UnsupportedError("MOD")
    return remainder(left, right, kind)


def _abs(operands: list[Typed]) -> Typed:
    (value,) = operands
    return Typed(f"abs({value.sql})", value.type)


def _sign(operands: list[Typed]) -> Typed:
    kind = operands[0].type
    if kind.precision == kind.scale > 0:
        kind = decimal(kind.scale + 1, kind.scale)
    return Typed(f"CAST(sign({operands[0].sql}) AS {type_name(kind)})", kind)


def _whole(function: str) -> Rule:
    def rule(operands: list[Typed]) -> Typed:
        (value,) = operands
        if not value.type.scale:
            return value
        kind = decimal(value.type.precision, 0)
        return Typed(f"CAST({function}({value.sql}) AS {type_name(kind)})", kind)

    return rule


def _round(operands: list[Typed]) -> Typed:
    value, digits, kind = _kept(operands)
    if digits >= value.type.scale:
        return value
    return Typed(
        f"CAST(round(CAST({value.sql} AS DECIMAL(38, {value.type.scale})), {digits}) AS {type_name(kind)})",
        kind,
    )


def _truncate(operands: list[Typed]) -> Typed:
    value, digits, kind = _kept(operands)
    if digits >= value.type.scale:
        return value
    unit = power(value.type.scale - digits)
    return scaled(f"{unscaled(value)} // {unit} * {power(max(-digits, 0))}", kind)


def _kept(operands: list[Typed]) -> tuple[Typed, int, SqlType]:
    """A number, how many digits after the point are kept, and the type of what is left."""
    value, digits = operands[0], 0
    if len(operands) > 1:
        digits = int(operands[1].sql.removeprefix("CAST('").partition("'")[0])
    if value.type.kind is not Kind.DECIMAL:
        return value, digits, value.type
    whole = value.type.precision - value.type.scale + 1
    return value, digits, decimal(min(whole + max(digits, 0), 38), max(digits, 0))


# --- text -----------------------------------------------------------------------------------------


def _concat(operands: list[Typed]) -> Typed:
    """NULL where an operand is; DuckDB's CONCAT leaves NULLs out."""
    return Typed(f"({' || '.join(cast(o, VARCHAR) for o in operands)})", VARCHAR)


def _concat_ws(operands: list[Typed]) -> Typed:
    return Typed(f"concat_ws({', '.join(cast(o, VARCHAR) for o in operands)})", VARCHAR)


def _substring(operands: list[Typed]) -> Typed:
    """From 0 as from 1, from before the beginning nothing, of a negative length NULL."""
    value, start = cast(operands[0], VARCHAR), operands[1].sql
    place = f"CASE {start} WHEN 0 THEN 1 ELSE {start} END"
    rest = f"CASE WHEN -{start} > length({value}) THEN '' ELSE substring({value}, {place}"
    if len(operands) == 2:
        return Typed(f"{rest}) END", VARCHAR)
    count = operands[2].sql
    return Typed(f"CASE WHEN {count} >= 0 THEN {rest}, {count}) END END", VARCHAR)


def _padded(function: str) -> Rule:
    def rule(operands: list[Typed]) -> Typed:
        value, length, pad = operands
        sql = f"{function}({value.sql}, {length.sql}, CASE {pad.sql} WHEN '' THEN ' ' ELSE {pad.sql} END)"
        return Typed(f"CASE WHEN {length.sql} >= 0 AND {pad.sql} <> '' THEN {sql} END", VARCHAR)

    return rule


def _trimmed(function: str) -> Rule:
    def rule(operands: list[Typed]) -> Typed:
        characters = operands[1].sql if len(operands) > 1 else "' '"
        return Typed(f"{function}({cast(operands[0], VARCHAR)}, {characters})", VARCHAR)

    return rule


def _locate(operands: list[Typed]) -> Typed:
    needle, value = operands[0].sql, operands[1].sql
    start = f"greatest({operands[2].sql}, 1)" if len(operands) > 2 else "1"
    place = f"strpos(substring({value}, {start}), {needle})"
    found = f"CASE WHEN {needle} = '' THEN 1 WHEN {place} = 0 THEN 0 ELSE {place} + {start} - 1 END"
    nulls = " OR ".join(f"{o.sql} IS NULL" for o in operands)
    return Typed(f"CAST(CASE WHEN {nulls} THEN NULL ELSE {found} END AS INTEGER)", INT)


def _in_string(operands: list[Typed]) -> Typed:
    return _locate(operands[::-1])


def _split(operands: list[Typed]) -> Typed:
    """Parts count from 0; an empty text has none."""
    value, separator, index = (o.sql for o in operands)
    part = f"string_split({value}, {separator})[{index} + 1]"
    return Typed(f"CASE WHEN {index} >= 0 AND {value} <> '' THEN {part} END", VARCHAR)


def _regexp_extract(operands: list[Typed]) -> Typed:
    """NULL where nothing is found."""
    value, pattern = operands[0].sql, operands[1].sql
    group = operands[2].sql if len(operands) > 2 else "0"
    return Typed(
        f"CASE WHEN regexp_matches({value}, {pattern}) THEN regexp_extract({value}, {pattern}, {group}) END",
        VARCHAR,
    )


# --- time -----------------------------------------------------------------------------------------


def extract(unit: str, time: Typed) -> Typed:
    """EXTRACT(unit FROM time)."""
    if unit not in _FIELDS:
        raise UnsupportedError(unit)
    return Typed(f"CAST({_FIELDS[unit].format(cast(time, TIMESTAMP))} AS BIGINT)", BIGINT)


def later(unit: str, count: Typed, time: Typed) -> Typed:
    """TIMESTAMPADD(unit, count, time)."""
    return Typed(f"ref_time({time.sql} + CAST({count.sql} AS INTEGER) * INTERVAL 1 {unit})", TIMESTAMP)


def elapsed(unit: str, start: Typed, end: Typed) -> Typed:
    """TIMESTAMPDIFF(unit, start, end): whole units, towards zero."""
    return Typed(f"CAST(date_sub({text(unit.lower())}, {start.sql}, {end.sql}) AS INTEGER)", INT)


def _date_format(operands: list[Typed]) -> Typed:
    pattern = operands[1].sql
    for java, own in _JAVA.items():
        pattern = pattern.replace(java, own)
    return Typed(f"strftime({operands[0].sql}, {pattern})", VARCHAR)


# --- casts ----------------------------------------------------------------------------------------


def convert(value: Typed, kind: SqlType, *, attempt: bool = False) -> Typed:
    """CAST and TRY_CAST as written: decimals to integers are cut, text is cut to length."""
    word = "TRY_CAST" if attempt else "CAST"
    if value.type in (kind, NULL):
        return Typed(cast(value, kind), kind)
    own = value.sql
    if kind.kind is Kind.VARCHAR:
        own = _shown(value)
        return Typed(f"left({own}, {kind.precision})" if kind.precision else own, kind)
    if value.type.kind is Kind.INTERVAL:
        raise UnsupportedError(f"{value.type} to {kind}")
    if kind.is_integer and value.type.kind is Kind.VARCHAR:
        own = f"trunc({word}({own} AS DECIMAL(38, 6)))"
    elif kind.is_integer and value.type.kind is Kind.DECIMAL:
        own = f"trunc({own})"
    return Typed(f"{word}({own} AS {type_name(kind)})", kind)


def _shown(value: Typed) -> str:
    """A value as text: BOOLEAN in capitals, three digits of a second, a zero before the point."""
    match value.type.kind:
        case Kind.BOOLEAN:
            return f"upper(CAST({value.sql} AS VARCHAR))"
        case Kind.TIMESTAMP:
            return f"strftime({value.sql}, '{_FORMAT}')"
        case Kind.DECIMAL:
            own = f"CAST({value.sql} AS VARCHAR)"
            if value.type.precision > value.type.scale:
                return own
            return f"replace(replace('#' || {own}, '#.', '0.'), '#-.', '-0.')"
        case Kind.INTERVAL:
            raise UnsupportedError("text of an interval")
        case _:
            return f"CAST({value.sql} AS VARCHAR)"


_TEMPLATES: dict[str, tuple[str, SqlType]] = {
    "UPPER": ("upper({})", VARCHAR),
    "LOWER": ("lower({})", VARCHAR),
    "CHAR_LENGTH": ("CAST(length({}) AS INTEGER)", INT),
    "REVERSE": ("reverse({})", VARCHAR),
    "REPLACE": ("replace({}, {}, {})", VARCHAR),
    "REPEAT": ("repeat({}, {})", VARCHAR),
    "LEFT": ("left({0}, CASE WHEN {1} < 0 THEN 0 ELSE {1} END)", VARCHAR),
    "RIGHT": ("right({0}, CASE WHEN {1} < 0 THEN 0 ELSE {1} END)", VARCHAR),
    "STARTSWITH": ("starts_with({}, {})", BOOLEAN),
    "ENDSWITH": ("ends_with({}, {})", BOOLEAN),
    "REGEXP": ("regexp_matches({}, {})", BOOLEAN),
    "TO_TIMESTAMP": (
        f"CASE WHEN regexp_full_match({{0}}, '{_READABLE}') THEN TRY_CAST({{0}} AS TIMESTAMP) END",
        TIMESTAMP,
    ),
    "CARDINALITY": ("CAST(len({}) AS INTEGER)", INT),
}
_RULES: dict[str, Rule] = {
    "IF": _if,
    "NULLIF": _null_if,
    "COALESCE": _coalesce,
    "IFNULL": _coalesce,
    "GREATEST": _extreme("greatest"),
    "LEAST": _extreme("least"),
    "MOD": _mod,
    "ABS": _abs,
    "SIGN": _sign,
    "FLOOR": _whole("floor"),
    "CEIL": _whole("ceil"),
    "ROUND": _round,
    "TRUNCATE": _truncate,
    "||": _concat,
    "CONCAT": _concat,
    "CONCAT_WS": _concat_ws,
    "SUBSTRING": _substring,
    "TRIM": _trimmed("trim"),
    "LTRIM": _trimmed("ltrim"),
    "RTRIM": _trimmed("rtrim"),
    "LPAD": _padded("lpad"),
    "RPAD": _padded("rpad"),
    "LOCATE": _locate,
    "POSITION": _locate,
    "INSTR": _in_string,
    "SPLIT_INDEX": _split,
    "REGEXP_EXTRACT": _regexp_extract,
    "DATE_FORMAT": _date_format,
}
