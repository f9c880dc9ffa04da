"""Gadgets whose advice is the prover's choice until others are beside them: permutations, products and
lookups at a challenge, joins, commitments. Drawn alone and together, like :mod:`tests.unique_gadgets`."""

from __future__ import annotations

from functools import partial
from unittest import mock

from tests.sketch import Draw, Given, Sketch, Trial
from tests.unique_gadgets import BIT, INT
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.attained import Attained
from zkql.circuit.gadgets.base import bits_of
from zkql.circuit.gadgets.commitments import Commitments, Salts
from zkql.circuit.gadgets.compare import InRange
from zkql.circuit.gadgets.lookup import Found, Lookup, Multiplicities
from zkql.circuit.gadgets.membership import NoneOf
from zkql.circuit.gadgets.merkle import Member, Opened, Ownership, Path
from zkql.circuit.gadgets.multiples import BaseMultiple, Multiple, PointMultiple
from zkql.circuit.gadgets.pairs import Extended
from zkql.circuit.gadgets.permutation import Ascending, Permuted, Switches
from zkql.circuit.gadgets.products import Challenge, SameMultiset, Sorted
from zkql.circuit.gadgets.rows import Context
from zkql.circuit.gadgets.signatures import DifferenceOfPoints, Handed, Hash
from zkql.circuit.gadgets.slices import Differences, Item, Numbering, Sum
from zkql.circuit.lower import joins, lookups
from zkql.circuit.lower.joins import CommittedTable, ConstantTable, Method, PublicTable, Table, join
from zkql.circuit.lower.lookups import Joined
from zkql.circuit.lower.pairs import Side, Way, join_pairs, join_unique
from zkql.circuit.lower.sorting import placed
from zkql.circuit.wires import Linear, Wire
from zkql.crypto.babyjubjub import BASE
from zkql.crypto.field import P
from zkql.crypto.linked import LinkedTable

KEY = (1, 7)
VALUE = (-8, 7)
TABLE = LinkedTable(99, KEY, (VALUE,))


# --- alone ----------------------------------------------------------------------------------------


def _switches(s: Sketch, n: int) -> None:
    s.put(Switches, s.give("key", (n,), *INT))


def _sorted(s: Sketch, n: int) -> None:
    s.put(Sorted, s.give("value", (n,), *INT), chosen=True)


def _same(s: Sketch, n: int) -> None:
    """All but one value of the right column are given: it has to be what is left."""
    left, others, r = (
        s.give("left", (n,), *INT),
        s.give("right but the last", (n - 1,), *INT),
        s.give("challenge", ()),
    )
    s.help(NoneOf, r - others, (0,))
    (right,) = s.help(Extended, others, s.claim("last", (), *INT), False).outputs
    s.put(SameMultiset, left, right.linear, r)


def _challenge(s: Sketch, n: int) -> None:
    s.put(Challenge, s.give("context", ()), (s.give("column", (n,), *INT),))


def _commitments(s: Sketch, n: int) -> None:
    s.put(Commitments, (s.give("element", (n,), 0, 2**64 - 1),), s.give("salt", (n,)))


def _salts(s: Sketch, n: int) -> None:
    s.put(Salts, "rows", n)


def _found(s: Sketch, n: int) -> None:
    entries = [s.give(label, (n,), *own) for label, own in (("keys", KEY), ("nexts", KEY), ("column", VALUE))]
    s.put(Found, s.give("key", (n,), *KEY), tuple(entries), (7, 7), chosen=True)


def _multiplicities(s: Sketch, n: int, *, by_rows: bool) -> None:
    rows, entries = s.give("row", (n,), *INT), s.give("entry", (n,), *INT)
    s.put(Multiplicities, (rows,), (entries,), by_rows, chosen=True)


def _lookup(s: Sketch, n: int, *, elements: int) -> None:
    rows, entries = (
        tuple(s.give(f"{label} {k}", (n,), *INT) for k in range(elements)) for label in ("row", "entry")
    )
    weight, times, r = s.give("weight", (n,), 1, n), s.give("times", (n,), 0, n), s.give("challenge", ())
    compressor = s.give("compressor", ()) if elements > 1 else None
    made = s.put(Lookup, rows, entries, weight, times, 1, r, compressor)
    for label, (first, *others) in (("row", rows), ("entry", entries)):
        compressed = Wire(f"{made.name}_{label}_partial", (n, 1), 0, P - 1).linear if others else first
        s.help(NoneOf, compressed - r, (0,))


