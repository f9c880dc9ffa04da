"""Does zkql.analysis tell sound gadgets from broken ones? Judged on compiled circuits, and by brute force."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from array import array
from dataclasses import dataclass, field
from random import Random

import pytest
from gmpy2 import mpz

from zkql.analysis.report import Case, Entry, Section, examine, render
from zkql.analysis.slicing import slice_definitions
from zkql.analysis.uniqueness import (
    Limits,
    Outcome,
    Question,
    decide,
    defined_at,
    inputs_by_name,
    with_form,
)
from zkql.crypto.field import P
from zkql.toolchain.constraints import Constraint, ConstraintSystem, Program
from zkql.toolchain.zokrates import compile_source

SEARCH_ONLY = Limits(proof_nodes=())
"""Propagation and search, without the refutation of pairs."""


@dataclass(frozen=True)
class Gadget:
    """A circuit: the body of ``main``, its parameters with their dimensions, the given ones, the
    wanted ones. ``number_W(value, bits)`` spells a value in W bits, ``less_W(a, b, low, top)`` is a < b."""

    parameters: dict[str, tuple[int, ...]]
    body: str
    given: tuple[str, ...]
    wanted: tuple[str, ...]
    bounds: dict[str, tuple[int, int]] = field(default_factory=dict)
    freed: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        numbers = {int(w) for w in re.findall(r"(?:number|less)_(\d+)", self.body)}
        comparisons = {int(w) for w in re.findall(r"less_(\d+)", self.body)}
        functions = [*map(_number, sorted(numbers)), *map(_less, sorted(comparisons))]
        types = {name: "".join(f"[{d}]" for d in dims) for name, dims in self.parameters.items()}
        declared = ", ".join(f"private field{dims} {name}" for name, dims in types.items())
        return "\n".join([*functions, f"def main({declared}) {{", self.body, "}"])

    def question(self, *, all_wires: bool = False) -> Question:
        program = compile_source(self.source)
        wires = inputs_by_name(program, ((n, math.prod(dims)) for n, dims in self.parameters.items()))

        def named(names: tuple[str, ...]) -> frozenset[int]:
            return frozenset(wire for name in names for wire in wires[name])

        return Question(
            program,
            named(self.given),
            None if all_wires else named(self.wanted),
            {wire: interval for name, interval in self.bounds.items() for wire in wires[name]},
            freed=named(self.freed),
        )


def _number(width: int) -> str:
    return f"""
def number_{width}(field value, field[{width}] bits) -> bool {{
    field mut total = 0;
    for u32 j in 0..{width} {{ assert(bits[j] * bits[j] == bits[j]); total = total + bits[j] * 2 ** j; }}
    assert(total == value);
    return true;
}}"""


def _less(width: int) -> str:
    return f"""
def less_{width}(field a, field b, field[{width}] low, field top) -> field {{
    assert(top * top == top);
    assert(number_{width}(b - a - 1 + 2 ** {width} - top * 2 ** {width}, low));
    return top;
}}"""


def up_to(width: int) -> tuple[int, int]:
    return 0, (1 << width) - 1


def bits(width: int) -> Gadget:
    return Gadget(
        {"value": (), "bits": (width,)}, f"assert(number_{width}(value, bits));", ("value",), ("bits",)
    )


UNCHECKED_BIT = Gadget(
    {"value": (), "bits": (4,), "extra": ()},
    "assert(number_4(value - 16 * extra, bits));",
    ("value",),
    ("bits",),
)


def comparison(width: int, operands: int) -> Gadget:
    return Gadget(
        {"a": (), "b": (), "low": (width,), "top": (), "r": ()},
        f"assert(less_{width}(a, b, low, top) == r);",
        ("a", "b"),
        ("r",),
        {"a": up_to(operands), "b": up_to(operands)},
    )


def maximum(rows: int, width: int, *, member: bool = True) -> Gadget:
    """No row is larger, and the product of the distances is 0."""
    body = f"""
    field mut product = 1;
    for u32 i in 0..{rows} {{
        assert(number_{width}(most - x[i], bits[i]));
        {"product = product * (most - x[i]);" if member else ""}
    }}
    {"assert(product == 0);" if member else ""}"""
    parameters = {"x": (rows,), "most": (), "bits": (rows, width)}
    return Gadget(parameters, body, ("x",), ("most",), {"x": up_to(width)})


def order_statistic(rows: int, width: int, rank: int, *, lower: bool = True) -> Gadget:
    """#(x < v) < k <= #(x <= v)."""
    body = f"""
    field mut below = 0;
    field mut up_to = {rows};
    for u32 i in 0..{rows} {{
        {f"below = below + less_{width}(x[i], v, low_1[i], top_1[i]);" if lower else ""}
        up_to = up_to - less_{width}(v, x[i], low_2[i], top_2[i]);
    }}
    {f"assert(number_{width}({rank} - 1 - below, room_1));" if lower else ""}
    assert(number_{width}(up_to - {rank}, room_2));"""
    first = {"low_1": (rows, width), "top_1": (rows,), "room_1": (width,)} if lower else {}
    second = {"low_2": (rows, width), "top_2": (rows,), "room_2": (width,)}
    parameters = {"x": (rows,), "v": (), **first, **second}
    return Gadget(parameters, body, ("x",), ("v",), {"x": up_to(width), "v": up_to(width)})


