"""Gadgets whose advice is the prover's choice until others are beside them: permutations, products and lookups
at a challenge, joins, commitments. Drawn alone and together, like :mod:`tests.unique_gadgets`."""

from __future__ import annotations

from functools import partial

from tests.sketch import Draw, Sketch, Trial
from tests.unique_gadgets import BIT, INT
from zkql.circuit.gadgets.commitments import Commitments, Salts, secret_salts
from zkql.circuit.gadgets.lookup import Found, Lookup, Multiplicities
from zkql.circuit.gadgets.merkle import Opened, Ownership, Path
from zkql.circuit.gadgets.pairs import Extended
from zkql.circuit.gadgets.permutation import Ascending, Permuted, Switches
from zkql.circuit.gadgets.products import Challenge, SameMultiset, Sorted
from zkql.circuit.gadgets.compare import InRange
from zkql.circuit.gadgets.slices import Differences
from zkql.circuit.gadgets.tables import Interpolated, Marked
from zkql.circuit.lower.joins import CommittedTable, ConstantTable, Method, PublicTable, Table, join
from zkql.circuit.lower.pairs import Side, Way, join_pairs, join_unique
from zkql.circuit.lower.sorting import placed
from zkql.circuit.wires import Linear, constant
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
    left, others = s.give("left", (n,), *INT), s.give("right but the last", (n - 1,), *INT)
    (right,) = s.help(Extended, others, s.claim("last", (), *INT), False).outputs
    s.put(SameMultiset, left, right.linear, s.challenge())


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
    rows = tuple(s.give("row", (n,), *INT) for _ in range(elements))
    entries = tuple(s.give("entry", (n,), *INT) for _ in range(elements))
    weight, times = s.give("weight", (n,), 1, n), s.give("times", (n,), 0, n)
    compressor = s.challenge() if elements > 1 else None
    s.put(Lookup, rows, entries, weight, times, 1, s.challenge(), compressor)


def _opened(s: Sketch, n: int) -> None:
    commitment = s.draft.public(f"{s.prefix}_commitment", (n,), 0, P - 1).linear
    gadget = s.put(Opened, Ownership(TABLE, n), commitment, chosen=True)
    s.choose(f"{gadget.name}_salt")
    s.results.append(f"{s.prefix}_commitment")


def _path(s: Sketch, n: int) -> None:
    """The root is what is asked for."""
    rows = s.give("element", (n,), 0, 2**64 - 1)
    root = s.draft.public(f"{s.prefix}_root", (), 0, P - 1).linear
    gadget = s.put(Path, Ownership(TABLE, n), (rows,), root)
    s.choose(f"{gadget.name}_salt", f"{gadget.name}_children")
    s.results.append(f"{s.prefix}_root")


# --- together -------------------------------------------------------------------------------------


def _network(s: Sketch, n: int) -> None:
    """As every order by a network is shown."""
    value = s.give("value", (n,), *INT)
    (switch,) = s.put(Switches, value).outputs
    (ordered,) = s.put(Permuted, value, switch, n, False).outputs
    s.put(Ascending, ordered.linear)


def _placed(s: Sketch, n: int) -> None:
    """Places that differ bring a column into one order."""
    place, column = s.give("place", (n,), 0, n - 1), s.give("column", (n,), *INT)
    s.want(placed(s.draft, place).column(column))


def _product(s: Sketch, n: int) -> None:
    value, context = s.give("value", (n,), *VALUE), s.give("context", ())
    (ordered,) = s.help(Sorted, value).outputs
    challenge = s.make(Challenge, context, (ordered.linear,))
    s.help(SameMultiset, value, ordered.linear, challenge)


def _join(method: Method) -> Draw:
    """N rows and N entries. Of the payload what rows with a partner have; elsewhere it may be anything."""

    def draw(s: Sketch, n: int) -> None:
        key, null = s.give("key", (n,), *KEY), s.give("null", (n,), *BIT)
        s.draft.context = s.give("context", ())
        table: Table
        if method in (Method.OPEN, Method.PATHS):
            commitment = s.draft.public(f"{s.prefix}_commitment", (n + 1,), 0, P - 1).linear
            table = CommittedTable(Ownership(TABLE, n + 1), commitment, None)
        elif method is Method.INTERPOLATE:
            table = ConstantTable(tuple(range(2, n + 2)), (tuple(k * k % 7 for k in range(n)),))
        else:
            keys = s.give("keys", (n,), 1, 8)
            s.help(InRange, s.make(Differences, keys) - 1, 3)
            table = PublicTable(keys, (s.give("column", (n,), *VALUE),))
        joined = join(s.draft, key, null, table, method)
        s.want(joined.matched)
        s.want(s.draft.multiply(joined.matched, joined.payload[0]))

    return draw


def _side(s: Sketch, n: int, label: str) -> Side:
    key, counts = s.give(f"{label} key", (n,), *KEY), s.give(f"{label} counts", (n,), *BIT)
    return Side(key, counts, (s.give(f"{label} column", (n,), *VALUE),))


def _unique(s: Sketch, n: int, way: Way) -> None:
    s.draft.context = s.give("context", ())
    joined = join_unique(s.draft, _side(s, n, "left"), _side(s, n, "right"), way)
    s.want(joined.matched)
    s.want(s.draft.multiply(joined.matched, joined.payload[0]))


def _pairs(s: Sketch, n: int, way: Way) -> None:
    s.draft.context = s.give("context", ())
    s.draft.capacity = n if way is Way.SORT else n * n
    pairs = join_pairs(s.draft, _side(s, n, "left"), _side(s, n, "right"), n, way)
    s.want(pairs.live)
    for column in (*pairs.left, *pairs.right):
        s.want(s.draft.multiply(pairs.live, column))


TRIALS = (
    Trial((Switches,), _switches, free=("value",), remark="Every setting is a permutation."),
    Trial((Sorted,), _sorted),
    Trial((SameMultiset,), _same),
    Trial((Challenge,), _challenge),
    Trial((Commitments,), _commitments),
    Trial((Salts,), _salts, free=("value",)),
    Trial((Found,), _found),
    Trial((Multiplicities,), partial(_multiplicities, by_rows=False)),
    Trial((Multiplicities,), partial(_multiplicities, by_rows=True), "by rows"),
    Trial((Lookup,), partial(_lookup, elements=1)),
    Trial((Lookup,), partial(_lookup, elements=2), "of two elements"),
    Trial((Opened,), _opened),
    Trial((Path,), _path, sizes=(2,)),
    Trial((Switches, Permuted, Ascending), _network, free=("switches_value",)),
    Trial((Switches, Permuted), _placed, "placed", free=("switches_value",)),
    Trial((Sorted, Challenge, SameMultiset), _product),
    Trial((Marked,), _join(Method.MARK), "join"),
    Trial((Interpolated,), _join(Method.INTERPOLATE), "join"),
    Trial((Found, Multiplicities, Lookup), _join(Method.LOOK_UP), "join"),
    Trial((Opened, Found, Multiplicities, Lookup), _join(Method.OPEN), "join"),
    Trial((Found,), partial(_unique, way=Way.MATRIX), "matrix"),
    Trial((Found,), partial(_unique, way=Way.SORT), "sorted"),
    Trial((Found,), partial(_pairs, way=Way.MATRIX), "pairs, matrix"),
    Trial((Found,), partial(_pairs, way=Way.SORT), "pairs, sorted"),
)