def _opened(s: Sketch, n: int) -> None:
    commitment = s.draft.public(f"{s.prefix}_commitment", (n,), 0, P - 1).linear
    gadget = s.put(Opened, Ownership(TABLE, n), commitment, chosen=True)
    s.choose(gadget, "salt")
    s.results.append(f"{s.prefix}_commitment")


def _path(s: Sketch, n: int) -> None:
    """The root is what is asked for."""
    rows = s.give("element", (n,), 0, 2**64 - 1)
    root = s.draft.public(f"{s.prefix}_root", (), 0, P - 1).linear
    gadget = s.put(Path, Ownership(TABLE, n), (rows,), root)
    s.choose(gadget, "salt", "children")
    s.results.append(f"{s.prefix}_root")


def _hash(s: Sketch, n: int) -> None:
    s.put(Hash, (s.give("element 0", (n,)), s.give("element 1", (n,))))


def _handed(s: Sketch, n: int) -> None:
    s.put(Handed, "sensors", ("s",), (n,))


def _member(s: Sketch, n: int) -> None:
    """The root is what is asked for."""
    leaf = s.give("leaf", (n,))
    root = s.draft.public(f"{s.prefix}_root", (), 0, P - 1).linear
    gadget = s.put(Member, leaf, root, n)
    s.choose(gadget, "children")
    s.results.append(f"{s.prefix}_root")


def _multiple(s: Sketch, _: int, *, kind: type[Multiple], **inputs: int) -> None:
    """Given are numbers, and the honest advice."""
    wires = [s.draft.public(f"{s.prefix}_{name}", (), value, value) for name, value in inputs.items()]
    s.given += wires
    s.shown += map(Given, inputs)
    gadget = s.put(kind, *(wire.linear for wire in wires), chosen=True)
    values = [[value] for value in inputs.values()]
    points = gadget.compute(values)
    for wire, own in zip(gadget.outputs, points, strict=True):
        s.fixed[wire.name] = own
    advice = gadget.advise(values, points, bits_of)
    s.choose(gadget, *(name.removeprefix(f"{gadget.name}_") for name in advice))
    s.fixed |= advice


def _difference(s: Sketch, _: int) -> None:
    one, other = ((s.give(f"{label} x", ()), s.give(f"{label} y", ())) for label in ("one", "other"))
    s.put(DifferenceOfPoints, one, other, *(s.claim(label, (), 0, P - 1) for label in "xy"))


# --- together -------------------------------------------------------------------------------------


def _network(s: Sketch, n: int) -> None:
    """As every order by a network is shown."""
    value = s.give("value", (n,), *VALUE)
    (switch,) = s.put(Switches, value).outputs
    (ordered,) = s.put(Permuted, value, switch, n, False).outputs
    s.put(Ascending, ordered.linear)


def _placed(s: Sketch, n: int) -> None:
    """Places that differ bring a column into one order."""
    place, column = s.give("place", (n,), 0, n - 1), s.give("column", (n,), *INT)
    s.want(placed(s.draft, place).column(column))


def _product(s: Sketch, n: int, *, value: tuple[int, int]) -> None:
    column, context = s.give("value", (n,), *value), s.context()
    (ordered,) = s.help(Sorted, column).outputs
    challenge = s.make(Challenge, context, (ordered.linear,))
    s.help(SameMultiset, column, ordered.linear, challenge)


def _join(method: Method) -> Draw:
    """N rows and N entries. Of the payload what rows with a partner have; elsewhere it may be anything."""

    def draw(s: Sketch, n: int) -> None:
        key, null = s.give("key", (n,), *KEY), s.give("null", (n,), *BIT)
        s.draft.context = s.context()
        table: Table
        if method is Method.OPEN:
            commitment = s.draft.public(f"{s.prefix}_commitment", (n + 1,), 0, P - 1).linear
            table = CommittedTable(Ownership(TABLE, n + 1), commitment, None)
        elif method is Method.INTERPOLATE:
            table = ConstantTable(tuple(range(2, n + 2)), (tuple(k * k % 7 for k in range(n)),))
        else:
            keys = s.give("keys", (n,), 1, 8)
            s.help(InRange, s.make(Differences, keys) - 1, 3)
            table = PublicTable(keys, (s.give("column", (n,), *VALUE),))
        _told(s, join(s.draft, key, null, table, method))
        for gadget in s.draft.gadgets:
            if isinstance(gadget, Opened) and gadget.commitment == getattr(table, "commitments", None):
                records = TABLE.records([(k, k * k % 7) for k in range(2, n + 2)])
                (packed,) = zip(*map(TABLE.layout.pack, records), strict=True)
                s.shown.append(Given("the elements of one table"))
                s.fix(gadget.elements[0].name, list(packed))
                s.choose(gadget, "salt")

    return _shown_lookups(draw)


