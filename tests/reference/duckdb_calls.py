"""Aggregate and analytic calls on DuckDB. In: typed arguments, and what stands around the call. Out: a
typed expression, exact: DuckDB counts, sums, sorts and collects; what it would compute as a float is
computed from its sums, or from the list of the values, in integers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.reference.duckdb_values import (
    Typed,
    UnsupportedError,
    number,
    power,
    rounded,
    scaled,
    united,
    unscaled,
)
from zkql.plan.types import BIGINT, TIMESTAMP, Kind, array
from zkql.plan.typing import FRACTION, average_type, covariance_type, spread_type, sum_type

ALIASES = {
    "VARIANCE": "VAR_SAMP",
    "STDDEV": "STDDEV_SAMP",
    "PERCENTILE": "PERCENTILE_CONT",
    "EVERY": "BOOL_AND",
    "ANY": "BOOL_OR",
    "SOME": "BOOL_OR",
    "FIRST": "FIRST_VALUE",
    "LAST": "LAST_VALUE",
    "MAX_BY": "ARG_MAX",
    "MIN_BY": "ARG_MIN",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a call: DISTINCT, FILTER's condition, WITHIN GROUP's key and its order,
    ``OVER (…)``."""

    distinct: bool = False
    filter: str | None = None
    key: Typed | None = None
    descending: bool = False
    nulls_first: bool = True
    over: str | None = None

    def call(self, function: str, argument: str, *, known: tuple[str, ...] = ()) -> str:
        """A DuckDB call; ``known`` is what must not be NULL, beside FILTER."""
        conditions = [] if self.filter is None else [self.filter]
        conditions += [f"{own} IS NOT NULL" for own in known]
        text = f"{function}({'DISTINCT ' if self.distinct else ''}{argument})"
        if conditions:
            text += f" FILTER (WHERE {' AND '.join(conditions)})"
        return text if self.over is None else f"{text} {self.over}"

    def values(self, value: Typed) -> str:
        """The values that are not NULL, as a sorted list; NULL if there are none. Numbers are
        HUGEINTs, times milliseconds."""
        own = value.sql
        if value.type.is_numeric:
            own = unscaled(value)
        elif value.type.kind is Kind.TIMESTAMP:
            own = f"CAST(epoch_ms({own}) AS HUGEINT)"
        return f"list_sort({self.call('list', own, known=(value.sql,))})"


def call(name: str, arguments: list[Typed], around: Around) -> Typed | None:
    """A call by any of its names; None if there is no such function. ``COUNT(*)`` has no arguments."""
    function = ALIASES.get(name.upper(), name.upper())
    if function in _HYPOTHETICAL and around.key is not None:
        return _hypothetical(function, arguments, around)
    if function in AGGREGATES:
        return AGGREGATES[function](arguments, around)
    if function in _ANALYTIC and around.over is not None:
        return _analytic(function, arguments, around.over)
    return None


def _count(arguments: list[Typed], around: Around) -> Typed:
    return Typed(around.call("COUNT", arguments[0].sql if arguments else "*"), BIGINT)


def _sum(arguments: list[Typed], around: Around) -> Typed:
    """DuckDB sums integers as HUGEINT, and decimals at their scale."""
    (value,) = arguments
    kind, total = sum_type(value.type), around.call("SUM", value.sql)
    return scaled(total, kind) if value.type.is_integer else Typed(total, kind)


def _average(arguments: list[Typed], around: Around) -> Typed:
    (value,) = arguments
    kind = average_type(value.type)
    total = unscaled(_sum([value], around))
    count = f"NULLIF({around.call('COUNT', value.sql)}, 0)"
    if kind.kind is not Kind.DECIMAL:
        return scaled(f"{total} // {count}", kind)
    return rounded(total, count, kind.scale - value.type.scale, kind)


def _native(function: str) -> Callable[[list[Typed], Around], Typed]:
    def made(arguments: list[Typed], around: Around) -> Typed:
        return Typed(around.call(function, arguments[0].sql), arguments[0].type)

    return made


def _spread(*, sample: bool, root: bool) -> Callable[[list[Typed], Around], Typed]:
    """Variance: n·Σv² − (Σv)² over n², or over n·(n − 1); its root."""

    def made(arguments: list[Typed], around: Around) -> Typed:
        (value,) = arguments
        kind = spread_type(value.type)
        values = around.values(value)
        n = f"CAST(len({values}) AS HUGEINT)"
        squares, divisor = f"ref_spread({values})", f"NULLIF({n} * ({n} - {int(sample)}), 0)"
        if not root:
            return rounded(squares, divisor, kind.scale - 2 * value.type.scale, kind)
        shift = 10 ** (2 * (kind.scale - value.type.scale))
        squares = f"CASE WHEN {divisor} IS NOT NULL THEN {squares} * CAST('{shift}' AS HUGEINT) END"
        return scaled(f"ref_root({squares}, {divisor})", kind)

    return made


