"""Gadgets on their own, drawn for the question whether their outputs and their advice follow from what they
read. Every class of gadget is here or in :mod:`tests.unique_arguments`."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from tests import functions
from tests.harness import query
from tests.sketch import Draw, Sketch, Trial
from zkql.circuit.gadgets.arithmetic import Multiply, Quotient, Rounding
from zkql.circuit.gadgets.attained import Attained
from zkql.circuit.gadgets.bits import Bits, BitSums, Digits, Weighted
from zkql.circuit.gadgets.compare import Equal, InRange, Less
from zkql.circuit.gadgets.extreme import Extreme
from zkql.circuit.gadgets.groups import ChosenMembers, Members, UnusedKeys
from zkql.circuit.gadgets.live import Live
from zkql.circuit.gadgets.membership import NoneOf, OneOf
from zkql.circuit.gadgets.numbering import GroupNumber
from zkql.circuit.gadgets.order import OrderStatistic
from zkql.circuit.gadgets.pairs import Constants, Extended, OfLeft, OfPairs
from zkql.circuit.gadgets.permutation import Ascending, Counts, Permuted
from zkql.circuit.gadgets.positions import Element, EndValue
from zkql.circuit.gadgets.prefix import Prefix
from zkql.circuit.gadgets.reveal import Reveal, RevealItems, RevealKnown
from zkql.circuit.gadgets.root import NearestRoot
from zkql.circuit.gadgets.rows import Context, Opening, Unread
from zkql.circuit.gadgets.runs import Buckets, RunEdges, RunningMode, Starts
from zkql.circuit.gadgets.slices import (
    Copy,
    Differences,
    Item,
    Neighbour,
    Numbering,
    RunningSum,
    Slice,
    Sum,
)
from zkql.circuit.gadgets.tables import Interpolated, Marked
from zkql.circuit.gadgets.totals import GroupTotals, GroupValues, Total
from zkql.circuit.waksman import network
from zkql.circuit.wires import Linear, Wire, constant
from zkql.crypto.field import P

INT = (-(2**31), 2**31 - 1)
BIT = (0, 1)
GROUPS = 2


def _plain(kind: type, *fields: object) -> Draw:
    """A gadget over one column of INT, and more fields."""
    return lambda s, n: s.put(kind, s.give("value", (n,), *INT), *fields)


def _live(s: Sketch, n: int) -> Linear:
    """1 in the first places: a premise that is drawn."""
    return s.make(Live, s.give("rows", (), 0, n), n)


def members(s: Sketch, n: int, groups: int = GROUPS) -> Wire:
    """The members of groups whose keys rise."""
    (member,) = s.help(Members, *_of_keys(s, n, groups), n).outputs
    return member


def _of_keys(s: Sketch, n: int, groups: int = GROUPS) -> tuple[Linear, Linear, Wire]:
    code, key = s.give("code", (n,), 0, 15), s.wire("key", (groups,), -1, 15)
    for first, second in pairwise(s.make(Item, key.linear, place) for place in range(groups)):
        s.help(InRange, second - first - 1, 4)
    return code, _live(s, n), key


def _unused(s: Sketch, n: int) -> None:
    code, key = s.give("code", (n,), 0, 15), s.give("key", (1,), 0, 15)
    (both,) = s.help(Extended, key, constant(-1), False).outputs
    s.put(Members, code, _live(s, n), both, n)


def _unused_keys(s: Sketch, n: int) -> None:
    s.put(UnusedKeys, s.claim("key", (n,), -1, 15), s.give("used", (n,), 0, 0))


def _attained(s: Sketch, n: int) -> None:
    value, extreme = s.give("value", (n,), *INT), s.claim("extreme", (), *INT)
    s.help(InRange, extreme - value, 32)
    s.put(Attained, value, extreme)


def _extreme(s: Sketch, n: int, *, masked: bool = False, grouped: bool = False) -> None:
    value = s.give("value", (n,), *INT)
    mask = s.give("mask", (n,), *BIT) if masked else None
    s.put(Extreme, value, mask, members(s, n) if grouped else None)


def _statistic(
    s: Sketch,
    n: int,
    *,
    masked: bool = False,
    groups: int = 0,
    both: bool = False,
    value: tuple[int, int] = INT,
) -> None:
    """The count is the number of the rows, one at least; the rank is at most the count."""
    column = s.give("value", (n,), *value)
    mask = s.give("mask", (n,), *BIT) if masked else None
    member = members(s, n, groups) if groups else None
    rows = total = constant(n) if groups else s.give("rows", (), 0, n)
    if not groups:  # slots after the last row repeat it; over no rows they are zeros
        live = s.make(Live, rows, n)
        for repeated in filter(None, (column, mask)):
            s.help(UnusedKeys, s.make(Differences, repeated) - 1, live)
    if member is not None:
        total = s.make(GroupTotals, member, constant(1) if mask is None else mask)
    elif mask is not None:
        total = s.make(Total, mask, rows)
    anything = 1 - s.make(Equal, total)
    count = (total + 1 - anything).within(1, n)
    rank = s.give("rank", count.dims, 1, n)
    s.help(InRange, count - rank, n.bit_length())
    s.put(OrderStatistic, column, mask, member, rows, count, anything, rank, both)


def _buckets(s: Sketch, n: int) -> None:
    s.put(Buckets, s.give("size", (), 0, n), s.give("larger", (n,), *BIT))


def _starts(s: Sketch, n: int) -> Wire:
    return s.wire("start", (n,), *BIT)


def _mode(s: Sketch, n: int, *, grouped: bool) -> None:
    restart = s.wire("restart", (n,), *BIT) if grouped else None
    s.put(RunningMode, s.give("value", (n,), *INT), _starts(s, n), s.give("live", (n,), *BIT), restart)


def _marked(s: Sketch, n: int) -> None:
    keys, columns = s.give("keys", (n,), 1, 15), s.give("column", (n,), *INT)
    s.help(InRange, s.make(Differences, keys) - 1, 4)
    s.put(Marked, s.give("key", (2,), 0, 15), keys, (columns,))


def _quotient(rounding: Rounding, low: int, high: int, divisor: int | None = None) -> Draw:
    def draw(s: Sketch, n: int) -> None:
        by = s.give("divisor", (n,), 1, 12) if divisor is None else constant(divisor)
        s.put(Quotient, s.give("dividend", (n,), low, high), by, rounding)

    return draw


def _root(most: int, divisor: int) -> Draw:
    def draw(s: Sketch, n: int) -> None:
        over = constant(1) if divisor == 1 else s.give("divisor", (n,), 1, divisor)
        s.put(NearestRoot, s.give("numerator", (n,), 0, most * most), over, most)

    return draw


def _reveal(s: Sketch, n: int, *, known: bool) -> None:
    value = s.give("computed", (n,), *INT)
    more = (s.give("known", (n,), *BIT),) if known else ()
    name = f"{s.prefix}_shown"
    s.put(RevealKnown if known else Reveal, value, *more, name, (n,))
    s.results.append(name)


def _items(s: Sketch, n: int, *, grouped: bool) -> None:
    size = (GROUPS,) if grouped else ()
    name = f"{s.prefix}_shown"
    s.put(RevealItems, s.give("value", (*size, n), *INT), s.give("length", size, 0, n), name, size, n)
    s.results.append(name)


def _opening(s: Sketch, n: int) -> None:
    """Two columns, of which one may be NULL, and others that nothing reads."""
    s.draft.public("commitment", (n,), 0, P - 1)
    stream = query(functions.select("sum", "plain"), n, functions.STREAM).plan.stream
    s.opened(s.put(Opening, stream, n, ("load", "temp"), ()))


def _permuted(s: Sketch, n: int, *, back: bool) -> None:
    switch = s.wire("switch", (len(network(n)),), *BIT)
    s.put(Permuted, s.give("column", (n,), *INT), switch, n, back)


def _bits(s: Sketch, n: int) -> Wire:
    return s.wire("bits", (n, 8), *BIT)


def _member(s: Sketch, n: int) -> Wire:
    return s.wire("member", (GROUPS, n), *BIT)


def _neighbour(away: int) -> Draw:
    def draw(s: Sketch, n: int) -> None:
        value, default = s.give("value", (n,), *INT), s.give("default", (), *INT)
        s.put(Neighbour, value, default, _live(s, n), away)

    return draw


def _slice(s: Sketch, n: int, *, backward: bool, grouped: bool) -> None:
    column, start = s.give("column", (n,), *INT), s.give("start", (GROUPS,) if grouped else (), 0, n)
    s.put(Slice, column, start, 2, n, backward)


def _end(s: Sketch, n: int, *, last: bool, grouped: bool) -> None:
    value, chosen = s.give("value", (n,), *INT), s.give("chosen", (GROUPS, n) if grouped else (n,), *BIT)
    s.put(EndValue, value, chosen, last)


COUNTED = "Premises: count, and whether there are rows, are true of the rows; the rank is at most the count."
REPEATED = "Slots after the last row repeat it, which the verifier sees to."
KEYS = "Premise: public keys differ, or are −1 where there is no group, which the verifier sees to."

TRIALS = (
    # comparisons and arithmetic
    Trial((Multiply,), lambda s, n: s.put(Multiply, s.give("left", (n,), *INT), s.give("right", (n,), *INT))),
    Trial((Quotient,), _quotient(Rounding.FLOOR, *INT), "rounded down"),
    Trial((Quotient,), _quotient(Rounding.TRUNCATE, *INT), "cut towards zero"),
    Trial((Quotient,), _quotient(Rounding.HALF_AWAY, 0, INT[1]), "rounded half away"),
    Trial((Quotient,), _quotient(Rounding.FLOOR, *INT, divisor=10), "rounded down, by ten"),
    Trial((NearestRoot,), _root(15, 1), "of 4 bits"),
    Trial((NearestRoot,), _root(15, 3), "of 4 bits, of a quotient"),
    Trial((NearestRoot,), _root(2**16, 1), "of 17 bits"),
    Trial((InRange,), _plain(InRange, 33)),
    Trial((Less,), lambda s, n: s.put(Less, s.give("left", (n,), *INT), s.give("right", (n,), *INT))),
    Trial((Equal,), _plain(Equal)),
    Trial((OneOf,), _plain(OneOf, (-3, 0, 7, 8))),
    Trial((NoneOf,), _plain(NoneOf, (-3, 0, 7, 8))),
    # bits
    Trial((Bits,), lambda s, n: s.put(Bits, s.give("value", (n,), 0, 2**32 - 1), 32)),
    Trial((Weighted,), lambda s, n: s.put(Weighted, _bits(s, n), (1, 2, 4, 8, 16, 32, 64, -128))),
    Trial((Digits,), lambda s, n: s.put(Digits, _bits(s, n), 2)),
    Trial((BitSums,), lambda s, n: s.put(BitSums, _bits(s, n), (1, 0) * 4)),
    # rows
    Trial((Context,), lambda s, _: s.put(Context, s.give("context", ())), sizes=(2,)),
    Trial((Unread,), lambda s, n: s.put(Unread, s.give("given", (n,), *INT))),
    Trial(
        (Opening,),
        _opening,
        remark="The commitment fixes the packed elements (Poseidon); a MIN or MAX that is written into the "
        "opening is in the queries below.",
    ),
    Trial((Live,), lambda s, n: s.put(Live, s.give("rows", (), 0, n), n)),
    Trial(
        (Attained,),
        _attained,
        remark="Asked of the extreme, which follows with what the opening shows: no row is beyond it.",
    ),
    Trial((Extreme,), partial(_extreme), "of rows"),
    Trial((Extreme,), partial(_extreme, masked=True), "of rows with a mask"),
    Trial((Extreme,), partial(_extreme, grouped=True), "of groups", remark=KEYS),
    Trial((Extreme,), partial(_extreme, masked=True, grouped=True), "of groups with a mask", remark=KEYS),
    Trial((OrderStatistic,), partial(_statistic), "of rows", remark=f"{COUNTED} {REPEATED}"),
    Trial(
        (OrderStatistic,),
        partial(_statistic, both=True),
        "of rows, with the next",
        remark=f"{COUNTED} {REPEATED}",
    ),
    Trial(
        (OrderStatistic,),
        partial(_statistic, both=True, value=BIT),
        "of rows, with the next, of one bit",
        remark=f"{COUNTED} {REPEATED}",
    ),
    Trial(
        (OrderStatistic,),
        partial(_statistic, masked=True),
        "of rows with a mask",
        remark=f"{COUNTED} {REPEATED}",
    ),
    Trial((OrderStatistic,), partial(_statistic, groups=2), "of two groups", remark=f"{COUNTED} {KEYS}"),
    Trial(
        (OrderStatistic,),
        partial(_statistic, groups=1, both=True),
        "of one group, with the next",
        remark=f"{COUNTED} {KEYS}",
    ),
    Trial((Element,), lambda s, n: s.put(Element, s.give("value", (n,), *INT), n - 1)),
    Trial((EndValue,), partial(_end, last=True, grouped=False), "the last"),
    Trial((EndValue,), partial(_end, last=False, grouped=True), "the first of groups"),
    # groups and sums
    Trial((Members,), lambda s, n: s.put(Members, *_of_keys(s, n), n), "of two groups", remark=KEYS),
    Trial((Members,), _unused, "of one group, with room for two", remark=KEYS),
    Trial((UnusedKeys,), _unused_keys, remark="Asked of keys that are not used."),
    Trial((ChosenMembers,), lambda s, n: s.put(ChosenMembers, _member(s, n), s.give("chosen", (n,), *BIT))),
    Trial((GroupNumber,), lambda s, n: s.put(GroupNumber, _member(s, n))),
    Trial((GroupTotals,), lambda s, n: s.put(GroupTotals, _member(s, n), s.give("term", (n,), *INT))),
    Trial((GroupValues,), lambda s, n: s.put(GroupValues, _member(s, n), s.give("value", (GROUPS,), *INT))),
    Trial((Total,), lambda s, n: s.put(Total, s.give("term", (n,), *INT), s.give("rows", (), 0, n))),
    Trial((Sum,), _plain(Sum)),
    Trial((RunningSum,), _plain(RunningSum)),
    # columns
    Trial((Copy,), lambda s, n: s.put(Copy, s.give("value", (n,), *INT), n)),
    Trial((Differences,), _plain(Differences)),
    Trial((Prefix,), _plain(Prefix, 1)),
    Trial((Item,), _plain(Item, 1)),
    Trial((Constants,), lambda s, n: s.put(Constants, tuple(range(-1, n)))),
    Trial((Numbering,), lambda s, n: s.put(Numbering, n)),
    Trial(
        (Extended,),
        lambda s, n: s.put(Extended, s.give("column", (n,), *INT), s.give("more", (), *INT), False),
    ),
    Trial((OfPairs,), lambda s, n: s.put(OfPairs, s.give("column", (n,), *INT), 2, True)),
    Trial((OfLeft,), lambda s, n: s.put(OfLeft, s.give("value", (2 * n,), *INT), n)),
    Trial((Neighbour,), _neighbour(1), "the next"),
    Trial((Neighbour,), _neighbour(-1), "the one before"),
    Trial((Slice,), partial(_slice, backward=False, grouped=False), "of a column"),
    Trial((Slice,), partial(_slice, backward=True, grouped=True), "backward, of groups"),
    # order
    Trial((Permuted,), partial(_permuted, back=False)),
    Trial((Permuted,), partial(_permuted, back=True), "back"),
    Trial((Ascending,), _plain(Ascending)),
    Trial((Counts,), lambda s, n: s.put(Counts, s.claim("value", (n,), 0, n - 1))),
    Trial((Starts,), _plain(Starts)),
    Trial((RunEdges,), lambda s, n: s.put(RunEdges, _starts(s, n), False), "the first place"),
    Trial((RunEdges,), lambda s, n: s.put(RunEdges, _starts(s, n), True), "after the last"),
    Trial((RunningMode,), partial(_mode, grouped=False), "of rows"),
    Trial((RunningMode,), partial(_mode, grouped=True), "of groups"),
    Trial((Buckets,), _buckets),
    # tables of the verifier
    Trial((Interpolated,), _plain(Interpolated, (-8, -3, 0, 1), ((3, -3, 12, 4), (1, 1, 0, 1)))),
    Trial((Marked,), _marked, remark="Premise: keys of the table differ, which the verifier sees to."),
    # results
    Trial((Reveal,), partial(_reveal, known=False)),
    Trial((RevealKnown,), partial(_reveal, known=True)),
    Trial((RevealItems,), partial(_items, grouped=False)),
    Trial((RevealItems,), partial(_items, grouped=True), "of groups"),
)