def _told(s: Sketch, joined: Joined) -> None:
    s.want(joined.matched)
    s.want(s.draft.multiply(joined.matched, joined.payload[0]))


def _shown_lookups(draw: Draw) -> Draw:
    """The same with every lookup replaced by what it shows: each row is one of the entries."""

    def shown(
        draft: Draft, rows: tuple[Linear, ...], entries: tuple[Linear, ...], found: Found, context: Linear
    ) -> Linear:
        (row,), (entry,) = rows, entries  # small numbers share one element
        for place in range(found.key.dims[0]):
            draft.put(Attained, "is_entry", entry, draft.make(Item, "row", row, place))
        draft.put(Context, "bind_challenge", context)  # else nothing would read it
        return context

    def drawn(s: Sketch, n: int) -> None:
        with (
            mock.patch.object(lookups, "look_up_packed", shown),
            mock.patch.object(joins, "look_up_packed", shown),
        ):
            draw(s, n)

    return drawn


def _found_at(s: Sketch, n: int) -> None:
    """The lookup itself: N rows say what stands at their place of a column."""
    place, column = s.give("place", (n,), 0, n - 1), s.give("column", (n,), 0, 3)
    (payload,), _ = lookups.found_at(s.draft, place, s.make(Numbering, n), (column,), s.context())
    s.want(payload)


def _side(s: Sketch, n: int, label: str) -> Side:
    key, counts = s.give(f"{label} key", (n,), *KEY), s.give(f"{label} counts", (n,), *BIT)
    return Side(key, counts, (s.give(f"{label} column", (n,), *VALUE),))


def _unique(s: Sketch, n: int, way: Way) -> None:
    s.draft.context = s.context()
    _told(s, join_unique(s.draft, _side(s, n, "left"), _side(s, n, "right"), way))


def _pairs(s: Sketch, n: int, way: Way) -> None:
    s.draft.context = s.context()
    s.draft.capacity = n if way is Way.SORT else n * n
    pairs = join_pairs(s.draft, _side(s, n, "left"), _side(s, n, "right"), n, way)
    left, right = (s.draft.multiply(pairs.live, column) for column in (*pairs.left, *pairs.right))
    for value in (pairs.live, left, right, s.draft.multiply(left, right)):
        s.want(s.draft.make(Sum, "sum", value))


DETERMINED = "Made by Poseidon from what is given."
CHOSEN = "Its outputs are the prover's choice until others are beside it, so they are given."
PRODUCT = (
    "That equal products at a random challenge mean equal multisets is the lemma of Schwartz and Zippel: the "
    "challenge is random in every search."
)
SHOWN = (
    "The lookup is replaced by what it shows, that each row is one of the entries (the lemma of Schwartz and "
    "Zippel, at a challenge from Poseidon)."
)
MANY = "Advice at N = 3: more assignments than are looked through."
DISTANCES = "Where a row has no partner, its payload may be any: asked of what matched rows have."

