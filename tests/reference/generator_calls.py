"""Random aggregate and OVER calls as zkql text. In: expressions over the rows, and what orders them. Out:
text with its type and bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from tests.reference.generator_expressions import Expressions, Written
from zkql.plan.types import BIGINT, BOOLEAN, INT, TIMESTAMP, Kind, SqlType
from zkql.plan.typing import FRACTION, average_type, covariance_type, spread_type, sum_type

AGGREGATES = {
    "COUNT(*)": 4, "COUNT": 3, "SUM": 5, "MIN": 3, "MAX": 3, "AVG": 4, "VAR_POP": 1, "VAR_SAMP": 1,
    "STDDEV_POP": 1, "STDDEV_SAMP": 1, "MEDIAN": 2, "PERCENTILE_CONT": 2, "PERCENTILE_DISC": 2,
    "BIT_AND": 1, "BIT_OR": 1, "BIT_XOR": 1, "BOOL_AND": 1, "BOOL_OR": 1, "EVERY": 1, "COLLECT_DISTINCT": 1,
    "TOP": 1, "BOTTOM": 1, "MODE": 1, "COVAR_POP": 1, "COVAR_SAMP": 1, "CORR": 1, "ARG_MAX": 1, "ARG_MIN": 1,
    "MAX_BY": 0.5, "MIN_BY": 0.5, "RANK": 0.7, "DENSE_RANK": 0.7, "PERCENT_RANK": 0.7, "CUME_DIST": 0.7,
}  # fmt: skip
HYPOTHETICAL = ("RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST")
"""With WITHIN GROUP the rank that a value would have."""
RANKS = ("ROW_NUMBER()", "RANK()", "DENSE_RANK()", "PERCENT_RANK()", "CUME_DIST()", "NTILE(3)", "NTILE(1)")
TIED = ("RANK()", "DENSE_RANK()", "PERCENT_RANK()", "CUME_DIST()")
"""Ranks that rows of one order key share."""
FRAMES = (
    "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", "ROWS UNBOUNDED PRECEDING",
    "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
    "ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING", "ROWS BETWEEN 1 FOLLOWING AND 4 FOLLOWING",
    "ROWS 10 PRECEDING", "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", "RANGE UNBOUNDED PRECEDING",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
)  # fmt: skip
TIMED = (
    "RANGE BETWEEN INTERVAL '3' SECOND PRECEDING AND CURRENT ROW", "RANGE INTERVAL '1' MINUTE PRECEDING",
    "RANGE BETWEEN INTERVAL '1' SECOND PRECEDING AND INTERVAL '500' MILLISECOND FOLLOWING",
    "RANGE BETWEEN INTERVAL '2' SECOND FOLLOWING AND UNBOUNDED FOLLOWING",
)  # fmt: skip
COUNTED = (
    "RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING", "RANGE 10 PRECEDING",
    "RANGE BETWEEN 1 FOLLOWING AND 5 FOLLOWING",
)  # fmt: skip
_MOST_ROWS = 200
_ROWS_OF_A_GROUP = 30


def aggregate(
    random: Random,
    rows: Expressions,
    *,
    over: bool = False,
    unique: Sequence[str] | None = None,
    ordered: bool = False,
) -> Written:
    """An aggregate call; ``over`` leaves out what cannot stand before OVER. ``unique`` columns tell rows
    apart, ``ordered`` ones have one order: where neither is so, no call may depend on which row is first."""
    names = [n for n in AGGREGATES if not (over and n.startswith(("PERCENTILE", "COLLECT", *HYPOTHETICAL)))]
    name = random.choices(names, [AGGREGATES[n] for n in names])[0]
    where = f" FILTER (WHERE {rows.boolean(1).text})" if random.random() < 0.25 else ""
    distinct = "DISTINCT " if random.random() < 0.2 else ""
    if name == "COUNT(*)":
        return Written(f"COUNT(*){where}", BIGINT, _MOST_ROWS)
    if name in HYPOTHETICAL:
        return _hypothetical(name, random, rows, where)
    if name.startswith(("COVAR", "CORR")):
        return _covariance(name, rows, where)
    value = _argument(name, rows)
    if value is None:
        return Written("COUNT(*)", BIGINT, _MOST_ROWS)
    kind, bound = _result(name, value)
    if name.startswith("PERCENTILE"):
        fraction = random.choice(["0", "0.1", "0.25", "0.5", "0.9", "0.95", "1"])
        if name == "PERCENTILE_CONT" and random.random() < 0.2:
            return Written(f"PERCENTILE({value.text}, {fraction}){where}", kind, bound)
        order = f"ORDER BY {value.text}{random.choice(['', ' ASC', ' DESC'])}"
        return Written(f"{name}({fraction}) WITHIN GROUP ({order}){where}", kind, bound)
    if name in ("TOP", "BOTTOM"):
        count = random.choice([1, 2, 2, 3, 5, 1000])
        call = f"{name}({distinct}{value.text}, {count}){where}"
        shown = not over and random.random() < 0.3
        return Written(f"CARDINALITY({call})", INT, 999) if shown else Written(call, kind, bound)
    if name in ("ARG_MAX", "ARG_MIN", "MAX_BY", "MIN_BY"):
        other = value.text
        if ordered:
            other = rows.root(1).text
        elif unique is not None and len(unique) == 1:
            other = unique[0]
        return Written(f"{name}({value.text}, {other}){where}", kind, bound, wide=value.wide)
    if name == "MODE":
        distinct = ""
    if name == "COLLECT_DISTINCT":
        call = f"COLLECT_DISTINCT({value.text}){where}"
        return (
            Written(f"CARDINALITY({call})", INT, 99) if random.random() < 0.3 else Written(call, kind, bound)
        )
    return Written(f"{name}({distinct}{value.text}){where}", kind, bound, wide=value.wide)


def _argument(name: str, rows: Expressions) -> Written | None:
    match name:
        case "COUNT":
            return rows.root(1)
        case "MIN" | "MAX" | "PERCENTILE_DISC" | "COLLECT_DISTINCT" | "TOP" | "BOTTOM" | "MODE":
            return rows.root(1)
        case "ARG_MAX" | "ARG_MIN" | "MAX_BY" | "MIN_BY":
            return rows.root(1)
        case "BOOL_AND" | "BOOL_OR" | "EVERY":
            return rows.boolean(1)
        case "BIT_AND" | "BIT_OR" | "BIT_XOR":
            return rows.integer(0)
        case "MEDIAN" | "PERCENTILE_CONT" if rows.random.random() < 0.2:
            return rows.time(0)
        case _:
            for _ in range(9):
                value = rows.number(1)
                if _fits(name, value):
                    return value
            return None


def _fits(name: str, value: Written) -> bool:
    """Whether the exact result stays in its type, and in DuckDB's 128 bits."""
    kind, bound = _result(name, value)
    if name.startswith(("VAR", "STDDEV")):
        units = value.bound * 10 ** (kind.scale - value.type.scale)
        return bool(4 * (_ROWS_OF_A_GROUP * units) ** 2 < 2**126)
    return bound <= kind.bounds[1]


