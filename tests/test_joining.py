"""Functions compiled one by one and joined: the outcome is what ZoKrates makes of the whole source."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod

import pytest

from tests import functions
from tests.circuit_samples import CIRCUITS, EVERY_FUNCTION, of_function, of_query
from tests.harness import STREAM, WINDOW
from zkql.circuit import check
from zkql.circuit.build import Circuit
from zkql.circuit.check import compile_circuit
from zkql.errors import ToolchainError, toolchain_error
from zkql.toolchain import zokrates
from zkql.toolchain.calls import Call, Dims, Function, Given, NotJoinable, Run, Sum
from zkql.toolchain.constraints import Program, number_wires
from zkql.toolchain.joining import body_of, join

_LISTED = "ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY load DESC) AS n"
SAMPLES: Mapping[str, Callable[[], Circuit]] = {
    **CIRCUITS,
    "bits that the opening has": of_query(
        f"SELECT window_start, BIT_AND(temp) AS v, MIN(temp / 4) AS w {WINDOW} GROUP BY window_start,"
        " window_end",
        STREAM,
    ),
    "a list, and a slice of it": of_function("collect", "grouped"),
    "rows in order": of_query(f"SELECT window_start, load, {_LISTED} {WINDOW}", STREAM),
    "divisions with a sign": of_function("avg", "grouped"),
    "roots": of_function("deviation", "plain"),
    **EVERY_FUNCTION,
}


def joined(circuit: Circuit) -> Program:
    return zokrates.compile_calls(circuit.source, tuple(circuit.given()), tuple(circuit.calls()))


def whole(source: str) -> Program:
    return number_wires(zokrates.compiled_object(source))


@pytest.mark.parametrize("name", SAMPLES)
def test_joined_it_is_what_zokrates_makes_of_the_whole(name: str) -> None:
    circuit = SAMPLES[name]()
    found, expected = joined(circuit), whole(circuit.source)
    assert found.system.constraints == expected.system.constraints
    assert (found.inputs, found.defines) == (expected.inputs, expected.defines)
    # What a call of one line returns is said to be on that line, or on the one that calls it.
    for one, other in zip(found.system.lines, expected.system.lines, strict=True):
        assert [r.has(one) for r in circuit.regions] == [r.has(other) for r in circuit.regions]


@pytest.mark.parametrize("name", functions.CALLS)
def test_every_function_is_joined(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all constraints that its gadgets promise; else it would be compiled whole, which takes long."""
    monkeypatch.setattr(check, "compile_source", lambda *_: pytest.fail("it was compiled whole"))
    compile_circuit(of_function(name, "grouped")())


# --- single calls -----------------------------------------------------------------------------------

INPUTS = ("p", "a", "b", "c")
HEAD = "def main(public field p, private field a, private field b, private field c) {"
USED = (
    "def used(field x, field y, field z, field q) -> bool {\n    assert(x * y * z == q);\n    return true;\n}"
)


def asserting(parameters: str, body: str) -> str:
    """A function f."""
    return f"def f({parameters}) -> bool {{\n    {body}\n    return true;\n}}"


def of(name: str, place: int = 0) -> Run:
    return Run(name, place, 1)


def call(
    text: str, *taken: Run | Sum, parameters: tuple[Dims | int, ...] | None = None, makes: Dims | None = None
) -> Call:
    """A call of a function, of field elements if nothing else is said; it ``makes`` m."""
    name = text.partition("(")[0].removeprefix("def ")
    given = ((),) * len(taken) if parameters is None else parameters
    made = () if makes is None else (Run("m", 0, prod(makes)),)
    return Call(Function(name, ((text, 1),), (), given, makes), taken, made, 9)


USE = call(USED, of("a"), of("b"), of("c"), of("p"))


def program(*calls: Call) -> Program:
    """The calls, over public p and private a, b and c."""
    given = [Given(name, 1, name != "p", 0) for name in INPUTS]
    functions = {c.function for c in (*calls, USE) if c.function}
    bodies = {f: body_of(f, zokrates.compiled_object(f.source)) for f in functions}
    return number_wires(join(given, (*calls, USE), bodies))


