"""Functions compiled once and put in at each call: the outcome is what ZoKrates makes of the whole."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from tests.circuit_samples import CIRCUITS
from tests.forgeries import THOROUGH
from zkql.circuit.gadgets.poseidon import render_poseidon
from zkql.crypto.field import P
from zkql.errors import BugError, ToolchainError, toolchain_error
from zkql.toolchain import zokrates
from zkql.toolchain.constraints import ObjectFile, Program, number_wires
from zkql.toolchain.linking import link
from zkql.toolchain.modules import COMMENT


@dataclass
class Compiler:
    """ZoKrates, and what it was given: all sources, and those of functions alone."""

    sources: list[str] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)

    def compile(self, source: str) -> ObjectFile:
        self.sources.append(source)
        return zokrates.compiled_object(source)

    def compile_alone(self, source: str) -> ObjectFile:
        self.alone.append(source)
        return zokrates.compiled_object(source)

    def link(self, source: str, *functions: str) -> Program:
        return number_wires(link(source, functions, self.compile, self.compile_alone))


def whole(source: str) -> Program:
    return number_wires(zokrates.compiled_object(source))


@pytest.mark.parametrize("name", CIRCUITS)
def test_linked_it_is_what_zokrates_makes_of_the_whole(name: str) -> None:
    circuit = CIRCUITS[name]()
    compiler = Compiler()
    linked = compiler.link(circuit.source, *circuit.hashes)
    assert len(compiler.sources) == 1
    assert len(compiler.alone) == len(circuit.hashes)
    assert linked == whole(circuit.source)


H1, H2, H3 = map(render_poseidon, (1, 2, 3))
INPUTS = "public field p, private field a, private field b, private field c"


def source_of(body: str, *functions: str) -> str:
    main = f"def main({INPUTS}) {{\n    {body}\n    assert(a * b * c == p);\n}}\n"
    return "\n".join(("// A comment.", *functions, main))


CALLS = {
    "once": "assert(poseidon2(a, b) == c);",
    "of sums": "assert(poseidon2(a + 2 * b + 3, a - b) == c);",
    "of one value twice": "assert(poseidon2(a, a) == c);",
    "of products": "assert(poseidon2(a * b, a * a * b) == c);",
    "of nothing": "assert(poseidon2(0, b - b + a) == c);",
    "of its results": "assert(poseidon2(poseidon2(a, b), poseidon2(b, a)) == c);",
    "of constants": "assert(poseidon2(a, 7) + poseidon2(7, a) == c);",
    "in sums": "assert(3 * poseidon2(a, b) - 2 * poseidon2(b, a) + b == c * c);",
    "in products": "assert(poseidon2(a, b) * poseidon2(b, a) == c);",
    "minus itself": "field h = poseidon2(a, b);\n    assert(h - h + a == c);",
    "twice": "assert(poseidon2(a, b) * poseidon2(a, b) == c);",
    "to a variable": "field d = a * b;\n    assert(poseidon2(a, b) == d);\n    assert(d * d == c);",
    "in a loop": "field mut h = c;\n for u32 i in 0..3 {\n h = poseidon2(h, a);\n }\n assert(h == 0);",
    "of public values": "assert(poseidon2(p, a) == c);",
    "of two widths": "assert(poseidon2(poseidon3(a, b, c), poseidon3(c, b, poseidon2(a, b))) == c);",
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_of_all_kinds(name: str) -> None:
    hashes = (H2, H3) if "poseidon3" in CALLS[name] else (H2,)
    source = source_of(CALLS[name], *hashes)
    compiler = Compiler()
    linked = compiler.link(source, *hashes)
    assert len(compiler.sources) == 1
    assert linked == whole(source)


WHOLE = {
    "of constants": "assert(a * poseidon2(1, 2) == b * b);",
    "of what the compiler finds constant": "assert(poseidon2(a - poseidon2(b - b, c - c), a) == c);",
    "of constants, then of values": "field h = poseidon2(b - b, c - c);\n    assert(poseidon2(a, h) == c);",
    "of two constants of three": "assert(poseidon3(1, a, 2) == b);",
    "of many constants": f"assert({' + '.join(f'poseidon2(a, {i})' for i in range(6))} == b);",
    "of which one is not read": "field h = poseidon2(a, b);\n    assert(poseidon2(b, a) == c);",
    "read by what is not read": "field h = poseidon2(poseidon2(a, b), a);\n    assert(poseidon2(b, a) == c);",
}


@pytest.mark.parametrize("name", WHOLE)
def test_calls_that_are_not_as_expected_are_compiled_whole(name: str) -> None:
    hashes = (H3,) if "poseidon3" in WHOLE[name] else (H2,)
    source = source_of(WHOLE[name], *hashes)
    compiler = Compiler()
    linked = compiler.link(source, *hashes)
    assert len(compiler.sources) == 2
    assert linked == whole(source)


@pytest.mark.parametrize("line", range(6, 16))
def test_constraints_of_others_on_a_stand_ins_lines_are_never_taken(line: int) -> None:
    """The standard library's hash has lines of its own file."""
    head = 'import "hashes/poseidon/poseidon" as hash;' + "\n" * (line - 1)
    body = "field s = hash([a, b]);\n field h = poseidon2(a, c);\n assert(s == c * p);\n assert(h == p);"
    source = head + source_of(body, H2)
    assert Compiler().link(source, H2) == whole(source)


