"""Every aggregate that has a circuit. In: a call. Out: its entry, None where there is none yet.

The one source of what can be proven: the compiler lowers calls by it, and ``zkql functions`` and the
documentation print it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.lower import basic, bits, distinct, lists, moments, percentiles, positions, ranks
from zkql.plan.functions.aggregates import HYPOTHETICAL, Function

if TYPE_CHECKING:
    from zkql.circuit.lower.answer import Answer, ListAnswer, Operand
    from zkql.circuit.lower.selection import Selection
    from zkql.plan.calls import Aggregation

    Lowering = Callable[[Selection, Aggregation, tuple[Operand, ...]], Answer | ListAnswer]


@dataclass(frozen=True, slots=True)
class Entry:
    """``example`` is a call over the columns ``load DECIMAL(4, 1)``, ``temp INT``, ``ok BOOLEAN`` and
    ``name VARCHAR(8)``. ``sees_null`` says that rows whose argument is NULL count."""

    example: str
    meaning: str
    function: Function
    lower: Lowering
    distinct: bool = False
    hypothetical: bool = False
    sees_null: bool = False


ENTRIES: tuple[Entry, ...] = (
    Entry("COUNT(*)", "how many rows, or values that are not NULL", Function.COUNT, basic.count),
    Entry("SUM(load)", "the sum; never wraps", Function.SUM, basic.total),
    Entry(
        "AVG(load)",
        "the mean: of integers cut towards zero, of decimals rounded half away from zero",
        Function.AVG,
        basic.average,
    ),
    Entry("MIN(load)", "the smallest value", Function.MIN, basic.extreme),
    Entry("MAX(load)", "the largest value", Function.MAX, basic.extreme),
    Entry("EVERY(ok)", "whether all are true (BOOL_AND)", Function.BOOL_AND, basic.every),
    Entry("ANY(ok)", "whether one is true (BOOL_OR, SOME)", Function.BOOL_OR, basic.every),
    Entry("BIT_AND(temp)", "the bits that all have", Function.BIT_AND, bits.bitwise),
    Entry("BIT_OR(temp)", "the bits that one has", Function.BIT_OR, bits.bitwise),
    Entry("BIT_XOR(temp)", "the bits that an odd number have", Function.BIT_XOR, bits.bitwise),
    Entry(
        "FIRST_VALUE(load)",
        "the first in order of event time, device and sequence number",
        Function.FIRST_VALUE,
        positions.first_or_last,
        sees_null=True,
    ),
    Entry("LAST_VALUE(load)", "the last", Function.LAST_VALUE, positions.first_or_last, sees_null=True),
    Entry(
        "ARG_MAX(name, load)",
        "the first argument on the first row with the largest second one",
        Function.ARG_MAX,
        positions.argument_of_extreme,
    ),
    Entry(
        "ARG_MIN(name, load)",
        "the first argument on the first row with the smallest second one",
        Function.ARG_MIN,
        positions.argument_of_extreme,
    ),
    Entry("MEDIAN(load)", "PERCENTILE_CONT(0.5)", Function.MEDIAN, percentiles.median),
    Entry(
        "PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY load)",
        "the value at row fraction · (n - 1), on the line between its neighbours",
        Function.PERCENTILE_CONT,
        percentiles.continuous,
    ),
    Entry(
        "PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY load)",
        "the first value whose cumulative distribution is at least the fraction",
        Function.PERCENTILE_DISC,
        percentiles.discrete,
    ),
    Entry("VAR_POP(load)", "the variance over n", Function.VAR_POP, moments.covariance),
    Entry("VAR_SAMP(load)", "the variance over n - 1", Function.VAR_SAMP, moments.covariance),
    Entry("STDDEV_POP(load)", "the root of VAR_POP", Function.STDDEV_POP, moments.deviation),
    Entry("STDDEV_SAMP(load)", "the root of VAR_SAMP", Function.STDDEV_SAMP, moments.deviation),
    Entry("COVAR_POP(load, temp)", "the covariance over n", Function.COVAR_POP, moments.covariance),
    Entry("COVAR_SAMP(load, temp)", "the covariance over n - 1", Function.COVAR_SAMP, moments.covariance),
    Entry("CORR(load, temp)", "Pearson's coefficient, nine digits", Function.CORR, moments.correlation),
    Entry(
        "COUNT(DISTINCT load)",
        "how many different values",
        Function.COUNT,
        distinct.count_distinct,
        distinct=True,
    ),
    Entry("SUM(DISTINCT load)", "the sum of the different values", Function.SUM, distinct.sum_distinct, True),
    Entry(
        "AVG(DISTINCT load)",
        "the mean of the different values",
        Function.AVG,
        distinct.average_distinct,
        True,
    ),
    *(
        Entry(
            f"{function}(DISTINCT load)",
            f"{function} of the different values",
            function,
            distinct.of_distinct(moments.covariance),
            distinct=True,
        )
        for function in (Function.VAR_POP, Function.VAR_SAMP)
    ),
    *(
        Entry(
            f"{function}(DISTINCT load)",
            f"{function} of the different values",
            function,
            distinct.of_distinct(moments.deviation),
            distinct=True,
        )
        for function in (Function.STDDEV_POP, Function.STDDEV_SAMP)
    ),
    Entry(
        "MEDIAN(DISTINCT load)",
        "the median of the different values",
        Function.MEDIAN,
        distinct.of_distinct(percentiles.median),
        distinct=True,
    ),
    Entry(
        "BIT_XOR(DISTINCT temp)",
        "the bits that an odd number of the different values have",
        Function.BIT_XOR,
        distinct.of_distinct(bits.bitwise),
        distinct=True,
    ),
    Entry(
        "COLLECT_DISTINCT(temp)",
        "each value once, ascending",
        Function.COLLECT_DISTINCT,
        lists.collect_distinct,
    ),
    Entry("TOP(load, 3)", "the largest values, from the largest on", Function.TOP, lists.top),
    Entry("TOP(DISTINCT load, 3)", "the largest different values", Function.TOP, lists.top, distinct=True),
    Entry("BOTTOM(load, 3)", "the smallest values, from the smallest on", Function.BOTTOM, lists.bottom),
    Entry(
        "BOTTOM(DISTINCT load, 3)",
        "the smallest different values",
        Function.BOTTOM,
        lists.bottom,
        distinct=True,
    ),
    Entry("MODE(temp)", "the most frequent value, of several the smallest", Function.MODE, lists.mode),
    Entry(
        "RANK(20) WITHIN GROUP (ORDER BY temp)",
        "the rank that one more row with this value would have",
        Function.RANK,
        ranks.rank,
        hypothetical=True,
        sees_null=True,
    ),
    Entry(
        "DENSE_RANK(20) WITHIN GROUP (ORDER BY temp)",
        "the same without gaps after ties",
        Function.DENSE_RANK,
        ranks.dense_rank,
        hypothetical=True,
        sees_null=True,
    ),
    Entry(
        "PERCENT_RANK(20) WITHIN GROUP (ORDER BY temp)",
        "the part of the rows that is before it",
        Function.PERCENT_RANK,
        ranks.percent_rank,
        hypothetical=True,
        sees_null=True,
    ),
    Entry(
        "CUME_DIST(20) WITHIN GROUP (ORDER BY temp)",
        "the part of the rows that is not after it, itself included",
        Function.CUME_DIST,
        ranks.cumulative,
        hypothetical=True,
        sees_null=True,
    ),
)

_PLAIN_IS_DISTINCT = frozenset(
    (
        Function.MIN,
        Function.MAX,
        Function.BOOL_AND,
        Function.BOOL_OR,
        Function.BIT_AND,
        Function.BIT_OR,
    )
)
"""For these DISTINCT changes nothing."""


def entry_of(call: Aggregation) -> Entry | None:
    """The entry of a call; None where it cannot be proven over private rows yet."""
    distinct = call.distinct and call.function not in _PLAIN_IS_DISTINCT
    hypothetical = call.function in HYPOTHETICAL
    for entry in ENTRIES:
        if (entry.function, entry.distinct, entry.hypothetical) == (call.function, distinct, hypothetical):
            return entry
    return None