def is_the_whole(found: Program, *lines: str) -> bool:
    """Whether it is what ZoKrates makes of functions and assertions."""
    *functions, last = lines
    source = "\n".join((*functions, USED, HEAD, last, "    assert(used(a, b, c, p));", "}"))
    return found.system.constraints == whole(source).system.constraints


def test_what_is_returned_goes_into_other_calls() -> None:
    """A sum, a product, a parameter, and a constant."""
    makes = "def g(field x, field y) -> field[4] {\n    return [x + 2 * y, x * y, y, 7];\n}"
    takes = asserting(
        "field[4] m, field c", "assert(m[0] * m[1] == c);\n    assert((m[2] + m[3]) * c == m[0]);"
    )
    made = call(makes, of("a"), of("b"), makes=(4,))
    taken = call(takes, Run("m", 0, 4), of("c"), parameters=((4,), ()))
    assert is_the_whole(program(made, taken), makes, takes, "assert(f(g(a, b), c));")


def test_sums_are_arguments() -> None:
    text = asserting("field x, field y", "assert(x * y == x + y);")
    first, second = Sum((("a", 0, 2), ("b", 0, -1), ("a", 0, 1)), 5), Sum((("c", 0, 1),), -3)
    assert is_the_whole(program(call(text, first, second)), text, "assert(f(3 * a - b + 5, c - 3));")


def test_one_variable_twice_is_one() -> None:
    text = asserting("field x, field y, field z", "assert((x - y + 1) * (x + y) == z);")
    found = program(call(text, of("a"), of("a"), of("b")))
    assert is_the_whole(found, text, "assert(f(a, a, b));")


@pytest.mark.parametrize("claim", ["x * y == x", "x * y == y", "x * x * y == y", "x * x == y * y * x"])
def test_constants_are_given_before_compilation(claim: str) -> None:
    text = asserting("field x, field y", f"assert({claim});")
    assert is_the_whole(program(call(text, of("a"), parameters=((), -5))), text, "assert(f(a, 0 - 5));")


NONE = Sum((), 0)
ONCE = Sum((), 1)
SEVEN = Sum((), 7)


def test_a_factor_that_becomes_constant_is_multiplied() -> None:
    text = asserting("field x, field y, field z", "assert(x * y == z);")
    assert is_the_whole(program(call(text, of("a"), SEVEN, of("b"))), text, "assert(f(a, 7, b));")
    assert is_the_whole(program(call(text, SEVEN, of("a"), of("b"))), text, "assert(f(7, a, b));")
    assert is_the_whole(program(call(text, ONCE, of("a"), of("b"))), text, "assert(f(1, a, b));")


SQUARED = "field w = x * y;\n    assert(w * w == z);"
FOLDED = {
    "a sum where a product was": (SQUARED, (of("a"), SEVEN, of("b"))),
    "the other factor where a product was": (SQUARED, (of("a"), ONCE, of("b"))),
    "zero where a product was": (SQUARED, (of("a"), NONE, of("b"))),
    "a factor that cancels": ("assert((x - y) * (x + y) == z);", (of("a"), of("a"), of("b"))),
    "what cannot be": ("assert(x * y == 1);\n    assert(y * z == x);", (NONE, of("a"), of("b"))),
    "nothing is left": ("assert(x * y == z);", (SEVEN, of("a"), Sum((("a", 0, 7),), 0))),
    "of constants nothing is left": ("assert(x * y == z);", (SEVEN, NONE, NONE)),
}


@pytest.mark.parametrize("name", FOLDED)
def test_where_zokrates_would_fold_the_whole_is_compiled(name: str) -> None:
    body, taken = FOLDED[name]
    with pytest.raises(NotJoinable):
        program(call(asserting("field x, field y, field z", body), *taken))


MISFITS = {
    "too few arguments": call(USED, *map(of, "abc"), parameters=((), (), (), ())),
    "a wire that there is": replace(
        call("def f(field x) -> field {\n    return x * x;\n}", of("a"), makes=()), results=(Run("a", 0, 1),)
    ),
    "too few results": Call(None, (of("a"),), (Run("m", 0, 2),), 9),
    "a wire that there is not": Call(None, (of("d"),), (Run("m", 0, 1),), 9),
    "an element that there is not": Call(None, (of("a", 1),), (Run("m", 0, 1),), 9),
}