def _between(value: Typed, fraction: tuple[int, int], around: Around) -> Typed:
    """The value at a fraction ``p / q`` of the sorted rows, on the line between its neighbours."""
    p, q = fraction
    values = around.values(value)
    if around.descending:
        values = f"list_reverse({values})"
    exact = f"ref_between({values}, {p}, {q})"
    if value.type.kind is Kind.TIMESTAMP:
        return Typed(f"epoch_ms(CAST(ref_floor(2 * {exact} + {q}, 2 * {q}) AS BIGINT))", TIMESTAMP)
    kind = spread_type(value.type)
    return rounded(exact, f"CAST({q} AS HUGEINT)", kind.scale - value.type.scale, kind)


def _median(arguments: list[Typed], around: Around) -> Typed:
    return _between(arguments[0], (1, 2), around)


def _continuous(arguments: list[Typed], around: Around) -> Typed:
    if around.key is None:  # PERCENTILE(value, fraction)
        return _between(arguments[0], _fraction(arguments[1]), around)
    return _between(around.key, _fraction(arguments[0]), around)


def _discrete(arguments: list[Typed], around: Around) -> Typed:
    p, q = _fraction(arguments[0])
    assert around.key is not None
    values = f"list_sort({around.call('list', around.key.sql, known=(around.key.sql,))})"
    if around.descending:
        values = f"list_reverse({values})"
    return Typed(f"{values}[greatest(1, (len({values}) * {p} + {q - 1}) // {q})]", around.key.type)


def _fraction(value: Typed) -> tuple[int, int]:
    """The fraction that a literal writes."""
    digits = value.sql.removeprefix("CAST('").partition("'")[0]
    whole, _, part = digits.partition(".")
    if not (whole + part).isdigit():
        raise UnsupportedError(value.sql)
    return int(whole + part), int(10 ** len(part))


def _collect(arguments: list[Typed], around: Around) -> Typed:
    (value,) = arguments
    distinct = Around(distinct=True, filter=around.filter, over=around.over)
    return Typed(f"list_sort({distinct.call('list', value.sql, known=(value.sql,))})", array(value.type))


def _listed(function: str) -> Callable[[list[Typed], Around], Typed]:
    def made(arguments: list[Typed], around: Around) -> Typed:
        value, count = arguments
        return Typed(around.call(function, f"{value.sql}, {count.sql}"), array(value.type))

    return made


def _mode(arguments: list[Typed], around: Around) -> Typed:
    """DuckDB's own takes any of the values that are there equally often."""
    (value,) = arguments
    return Typed(f"ref_mode({around.call('list', value.sql, known=(value.sql,))})", value.type)


def _by_other(function: str) -> Callable[[list[Typed], Around], Typed]:
    """DuckDB's own takes any of the rows that are equal."""

    def made(arguments: list[Typed], around: Around) -> Typed:
        value, other = arguments
        wanted = around.call(function, other.sql, known=(value.sql,))
        return Typed(f"ref_first({_pairs(value.sql, other.sql, arguments, around)}, {wanted})", value.type)

    return made


def _pairs(a: str, b: str, arguments: list[Typed], around: Around) -> str:
    """The rows where no argument is NULL, as structs of ``a`` and ``b``."""
    return around.call("list", f"struct_pack(a := {a}, b := {b})", known=tuple(v.sql for v in arguments))


def _covariance(*, sample: bool) -> Callable[[list[Typed], Around], Typed]:
    def made(arguments: list[Typed], around: Around) -> Typed:
        kind = covariance_type(*(a.type for a in arguments))
        rows = _pairs(*map(unscaled, arguments), arguments, around)
        n = f"CAST(len({rows}) AS HUGEINT)"
        divisor = f"NULLIF({n} * ({n} - {int(sample)}), 0)"
        shift = kind.scale - sum(a.type.scale for a in arguments)
        return rounded(f"ref_covariance({rows})", divisor, shift, kind)

    return made