def division(width: int, *, room: bool = True, quotient: bool = True) -> Gadget:
    """n = d q + r with r < d, and q bounded by its type."""
    body = f"""
    assert(number_{width}(r, bits));
    assert(d * q == n - r);
    {f"assert(number_{width}(d - 1 - r, room));" if room else ""}"""
    parameters = {"n": (), "d": (), "q": (), "r": (), "bits": (width,)} | ({"room": (width,)} if room else {})
    bounds = {"n": up_to(width), "d": (1, 12), **({"q": up_to(width)} if quotient else {})}
    return Gadget(parameters, body, ("n", "d"), ("q",), bounds)


def square_root(width: int) -> Gadget:
    """r² <= n < (r + 1)²."""
    body = f"""
    assert(number_{width}(r, bits));
    assert(number_{2 * width}(n - r * r, low));
    assert(number_{2 * width}(2 * r - n + r * r, high));"""
    parameters = {"n": (), "r": (), "bits": (width,), "low": (2 * width,), "high": (2 * width,)}
    return Gadget(parameters, body, ("n",), ("r",), {"n": up_to(2 * width)})


BOTH_SIGNS = Gadget({"n": (), "r": ()}, "assert(r * r == n);", ("n",), ("r",), {"n": up_to(20)})


def one_hot(*, summed: bool = True) -> Gadget:
    """x[index], of four."""
    body = f"""
    field[4] place = [0, 1, 2, 3];
    field mut index_found = 0;
    field mut sum = 0;
    field mut value = 0;
    for u32 i in 0..4 {{
        assert(hot[i] * hot[i] == hot[i]);
        index_found = index_found + hot[i] * place[i];
        sum = sum + hot[i];
        value = value + hot[i] * x[i];
    }}
    assert(index_found == index);
    {"assert(sum == 1);" if summed else ""}
    assert(value == chosen);"""
    parameters = {"x": (4,), "index": (), "chosen": (), "hot": (4,)}
    return Gadget(parameters, body, ("x", "index"), ("chosen",), {"x": (0, 3), "index": (0, 3)})


def zero_test(*checks: str) -> Gadget:
    """r is 1 if d is 0, else 0."""
    used = " ".join(checks)
    parameters = {name: () for name in ("d", "r", "inv") if re.search(rf"\b{name}\b", used)}
    body = "\n".join(f"assert({check});" for check in (*checks, "r * r == r"))
    return Gadget(parameters, body, ("d",), ("r",))


def sorting(rows: int, *, width: bool = True, order: bool = True) -> Gadget:
    """y is x sorted: equal grand products at a challenge c, and gaps that are not negative."""
    body = f"""
    field mut left = 1;
    field mut right = 1;
    for u32 i in 0..{rows} {{
        left = left * (c - x[i]);
        right = right * (c - y[i]);
        {"assert(number_2(y[i], bits[i]));" if width else ""}
    }}
    {f"for u32 i in 1..{rows} {{ assert(number_2(y[i] - y[i - 1], gaps[i - 1])); }}" if order else ""}
    assert(left == right);"""
    advice = {**({"bits": (rows, 2)} if width else {}), **({"gaps": (rows - 1, 2)} if order else {})}
    parameters = {"x": (rows,), "y": (rows,), "c": (), **advice}
    return Gadget(parameters, body, ("x",), ("y",), {"x": up_to(2)}, freed=("c",))


ZERO_TEST = ("r * d == 0", "inv * d == 1 - r", "r * inv == 0")

