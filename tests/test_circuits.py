"""Circuits against the plan's own evaluation, at the R1CS."""

from __future__ import annotations

import dataclasses

import pytest

from tests.harness import (
    FEW_GROUPS_STREAM,
    FILTERED,
    GROUPED,
    HIDDEN,
    HIGHEST,
    LOWEST,
    PLAIN,
    SOLO_STREAM,
    STREAM,
    WINDOW,
    Secrets,
    Subject,
    query,
    random_rows,
    row,
)
from zkql.circuit.assemble import assemble
from zkql.circuit.check import compile_circuit
from zkql.circuit.draft import Draft
from zkql.circuit.wires import WIDEST
from zkql.crypto.field import P
from zkql.errors import BugError, QueryError


@pytest.fixture(
    scope="module",
    params=[
        (PLAIN, STREAM),
        (FILTERED, STREAM),
        (GROUPED, STREAM),
        (HIGHEST, SOLO_STREAM),
        (LOWEST, SOLO_STREAM),
        (HIDDEN, FEW_GROUPS_STREAM),
    ],
    ids=["plain", "filtered", "grouped", "highest", "lowest", "hidden"],
)
def subject(request) -> Subject:
    select, stream = request.param
    return Subject.compile(select, stream=stream)


def test_honest_rows_are_accepted(subject: Subject) -> None:
    for seed in range(40):
        rows = random_rows(seed % 5, seed)
        secrets = Secrets.of(rows[: subject.stage.groups] if subject.stage.keys else rows)
        assert subject.accepts(subject.honest(secrets)), secrets


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(0)],
        [row(9999, 2**31 - 1, 1, 2**31 - 1)] * 4,
        [row(-9999, -(2**31), 0, -(2**31))] * 4,
        [row(1), row(-1)],
        [row(1), row(-1), row(0)],
        [row(5, 1), row(5, 1), row(-5, -1), row(-5, -1)],
        [row(1, 1), row(1, 1), row(0, -1)],
    ],
    ids=["empty", "one", "highest", "lowest", "cancel", "zero", "ties", "third"],
)
def test_edge_cases_are_accepted(subject: Subject, rows) -> None:
    assert subject.accepts(subject.honest(Secrets.of(rows)))


def test_every_wire_is_an_input_or_defined_once(subject: Subject) -> None:
    """So a prover can choose private inputs and nothing else."""
    program = subject.program
    defined = [wire for wire in program.defines if wire]
    assert len(defined) == len(set(defined))
    assert set(defined).isdisjoint(program.inputs)
    assert set(defined) | set(program.inputs) | {0} == set(range(program.system.wires))


def test_every_public_input_is_in_a_constraint(subject: Subject) -> None:
    used = {w for c in subject.program.system.constraints for part in c for w in part[0]}
    assert set(range(1, subject.program.system.public + 1)) <= used


def test_constraint_formulas_are_exact(subject: Subject) -> None:
    circuit = subject.compiled.circuit
    assert circuit is not None
    assert len(subject.program.system.constraints) == circuit.constraints


@pytest.mark.parametrize("select", [PLAIN, HIDDEN], ids=["plain", "hidden"])
@pytest.mark.parametrize("capacity", [1, 2, 3, 7])
def test_any_capacity_compiles_to_its_formula(capacity: int, select: str) -> None:
    subject = Subject.compile(select, capacity)
    assert subject.accepts(subject.honest(Secrets.of(random_rows(capacity, 1))))
    assert subject.accepts(subject.honest(Secrets.of([])))


def test_the_processor_builds_the_same_gadgets_as_the_compiler() -> None:
    compiled = query(FILTERED)
    assert compiled.circuit is not None
    assert compiled.plan.circuit is not None
    rebuilt = assemble(compiled.plan, compiled.plan.circuit)
    assert [g.name for g in rebuilt.gadgets] == [g.name for g in compiled.circuit.gadgets]
    assert rebuilt.parameters == compiled.circuit.parameters


def test_a_gadget_that_is_not_called_is_noticed() -> None:
    """ZoKrates can drop a call, with all its assertions, and say nothing."""
    circuit = query(PLAIN).circuit
    assert circuit is not None
    calls = [line for line in circuit.source.split("\n") if line.startswith("    assert(largest")]
    assert calls
    for call in calls:
        with pytest.raises(BugError, match=r"constraints where|reaches no constraint"):
            compile_circuit(dataclasses.replace(circuit, source=circuit.source.replace(call, "")))


def test_compiling_twice_gives_the_same_text() -> None:
    first, second = query(FILTERED).circuit, query(FILTERED).circuit
    assert first is not None
    assert second is not None
    assert first.source == second.source


def test_the_first_query_stays_below_its_ceiling() -> None:
    """At most 400 constraints a row were asked for; this is what it takes, exactly."""
    from pathlib import Path

    from zkql.compiler import compile_query, read_source

    source = read_source(Path(__file__).parent.parent / "queries/nexmark/highest_bid.zkql")
    circuit = compile_query(source).circuit
    assert circuit is not None
    assert circuit.capacity == 100
    assert circuit.constraints <= 32_645


def test_a_sum_that_could_leave_its_type_is_refused() -> None:
    from zkql.compiler import compile_query
    from zkql.errors import Source

    text = query(PLAIN).query.source.text.replace("DECIMAL(4, 1)", "DECIMAL(38, 1)")
    with pytest.raises(QueryError, match="can leave DECIMAL"):
        compile_query(Source("test.zkql", text))


@pytest.mark.parametrize(
    "left", ["x", "y", "0.5", "9" * 38, "-" + "9" * 38, "." + "0" * 37 + "1", "load", "zone"]
)
@pytest.mark.parametrize("right", ["x", "y", "z"])
@pytest.mark.parametrize("operator", ["<", ">=", "="])
def test_no_comparison_is_wide_enough_to_have_two_spellings(left: str, operator: str, right: str) -> None:
    """A number of 254 bits can be spelled as v and as v + p, and then either answer can be proven."""
    wide = STREAM.replace(
        "ok    BOOLEAN", "x DECIMAL(38, 38), y DECIMAL(38, 0), z DECIMAL(20, 10), ok BOOLEAN"
    )
    select = (
        f"SELECT COUNT(*) AS n {WINDOW} WHERE {left} {operator} {right} GROUP BY window_start, window_end"
    )
    try:
        compiled = query(select, stream=wide)
    except QueryError as error:
        assert error.diagnostics[0].code == "ZKQL0311"  # noqa: PT017
        return
    assert compiled.plan.circuit is not None
    assert compiled.circuit is not None
    widths = [p.dims[-1] + 1 for p in compiled.circuit.parameters if p.dims]
    assert max(widths) < P.bit_length() - 1
    check_widths(assemble(compiled.plan, compiled.plan.circuit))


def check_widths(draft: Draft) -> None:
    """Every number is below the field's size, but for those that are field elements by design."""
    free = {"context", "commitment"}
    for gadget in draft.gadgets:
        for linear in gadget.inputs:
            if {wire.name for wire, _ in linear.terms} & free or "salt" in str(linear):
                continue
            assert max(abs(linear.low), abs(linear.high)).bit_length() <= WIDEST, gadget