def _correlation(arguments: list[Typed], around: Around) -> Typed:
    """The root of the square of the covariance over both variances, with the covariance's sign."""
    a, b = map(unscaled, arguments)
    both, left, right = (
        f"ref_covariance({_pairs(*pair, arguments, around)})" for pair in ((a, b), (a, a), (b, b))
    )
    variances = f"NULLIF({left} * {right}, 0)"
    square = f"CASE WHEN {variances} IS NOT NULL THEN {both} * {both} * {power(2 * FRACTION.scale)} END"
    return scaled(f"ref_root({square}, {variances}) * CASE WHEN {both} < 0 THEN -1 ELSE 1 END", FRACTION)


def _hypothetical(function: str, arguments: list[Typed], around: Around) -> Typed:
    """Ranks from counts of the rows that come before one with the value, and of those that equal it."""
    (value,), key = arguments, around.key
    assert key is not None
    operator = ">" if around.descending else "<"
    before = (
        f"CASE WHEN {key.sql} IS NULL THEN {value.sql} IS NOT NULL AND {around.nulls_first} "
        f"WHEN {value.sql} IS NULL THEN {not around.nulls_first} ELSE {key.sql} {operator} {value.sql} END"
    )
    rank = f"(1 + {around.call('COUNT', f'CASE WHEN {before} THEN 1 END')})"
    rows = around.call("COUNT", "*")
    match function:
        case "RANK":
            return Typed(rank, BIGINT)
        case "DENSE_RANK":
            distinct = replace(around, distinct=True).call("COUNT", f"CASE WHEN {before} THEN {key.sql} END")
            null = f"{around.call('COUNT', f'CASE WHEN {before} AND {key.sql} IS NULL THEN 1 END')} > 0"
            return Typed(f"(1 + {distinct} + CASE WHEN {null} THEN 1 ELSE 0 END)", BIGINT)
        case "PERCENT_RANK":
            return rounded(f"CAST({rank} - 1 AS HUGEINT)", f"greatest({rows}, 1)", FRACTION.scale, FRACTION)
    equal = f"{key.sql} IS NOT DISTINCT FROM {value.sql}"
    up_to = f"CAST({rank} + {around.call('COUNT', f'CASE WHEN {equal} THEN 1 END')} AS HUGEINT)"
    return rounded(up_to, f"({rows} + 1)", FRACTION.scale, FRACTION)


def _positional(function: str) -> Callable[[list[Typed], Around], Typed]:
    def made(arguments: list[Typed], around: Around) -> Typed:
        name = f"{function}_value" if around.over and around.filter is None else function
        return Typed(around.call(name, arguments[0].sql), arguments[0].type)

    return made


AGGREGATES: dict[str, Callable[[list[Typed], Around], Typed]] = {
    "COUNT": _count,
    "SUM": _sum,
    "AVG": _average,
    "MIN": _native("MIN"),
    "MAX": _native("MAX"),
    "VAR_POP": _spread(sample=False, root=False),
    "VAR_SAMP": _spread(sample=True, root=False),
    "STDDEV_POP": _spread(sample=False, root=True),
    "STDDEV_SAMP": _spread(sample=True, root=True),
    "MEDIAN": _median,
    "PERCENTILE_CONT": _continuous,
    "PERCENTILE_DISC": _discrete,
    "BIT_AND": _native("bit_and"),
    "BIT_OR": _native("bit_or"),
    "BIT_XOR": _native("bit_xor"),
    "BOOL_AND": _native("bool_and"),
    "BOOL_OR": _native("bool_or"),
    "COLLECT_DISTINCT": _collect,
    "FIRST_VALUE": _positional("first"),
    "LAST_VALUE": _positional("last"),
    "TOP": _listed("max"),
    "BOTTOM": _listed("min"),
    "MODE": _mode,
    "COVAR_POP": _covariance(sample=False),
    "COVAR_SAMP": _covariance(sample=True),
    "CORR": _correlation,
    "ARG_MAX": _by_other("max"),
    "ARG_MIN": _by_other("min"),
}
_HYPOTHETICAL = ("RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST")
_ANALYTIC = ("ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG", "LEAD")


def _analytic(function: str, arguments: list[Typed], over: str) -> Typed:
    match function:
        case "PERCENT_RANK" | "CUME_DIST":
            return Typed(f"CAST({function}() {over} AS DECIMAL(10, 9))", FRACTION)
        case "LAG" | "LEAD":
            values, kind = united([arguments[0], *arguments[2:]])
            offset = arguments[1].sql if len(arguments) > 1 else number(1, BIGINT).sql
            inside = ", ".join([values[0], offset, *values[1:]])
            return Typed(f"{function}({inside}) {over}", kind)
        case _:
            inside = ", ".join(a.sql for a in arguments)
            return Typed(f"{function}({inside}) {over}", BIGINT)