def _result(name: str, value: Written) -> tuple[SqlType, int]:
    kind = value.type
    match name:
        case "COUNT":
            return BIGINT, _MOST_ROWS
        case "SUM":
            return sum_type(kind), value.bound * _MOST_ROWS
        case "AVG":
            own = average_type(kind)
            return own, value.bound * 10 ** (own.scale - kind.scale)
        case "BOOL_AND" | "BOOL_OR" | "EVERY":
            return BOOLEAN, 1
        case "COLLECT_DISTINCT" | "TOP" | "BOTTOM":
            return SqlType(Kind.ARRAY, fields=(("element", kind),)), 0
        case "MEDIAN" | "PERCENTILE_CONT" if kind == TIMESTAMP:
            return TIMESTAMP, 0
        case "MEDIAN" | "PERCENTILE_CONT":
            own = spread_type(kind)
            return own, value.bound * 10 ** (own.scale - kind.scale)
        case "VAR_POP" | "VAR_SAMP" | "STDDEV_POP" | "STDDEV_SAMP":
            own = spread_type(kind)
            return own, 2 * value.bound**2 * 10 ** (own.scale - kind.scale)
        case "BIT_AND" | "BIT_OR" | "BIT_XOR":
            return kind, 2 * value.bound
        case _:
            return kind, value.bound


def _covariance(name: str, rows: Expressions, where: str) -> Written:
    """A function of two numbers, whose exact value stays in its type, and in DuckDB's 128 bits."""
    for _ in range(9):
        a, b = rows.number(1), rows.number(1)
        product = 2 * _ROWS_OF_A_GROUP**2 * a.bound * b.bound
        if name == "CORR":
            kind, bound, most = FRACTION, 10**FRACTION.scale, 4 * product**2 * 100**FRACTION.scale
        else:
            kind = covariance_type(a.type, b.type)
            units = 10 ** max(kind.scale - a.type.scale - b.type.scale, 0)
            bound, most = 2 * a.bound * b.bound * units, 2 * product * units
        if bound <= kind.bounds[1] and most < 2**126:
            return Written(f"{name}({a.text}, {b.text}){where}", kind, bound)
    return Written(f"COUNT(*){where}", BIGINT, _MOST_ROWS)