LONG = (
    "The advice is given too: a chain of so many steps is not decided here. That each step follows from the "
    "one before says the template; `tests/attacks/test_eddsa_gadgets.py` changes every one."
)
TRIALS = (
    Trial(
        (Switches,),
        _switches,
        free=(Switches,),
        remark="Several settings make one order, and any setting makes a permutation: what depends on the "
        "order is shown by others (see below).",
    ),
    Trial((Sorted,), _sorted, remark=CHOSEN),
    Trial(
        (SameMultiset,),
        _same,
        remark="Asked of the last value of the right column, where the others are given. Premise: the "
        "challenge is none of these.",
    ),
    Trial((Challenge,), _challenge, remark=DETERMINED),
    Trial((Commitments,), _commitments, remark=DETERMINED),
    Trial(
        (Salts,),
        _salts,
        free=(Salts,),
        remark="Random by design; whoever opens the commitment needs the same.",
    ),
    Trial((Found,), _found, remark=CHOSEN),
    Trial((Multiplicities,), partial(_multiplicities, by_rows=False), "of entries", remark=CHOSEN),
    Trial((Multiplicities,), partial(_multiplicities, by_rows=True), "of rows", remark=CHOSEN),
    Trial(
        (Lookup,),
        partial(_lookup, elements=1),
        "of one element",
        remark="Premise: the challenge is no row and no entry.",
    ),
    Trial(
        (Lookup,),
        partial(_lookup, elements=2),
        "of two elements",
        remark="Premise: the challenge is no row and no entry, compressed.",
    ),
    Trial(
        (Opened,),
        _opened,
        remark="Asked of the commitments. That these have no other opening is Poseidon's collision "
        "resistance.",
    ),
    Trial(
        (Path,),
        _path,
        sizes=(2,),
        remark="Asked of the root. That it has no other leaves is Poseidon's collision resistance; which of "
        "them a row is does not matter.",
    ),
    Trial((Hash,), _hash, remark=DETERMINED),
    Trial((Handed,), _handed, free=(Handed,), remark="What they are is checked where they are used."),
    Trial(
        (Member,),
        _member,
        sizes=(2,),
        remark="Asked of the root. That it has no other leaves is Poseidon's collision resistance.",
    ),
    Trial(
        (DifferenceOfPoints,),
        _difference,
        sizes=(2,),
        remark="Of points of the curve the factors are never 0 (Bernstein et al., AFRICACRYPT 2008).",
    ),
    Trial(
        (BaseMultiple,),
        partial(_multiple, kind=BaseMultiple, scalar=5),
        sizes=(2,),
        remark=LONG,
    ),
    Trial(
        (PointMultiple,),
        partial(_multiple, kind=PointMultiple, scalar=5, a_x=BASE.x, a_y=BASE.y),
        sizes=(2,),
        remark=LONG,
    ),
)

TOGETHER = (
    Trial(
        (Switches, Permuted, Ascending),
        _network,
        states="A column in ascending order, by a permutation network.",
        free=(Switches,),
        remark="Several settings make one order.",
    ),
    Trial(
        (Switches, Permuted),
        _placed,
        "by places",
        states="A column in the order of places that are 0, 1, 2 …, which the network shows them to be.",
        free=(Switches,),
        remark="Several settings make one order.",
    ),
    Trial(
        (Sorted, Challenge, SameMultiset),
        partial(_product, value=(0, 3)),
        "of two bits",
        states="A column in ascending order, by a product at a challenge.",
        remark=PRODUCT,
    ),
    Trial(
        (Sorted, Challenge, SameMultiset),
        partial(_product, value=(-8, 7)),
        "of four bits",
        states="The same.",
        remark=PRODUCT,
    ),
    Trial(
        (Found, Multiplicities, Challenge, Lookup),
        _found_at,
        "with counts",
        sizes=(2, 3),
        states="Rows say what stands at their place of a column, by a lookup at a challenge.",
        remark=PRODUCT,
    ),
    Trial(
        (),
        _join(Method.MARK),
        "join with a public table: marks",
        states="Partners of rows, and what these have.",
        remark=DISTANCES,
    ),
    Trial(
        (),
        _join(Method.INTERPOLATE),
        "join with constants: polynomials",
        states="The same.",
        remark=DISTANCES,
    ),
    Trial(
        (),
        _join(Method.LOOK_UP),
        "join with a public table: lookup",
        states="The same.",
        remark=f"{DISTANCES} {SHOWN}",
    ),
    Trial(
        (),
        _join(Method.OPEN),
        "join with a committed table",
        states="The same.",
        remark=f"{DISTANCES} {SHOWN} One table of N entries, which its owner has put together rightly.",
    ),
    Trial(
        (),
        _shown_lookups(partial(_unique, way=Way.MATRIX)),
        "join of two private inputs, unique keys: matrix",
        states="The same.",
        remark=DISTANCES,
    ),
    Trial(
        (),
        _shown_lookups(partial(_unique, way=Way.SORT)),
        "join of two private inputs, unique keys: sorted",
        states="The same.",
        free=(Switches,),
        sizes=(2, 3),
        remark=f"{DISTANCES} {SHOWN} {MANY}",
    ),
    Trial(
        (),
        _shown_lookups(partial(_pairs, way=Way.MATRIX)),
        "join of two private inputs: matrix",
        states="Pairs of equal keys: their number, sums of a column of each side and of the product.",
    ),
    Trial(
        (),
        _shown_lookups(partial(_pairs, way=Way.SORT)),
        "join of two private inputs: sorted",
        states="The same.",
        free=(Switches, Found, Context),
        sizes=(2, 3),
        remark=f"{SHOWN} The order of right rows with equal keys is the prover's choice, so asked of sums. "
        f"{MANY}",
    ),
)