@pytest.mark.parametrize("name", MISFITS)
def test_calls_that_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(NotJoinable):
        program(MISFITS[name])


# --- circuits ---------------------------------------------------------------------------------------


def edited(source: str, edit: str) -> str:
    """Another source with the same functions and calls in it."""
    lines = source.split("\n")
    reveal = next(i for i, line in enumerate(lines) if line.startswith("    assert(reveal"))
    match edit:
        case "a constant of the hash":
            number = max(re.findall(r"\b\d{70,}\b", source))
            return source.replace(number, "12345")
        case "one more assertion":
            lines.insert(reveal, "    assert(context * context == bind_context_square);")
        case "a public value that is private":
            return source.replace("public field result_0,", "private field result_0,", 1)
        case "calls in another order":
            lines[reveal], lines[reveal + 1] = lines[reveal + 1], lines[reveal]
        case "a call in a comment":
            lines[reveal] = f"    // {lines[reveal].strip()}"
        case "a check that is written otherwise":
            return source.replace("assert(bit * bit == bit);", "assert(bit * bit == 1 * bit);", 1)
    return "\n".join(lines)


EDITS = (
    "a constant of the hash",
    "one more assertion",
    "a public value that is private",
    "calls in another order",
    "a call in a comment",
    "a check that is written otherwise",
)


@pytest.mark.parametrize("edit", EDITS)
def test_a_source_that_says_something_else_is_compiled_as_it_is(
    edit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    circuit = SAMPLES["commitments"]()
    changed = replace(circuit, source=edited(circuit.source, edit))
    assert changed.source != circuit.source
    with pytest.raises(NotJoinable):
        tuple(changed.calls())
    sources = []

    def compiled(source: str, *_: object) -> Program:
        sources.append(source)
        return zokrates.compile_source(circuit.source, circuit.hashes)

    monkeypatch.setattr(check, "compile_source", compiled)
    assert compile_circuit(changed).system == compile_circuit(circuit).system
    assert sources == [changed.source]


def test_what_is_kept_depends_on_what_is_called() -> None:
    """A mistake in a gadget's calls that is mended must not go on in the cache."""
    circuit = SAMPLES["commitments"]()
    given, calls = tuple(circuit.given()), list(circuit.calls())
    right = zokrates.compile_calls(circuit.source, given, calls)
    rows = [
        i for i, c in enumerate(calls) if c.arguments[:1] in ((of("commitment", 0),), (of("commitment", 1),))
    ]
    mine, its = (calls[i] for i in rows)
    calls[rows[0]] = replace(mine, arguments=(*its.arguments[:1], *mine.arguments[1:]))
    calls[rows[1]] = replace(its, arguments=(*mine.arguments[:1], *its.arguments[1:]))
    assert zokrates.compile_calls(circuit.source, given, calls).system != right.system
    assert zokrates.compile_calls(circuit.source, given, tuple(circuit.calls())) == right


def test_gadgets_that_do_the_same_are_compiled_once() -> None:
    circuit = SAMPLES["a switched order"]()
    functions = dict.fromkeys(c.function for c in circuit.calls() if c.function)
    texts = {f.source for f in functions if f}
    assert len(texts) < len(functions)
    assert not any("switches" in text for text in texts)


def test_what_one_function_refuses_is_said_of_the_whole() -> None:
    circuit = SAMPLES["commitments"]()
    wrong = circuit.source.replace("context * context", "context * nothing")
    with pytest.raises(ToolchainError, match="nothing"):
        compile_circuit(replace(circuit, source=wrong))
    text = "def f(field x) -> bool {\n    assert(x == nothing);\n    return true;\n}"
    with pytest.raises(NotJoinable):
        zokrates.compile_calls("joined and refused", (), (call(text, SEVEN),))


def test_a_machine_without_packages_gets_them_before_threads_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise toolchain_error("ZKQL0903", "npm could not install")

    monkeypatch.setattr(zokrates, "ready", missing)
    monkeypatch.setattr(zokrates, "_function", lambda *_, **__: pytest.fail("a function was compiled"))
    text = "def f(field x) -> bool {\n    assert(x * x == x);\n    return true;\n}"
    with pytest.raises(ToolchainError, match="npm"):
        zokrates.compile_calls("joined without packages", (), (call(text, SEVEN),))