def _hypothetical(name: str, random: Random, rows: Expressions, where: str) -> Written:
    """The rank of a constant among the values of a group."""
    key = rows.root(1)
    constants = Expressions(random, ())
    value = random.choice(["TRUE", "FALSE"]) if key.type == BOOLEAN else constants.of(key.type, 0).text
    if key.type.is_numeric:
        value = random.choice([value, f"-{value}", f"{value} * {constants.constant().text}"])
    if random.random() < 0.1:
        value = "NULL"
    order = f"ORDER BY {key.text}{random.choice(['', '', ' ASC', ' DESC'])}"
    order += random.choice(["", "", "", " NULLS FIRST", " NULLS LAST"])
    kind = FRACTION if name.startswith(("PERCENT", "CUME")) else BIGINT
    bound = 10**9 if kind == FRACTION else _MOST_ROWS
    return Written(f"{name}({value}) WITHIN GROUP ({order}){where}", kind, bound)


def analytic(random: Random, rows: Expressions, unique: Sequence[str] | None, time: str | None) -> Written:
    """``function(…) OVER (…)``. Where no columns are ``unique``, rows of one order key share its value."""
    partition = random.sample(
        [c.text for c in rows.columns if c.type.kind is not Kind.ARRAY],
        k=random.choice([0, 1, 1, 2]) % len(rows.columns),
    )
    by = f"PARTITION BY {', '.join(partition)} " if partition else ""
    key = Written(time, TIMESTAMP, 0) if time and random.random() < 0.5 else rows.any(0)
    direction = random.choice(["", "", " ASC", " DESC"])
    order = f"ORDER BY {key.text}{direction}{random.choice(['', '', '', ' NULLS FIRST', ' NULLS LAST'])}"
    if unique is None:
        return _tied(random, rows, by, order, key)
    form = random.random()
    total = ", ".join([order, *unique])
    if form < 0.25:
        call = random.choice(RANKS)
        kind = FRACTION if call.startswith(("PERCENT", "CUME")) else BIGINT
        return Written(f"{call} OVER ({by}{total})", kind, 10**9 if kind == FRACTION else _MOST_ROWS)
    if form < 0.45:
        value = rows.any(1)
        name, away = random.choice(["LAG", "LEAD"]), random.choice(["", ", 1", ", 2", ", 0"])
        if away and random.random() < 0.4:
            away += f", {value.text}"
        return Written(
            f"{name}({value.text}{away}) OVER ({by}{total})", value.type, value.bound, wide=value.wide
        )
    frame = random.choice([*FRAMES, ""])
    if form < 0.55:
        value = rows.any(1)
        name = random.choice(["FIRST_VALUE", "LAST_VALUE"])
        return Written(
            f"{name}({value.text}) OVER ({by}{total} {frame})", value.type, value.bound, wide=value.wide
        )
    if form < 0.75:
        return _ranged(random, rows, by, order, key)
    whole = random.random() < 0.15
    made = aggregate(random, rows, over=True, unique=unique, ordered=not whole)
    inside = by.strip() if whole else f"{by}{total} {frame}"
    return replace(made, text=f"{made.text} OVER ({inside})")


def _tied(random: Random, rows: Expressions, by: str, order: str, key: Written) -> Written:
    if random.random() < 0.4:
        call = random.choice(TIED)
        kind = FRACTION if call.startswith(("PERCENT", "CUME")) else BIGINT
        return Written(f"{call} OVER ({by}{order})", kind, 10**9 if kind == FRACTION else _MOST_ROWS)
    return _ranged(random, rows, by, order, key)


def _ranged(random: Random, rows: Expressions, by: str, order: str, key: Written) -> Written:
    """An aggregate over a RANGE of one order key, which its peers share."""
    call = aggregate(random, rows, over=True)
    frames = ["", "RANGE UNBOUNDED PRECEDING"]
    if key.type == TIMESTAMP:
        frames += TIMED
    elif key.type.is_numeric and not key.wide:
        frames += COUNTED
    return Written(
        f"{call.text} OVER ({by}{order} {random.choice(frames)})", call.type, call.bound, wide=call.wide
    )
