"""Functions compiled once and put in at each call: the outcome is what ZoKrates makes of the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests import functions, table_joins
from tests.harness import FEW_GROUPS_STREAM, HIDDEN, PLAIN, STREAM, query
from zkql.circuit.gadgets.poseidon import poseidon_name, render_poseidon
from zkql.errors import ToolchainError
from zkql.toolchain import zokrates
from zkql.toolchain.constraints import ObjectFile, number_wires
from zkql.toolchain.linking import link
from zkql.toolchain.modules import COMMENT

WIDE_STREAM = STREAM.replace("  zone ", "  first VARCHAR(11),\n  zone ")
"""The first element of a commitment has no column, so that one argument of the hash is a constant."""


def of_query(select: str, stream: str) -> Callable[[], str]:
    def source() -> str:
        circuit = query(select, 3, stream).circuit
        assert circuit is not None
        return circuit.source

    return source


def of_join(name: str) -> Callable[[], str]:
    return lambda: table_joins.subject(name).joining.bench.circuit.source


SOURCES = {
    "commitments": of_query(PLAIN, STREAM),
    "a constant argument": of_query(PLAIN, WIDE_STREAM),
    "groups": of_query(HIDDEN, FEW_GROUPS_STREAM),
    "a challenge": of_query(functions.select("count_distinct", "plain"), functions.STREAM),
    "hashes of hashes": of_join("paths"),
    "committed entries": of_join("opened"),
}


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

    def link(self, source: str) -> ObjectFile:
        return link(source, self.compile, self.compile_alone)


@pytest.mark.parametrize("name", SOURCES)
def test_linked_it_is_what_zokrates_makes_of_the_whole(name: str) -> None:
    source = SOURCES[name]()
    compiler = Compiler()
    linked = number_wires(compiler.link(source))
    assert len(compiler.sources) == 1
    assert compiler.alone
    assert max(map(len, compiler.alone)) < len(source)
    assert linked == number_wires(zokrates.compiled_object(source))


HASH = render_poseidon(2)
NAME = poseidon_name(2)
WHOLE = {
    "constants alone": (
        f"{HASH}\ndef main(private field a, field b) {{\n    assert(a * {NAME}(1, 2) == b * b);\n}}\n",
        "its stand-in asserts something that no constant fulfils",
    ),
    "two constants": (
        f"{render_poseidon(3)}\ndef main(field a, field b) {{\n    assert(poseidon3(1, a, 2) == b);\n}}\n",
        "which is which cannot be told",
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_calls_that_are_not_as_expected_are_compiled_whole(name: str) -> None:
    source, why = WHOLE[name]
    compiler = Compiler()
    linked = number_wires(compiler.link(source))
    assert len(compiler.sources) == 2, why
    assert linked == number_wires(zokrates.compiled_object(source))


CALLS = {
    "once": f"assert({NAME}(a, b) == c);",
    "of sums": f"assert({NAME}(a + 2 * b + 3, a - b) == c);",
    "of one value twice": f"assert({NAME}(a, a) == c);",
    "of products": f"assert({NAME}(a * b, a * a * b) == c);",
    "of nothing": f"assert({NAME}(0, b - b + a) == c);",
    "of its results": f"assert({NAME}({NAME}(a, b), {NAME}(b, a)) == c);",
    "of a constant that is its mark": f"assert({NAME}(a, 7) + {NAME}(7, a) == c);",
    "in sums": f"assert(3 * {NAME}(a, b) - 2 * {NAME}(b, a) + b == c * c);",
    "in products": f"assert({NAME}(a, b) * {NAME}(b, a) == c);",
    "minus itself": f"field h = {NAME}(a, b);\n    assert(h - h + a == c);",
    "twice": f"assert({NAME}(a, b) * {NAME}(a, b) == c);",
    "to a variable": f"field d = a * b;\n    assert({NAME}(a, b) == d);\n    assert(d * d == c);",
    "in a loop": f"field mut h = c;\n for u32 i in 0..3 {{\n h = {NAME}(h, a);\n }}\n assert(h == 0);",
    "of public values": f"assert({NAME}(p, a) == c);",
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_of_all_kinds(name: str) -> None:
    main = (
        f"def main(public field p, private field a, private field b, private field c) {{\n    {CALLS[name]}"
    )
    source = f"// A comment.\n{HASH}\n{main}\n    assert(a * b * c == p);\n}}\n"
    compiler = Compiler()
    linked = number_wires(compiler.link(source))
    assert len(compiler.sources) == 1
    assert linked == number_wires(zokrates.compiled_object(source))


OTHERS = {
    "a short one": ("def f(field a, field b) -> field {\n    return a * b;\n}\n", "f(a, b)"),
    "one that asserts": (
        HASH.replace(
            f"    return {NAME}_last(w);", f"    assert(w_1 * w_1 == w_1);\n    return {NAME}_last(w);"
        ),
        f"{NAME}(a, b)",
    ),
    "one of which others call a part": (
        f"{HASH}\ndef g(field[3] w) -> field {{\n    return {NAME}_last(w);\n}}\n",
        f"{NAME}(a, b) + g([a, b, c])",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_functions_are_not_linked(name: str) -> None:
    function, call = OTHERS[name]
    source = f"{function}def main(field a, field b, field c) {{\n    assert({call} == b * c);\n}}\n"
    compiler = Compiler()
    compiler.link(source)
    assert compiler.sources == [COMMENT.sub("", source)]
    assert compiler.alone == []


def test_what_is_wrong_in_a_source_is_said_once() -> None:
    with pytest.raises(ToolchainError) as caught:
        Compiler().link(f"{HASH}\ndef main(field a) {{\n    assert({NAME}(a, nothing) == a);\n}}\n")
    assert "nothing" in str(caught.value)