LONG_LINE = "def f(field a) -> field {\n    field x = a * a;\n    return x * a;\n}"
PARTS = {
    "too few lines": (source_of("assert(f(a) + poseidon1(b) == c);", LONG_LINE, H1), (LONG_LINE, H1)),
    "not there": (source_of("assert(poseidon1(a) == c);", H1), (H2,)),
    "a part that others call": (
        source_of(
            "assert(poseidon2(a, b) + g([a, b, c]) == c);",
            f"{H2}\ndef g(field[3] w) -> field {{\n    return poseidon2_last(w);\n}}",
        ),
        (H2,),
    ),
    "no function": (source_of("assert(a == c);", "// nothing"), ("",)),
}


@pytest.mark.parametrize("name", PARTS)
def test_other_functions_are_compiled_whole(name: str) -> None:
    source, functions = PARTS[name]
    compiler = Compiler()
    linked = compiler.link(source, *functions)
    assert compiler.sources == [COMMENT.sub("", source)]
    assert compiler.alone == []
    assert linked == whole(source)


def test_comments_over_lines_take_nothing_with_them() -> None:
    """Without the line between, the assertion would be a part of the comment."""
    body = "/* x\n// */\n    assert(b == c);\n/* y */\n    assert(poseidon2(a, b) == c);"
    compiler = Compiler()
    linked = compiler.link(source_of(body, H2), H2)
    assert compiler.sources == [source_of(body, H2)]
    assert len(linked.system.constraints) == 241 + 1 + 2


def random_call(source: random.Random, depth: int) -> str:
    """An expression of inputs, constants and hashes."""
    kind = source.choice("ivvvchs+-*" if depth else "ivvvc")
    inner = [random_call(source, depth - 1) for _ in range(3)] if kind in "hs+-*" else []
    match kind:
        case "h":
            return f"poseidon2({inner[0]}, {inner[1]})"
        case "s":
            return f"poseidon1({inner[0]})"
        case "+" | "-" | "*":
            return f"({inner[0]} {kind} {inner[1]})"
        case "c":
            return str(source.choice([0, 1, 2, P - 1]))
    return source.choice("abc")


@pytest.mark.parametrize("seed", range(200 if THOROUGH else 12))
def test_random_calls(seed: int) -> None:
    own = random.Random(seed)
    body = "\n    ".join(f"assert({random_call(own, 3)} == {random_call(own, 1)} + c);" for _ in range(2))
    source = source_of(body, H1, H2)
    try:
        expected = whole(source)
    except (ToolchainError, BugError):  # an assertion about constants, or about what no constraint reads
        return
    assert Compiler().link(source, H1, H2) == expected


def test_what_is_wrong_in_a_source_is_said() -> None:
    with pytest.raises(ToolchainError) as caught:
        Compiler().link(source_of("assert(poseidon2(a, nothing) == a);", H2), H2)
    assert "nothing" in str(caught.value)


def test_a_compiler_that_fails_is_not_asked_again() -> None:
    asked = []

    def failing(source: str) -> ObjectFile:
        asked.append(source)
        raise toolchain_error("ZKQL0904", "it takes too long")

    with pytest.raises(ToolchainError):
        link(source_of("assert(poseidon2(a, b) == c);", H2), (H2,), failing, failing)
    assert len(asked) == 1