PROVEN = {
    "bits": bits(16),
    "as many bits as fit": bits(253),
    "comparison": comparison(8, 8),
    "comparison that refuses wide values": comparison(8, 10),
    "comparison of 252 bits": comparison(252, 252),
    "maximum": maximum(3, 32),
    "order statistic": order_statistic(3, 32, 2),
    "division": division(16),
    "one-hot": one_hot(),
    "zero test": zero_test(*ZERO_TEST),
    "zero test with any inverse": zero_test(*ZERO_TEST[:2]),
}
SEARCHED = {"square root": square_root(10), "sorting": sorting(3)}
BROKEN = {
    "a bit that is not checked": UNCHECKED_BIT,
    "a number that may be spelled plus p": bits(254),
    "comparison of too many bits": comparison(253, 253),
    "maximum that no row has": maximum(3, 32, member=False),
    "order statistic without its lower half": order_statistic(3, 3, 2, lower=False),
    "remainder without bound": division(16, room=False),
    "quotient without bound": division(16, quotient=False),
    "square root of both signs": BOTH_SIGNS,
    "one-hot without sum": one_hot(summed=False),
    "zero test that may deny": zero_test("r * d == 0"),
    "zero test that may claim": zero_test("inv * d == 1 - r"),
    "permutation without order": sorting(3, order=False),
    "permutation of numbers without width": sorting(3, width=False, order=False),
}


@pytest.mark.parametrize("limits", [Limits(), SEARCH_ONLY], ids=["all steps", "search only"])
@pytest.mark.parametrize("name", [*PROVEN, *SEARCHED])
def test_a_sound_gadget_has_no_counterexample(name: str, limits: Limits) -> None:
    verdict = decide((PROVEN | SEARCHED)[name].question(), limits)
    assert verdict.unique, verdict
    if name in PROVEN and limits is not SEARCH_ONLY:
        assert verdict.outcome is Outcome.PROVEN
        assert verdict.proven == verdict.wanted


@pytest.mark.parametrize("limits", [Limits(), SEARCH_ONLY], ids=["all steps", "search only"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_gadget_has_a_counterexample(name: str, limits: Limits) -> None:
    question = BROKEN[name].question()
    verdict = decide(question, limits)
    assert verdict.outcome is Outcome.COUNTEREXAMPLE, verdict
    found = verdict.counterexample
    assert found is not None
    assert question.wanted is not None
    assert found.wire in question.wanted
    for witness in (found.first, found.second):
        assert not list(question.program.system.violations([mpz(v) for v in witness]))
    assert all(found.first[wire] == found.second[wire] for wire in question.given)
    assert found.first[found.wire] != found.second[found.wire]


def test_free_advice_is_told_from_free_outputs() -> None:
    """The inverse of 0 may be anything if nothing says that it is 0; the result is unique all the same."""
    gadget = PROVEN["zero test with any inverse"]
    verdict = decide(gadget.question(all_wires=True))
    assert verdict.outcome is Outcome.COUNTEREXAMPLE
    assert verdict.counterexample is not None
    assert (
        verdict.counterexample.wire
        == inputs_by_name(compile_source(gadget.source), ((name, 1) for name in gadget.parameters))["inv"][0]
    )
    assert decide(PROVEN["zero test"].question(all_wires=True)).outcome is Outcome.PROVEN


def test_what_is_committed_may_be_a_linear_combination() -> None:
    """Each row is given as its distance from the maximum."""
    body = """
    for u32 i in 0..3 { assert(number_8(distance[i], bits[i])); }
    assert(distance[0] * distance[1] * distance[2] == 0);
    assert(most * most == square);"""
    parameters = {"most": (), "square": (), "distance": (3,), "bits": (3, 8)}
    gadget = Gadget(parameters, body, (), ("most",))
    program = compile_source(gadget.source)
    wires = inputs_by_name(program, ((n, math.prod(d)) for n, d in parameters.items()))
    (most,) = wires["most"]
    given = []
    for distance in wires["distance"]:
        program, offset = with_form(program, {most: 1, distance: -1})
        given.append(offset)
    bounds = {offset: up_to(8) for offset in given}
    question = Question(program, frozenset(given), frozenset({most}), bounds)
    assert decide(question).outcome is Outcome.PROVEN
    free = Question(program, frozenset(given[:-1]), frozenset({most}), bounds)
    assert decide(free).outcome is Outcome.COUNTEREXAMPLE


HASHED = """
def mix(field a, field b) -> field {
    field x = a + 3 * b + 5;
    field square = x * x;
    field cube = square * square * x;
    return cube + a;
}

def main(private field[2] x, private field[2] y, private field salt, public field commitment) {
    field c = mix(mix(x[0], x[1]), mix(y[0], y[1]));
    assert((c - x[0]) * (c - x[1]) == (c - y[0]) * (c - y[1]));
    assert(mix(x[0] + 8 * x[1], salt) == commitment);
}
"""


def test_a_hash_that_nothing_uses_is_left_out() -> None:
    program = compile_source(HASHED)
    left = slice_definitions(program.system.constraints, program.inputs[:5], P)
    assert len(left.constraints) == len(program.system.constraints) - 4
    assert program.inputs[5] in {wire for wire, _ in left.dropped}


def test_a_challenge_is_freed() -> None:
    """At a random challenge, the product determines a set, and the second member if one is given."""
    program = compile_source(HASHED)
    wires = inputs_by_name(program, (("x", 2), ("y", 2), ("salt", 1), ("commitment", 1)))
    given, bounds = frozenset((*wires["x"], *wires["salt"])), dict.fromkeys(wires["x"], (0, 3))
    hashed = defined_at(program, range(1, HASHED[: HASHED.index("def main")].count("\n")))
    assert len(hashed) == 12
    verdict = decide(Question(program, given, frozenset(wires["y"]), bounds, freed=hashed))
    assert verdict.outcome is Outcome.COUNTEREXAMPLE
    first, second = wires["y"]
    verdict = decide(Question(program, given | {first}, frozenset({second}), bounds, freed=hashed))
    assert verdict.outcome is Outcome.SEARCHED


def test_all_inputs_are_searched_where_they_are_few() -> None:
    verdict = decide(order_statistic(2, 2, 1).question(), SEARCH_ONLY)
    assert (verdict.outcome, verdict.inputs, verdict.exhaustive) == (Outcome.SEARCHED, 16, True)
    assert verdict.satisfiable == 16


def test_a_sample_reaches_what_random_inputs_miss() -> None:
    gadget = Gadget({"x": (), "y": ()}, "assert((x - 123456789) * y == 0);", ("x",), ("y",))
    question = gadget.question()
    (given,) = question.given
    assert decide(question, SEARCH_ONLY).outcome is Outcome.SEARCHED
    sampled = dataclasses.replace(question, samples=({given: 123456789},))
    assert decide(sampled, SEARCH_ONLY).outcome is Outcome.COUNTEREXAMPLE
    assert decide(question).outcome is Outcome.COUNTEREXAMPLE, "pairs are of any inputs"


def test_limits_are_told() -> None:
    verdict = decide(order_statistic(3, 3, 2).question(), Limits(proof_nodes=(), nodes=3))
    assert verdict.outcome is Outcome.UNDECIDED
    assert "3 nodes" in verdict.reason
    impossible = Question(_program([({1: 1}, {1: 1}, {1: 1}), ({1: 1}, {0: 1}, {0: 2})], 2, P), frozenset())
    assert "no assignment" in decide(impossible).reason


def test_the_page_has_a_line_for_each_entry() -> None:
    limits = Limits(proof_nodes=(40,), random=4)
    cases = {
        "MEDIAN": order_statistic(3, 2, 2).question(),
        "SQRT": square_root(10).question(),
        "one-hot": BROKEN["one-hot without sum"].question(),
        "zero test": PROVEN["zero test with any inverse"].question(),
    }
    findings = {}
    for name, question in cases.items():
        outputs = question.wanted or frozenset()
        whole = dataclasses.replace(question, wanted=None)
        findings[name] = examine(Case(whole, outputs, constraints=7), limits)
    assert [finding.sound for finding in findings.values()] == [True, True, False, False]
    entries = [Entry(name, "x|y", "z", {3: finding}) for name, finding in findings.items()]
    page = render("# Title", [Section("Part", "Words.", entries)])
    median, root, broken, zero = page.splitlines()[-4:]
    assert median == r"| MEDIAN | x\|y | z | 7 | proven |  |"
    assert "searched: 0 of 53 proven, else 4 inputs" in root
    assert "**not unique**" in broken
    assert "outputs proven; advice **not unique**" in zero


# --- against brute force ---

Row = dict[int, int]


def _program(rows: list[tuple[Row, Row, Row]], wires: int, prime: int) -> Program:
    constraints: list[Constraint] = []
    for parts in rows:
        a, b, c = ({w: v % prime for w, v in part.items() if v % prime} for part in parts)
        constraints.append(tuple((tuple(part), tuple(map(mpz, part.values()))) for part in (a, b, c)))
    zeros = array("I", [0] * len(rows))
    return Program(ConstraintSystem(wires, 0, 0, tuple(constraints), zeros), (), zeros)


@dataclass(frozen=True)
class Puzzle:
    """A small random system that has at least one assignment, and all values that wires can have."""

    rows: list[tuple[Row, Row, Row]]
    domains: list[list[int]]
    question: Question

    def unique(self) -> dict[int, bool]:
        """By trying everything."""
        prime, given = self.question.prime, sorted(self.question.given)
        wanted = self.question.wanted or set(range(1, len(self.domains))) - set(given)
        seen: dict[tuple[int, ...], tuple[int, ...]] = {}
        unique = dict.fromkeys(wanted, True)
        for values in itertools.product(*self.domains):
            if all(
                (_dot(a, values) * _dot(b, values) - _dot(c, values)) % prime == 0 for a, b, c in self.rows
            ):
                first = seen.setdefault(tuple(values[w] for w in given), values)
                for wire in wanted:
                    unique[wire] &= first[wire] == values[wire]
        return unique


def _dot(row: Row, values: tuple[int, ...]) -> int:
    return sum(c * values[w] for w, c in row.items())


def puzzle(seed: int) -> Puzzle:
    random = Random(seed)
    prime = random.choice([7, 11, 17, 61, 127])
    rows: list[tuple[Row, Row, Row]] = []
    domains, bounds = [[1]], {}
    while len(domains) < 4 or (len(domains) < 8 and random.random() < 0.7):
        wire, kind = len(domains), random.random()
        if kind < 0.5:
            rows.append(({wire: 1}, {wire: 1}, {wire: 1}))
            domains.append([0, 1])
        elif kind < 0.8 or math.prod(map(len, domains)) * prime > 3000:
            low = random.randint(-3, 1)
            bounds[wire] = low, low + random.randint(1, 4)
            domains.append([v % prime for v in range(low, bounds[wire][1] + 1)])
        else:
            domains.append(list(range(prime)))
    wires = len(domains)
    hidden = tuple(map(random.choice, domains))

    def terms(most: int) -> Row:
        chosen = random.sample(range(wires), random.randint(1, min(most, wires)))
        return {w: random.choice([1, 1, -1, 2, -2, 3, 4, 8, random.randrange(prime)]) for w in chosen}

    for _ in range(random.randint(1, 5)):
        same = terms(2)
        a, b, c = random.choice(
            [
                (terms(5), {0: 1}, {}),
                (terms(3), terms(3), {}),
                (same, same, terms(2)),
                (terms(2), terms(2), terms(2)),
            ]
        )
        missing = _dot(a, hidden) * _dot(b, hidden) - _dot(c, hidden)
        rows.append((a, b, {**c, 0: c.get(0, 0) + missing}))
    given = frozenset(w for w in range(1, wires) if random.random() < 0.4)
    others = [w for w in range(1, wires) if w not in given]
    wanted = frozenset(random.sample(others, random.randint(1, len(others)))) if others else frozenset({1})
    chosen = None if random.random() < 0.3 else wanted - given
    return Puzzle(
        rows, domains, Question(_program(rows, wires, prime), given, chosen or None, bounds, prime=prime)
    )


@pytest.mark.parametrize("limits", [Limits(exhaustive=10_000), Limits(exhaustive=10_000, proof_nodes=())])
@pytest.mark.parametrize("batch", range(4))
def test_verdicts_agree_with_brute_force(batch: int, limits: Limits) -> None:
    outcomes = set()
    for seed in range(40 * batch, 40 * batch + 40):
        case = puzzle(seed)
        verdict, unique = decide(case.question, limits), case.unique()
        outcomes.add(verdict.outcome)
        assert verdict.outcome is not Outcome.UNDECIDED, (seed, verdict)
        assert verdict.unique == all(unique.values()), (seed, verdict, unique)
        assert all(unique[wire] for wire in verdict.proven if wire in unique), (seed, verdict, unique)
    assert Outcome.COUNTEREXAMPLE in outcomes
    assert Outcome.PROVEN in outcomes
