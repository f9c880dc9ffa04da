"""Mutation testing of the circuit templates: ``make mutants``.

Each assertion of each template is removed in turn. In a circuit that has it, the mutant must still accept
honest rows, and at least one forgery (tests/forgeries.py) or changed private input must now get through:
that shows that the assertion stops something, and that the forgeries reach it. Also shown is whether the
compiler's own count of constraints notices the loss. Prints every survivor and ends with 1 if any. Arguments
are templates, or template:line; all if there are none.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from unittest import mock

from tests import chains, functions, harness, signatures, table_joins
from tests.forgeries import all_forgeries
from tests.gadgets import Bench
from tests.harness import FEW_GROUPS_STREAM, SOLO_STREAM, Row, Secrets, Subject, query, random_rows
from tests.test_listing import SELECTS as LISTINGS
from zkql.circuit.assemble import assemble
from zkql.circuit.build import Circuit, write_circuit
from zkql.circuit.gadgets.base import environment
from zkql.compiler import Compiled
from zkql.errors import BugError, QueryError
from zkql.plan.scalar import EvaluationError
from zkql.toolchain.calls import NotJoinable
from zkql.toolchain.constraints import Program
from zkql.toolchain.cores import usable_cores
from zkql.toolchain.zokrates import compile_calls, compile_source

TEMPLATES = Path(__file__).parent.parent / "templates"
CAPACITY = 3
TRIES = 6
"""How many circuits a mutant is tried in, the smallest first."""
LIES = 800
"""How many lies are told in a circuit about the same rows, at most."""


def _where(condition: str) -> str:
    selected = f"SELECT window_start, SUM(temp) AS s {functions.WINDOW} WHERE {condition}"
    return f"{selected} GROUP BY window_start, window_end"


def _alone(call: str) -> str:
    return f"SELECT window_start, {call} AS v {harness.WINDOW} GROUP BY window_start, window_end"


QUERIES: dict[str, tuple[str, str, int]] = {
    "plain": (harness.PLAIN, harness.STREAM, CAPACITY),
    "filtered": (harness.FILTERED, harness.STREAM, CAPACITY),
    "summed": (harness.SUMMED, SOLO_STREAM, CAPACITY),
    "highest": (harness.HIGHEST, SOLO_STREAM, CAPACITY),
    "lowest": (harness.LOWEST, SOLO_STREAM, CAPACITY),
    "grouped": (harness.GROUPED, harness.STREAM, CAPACITY),
    "hidden": (harness.HIDDEN, FEW_GROUPS_STREAM, CAPACITY),
    "no column": (_alone("COUNT(*) FILTER (WHERE load > 5000)"), harness.STREAM, CAPACITY),
    "never": (_alone("SUM(load) FILTER (WHERE load > 5000)"), harness.STREAM, CAPACITY),
    "many rows": (_alone("COUNT(DISTINCT load)"), SOLO_STREAM, 48),
    **{
        f"{name} {form}": (functions.select(name, form), functions.STREAM, CAPACITY)
        for name in functions.CALLS
        for form in functions.FORMS
    },
    **{f"listing {name}": (select, functions.STREAM, CAPACITY) for name, select in LISTINGS.items()},
    **{
        condition: (_where(condition), functions.STREAM, CAPACITY)
        for condition in (
            "10 / temp > 2",
            "MOD(load, 3) = 1.5 OR ok",
            "temp IN (0, 1, 5, 9)",
            "ROUND(load) = temp",
            "ABS(temp) * 3 >= small",
            "CAST(temp AS SMALLINT) = small",
            "name LIKE 'a%' OR name = 'b'",
            "EXTRACT(DAY FROM ts) > small",
            "CHAR_LENGTH(name) = 1",
            "CASE WHEN ok THEN load ELSE temp END > 0.5",
        )
    },
}
"""SELECT, CREATE STREAM and capacity by name."""


# --- mutants ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """A template without one of its assertions."""

    template: str
    line: int
    assertion: str
    text: str


_START = re.compile(r"^[ ]*assert\(", re.MULTILINE)
_CALL_OF_EACH = re.compile(r'^.*else "assert\(" \}\}.*$', re.MULTILINE)
_NOTHING = "assert(true);"
"""ZoKrates takes no empty loop."""


def mutants() -> Iterator[Mutant]:
    """Every assertion of every template, removed."""
    for path in sorted(TEMPLATES.glob("*.zok.j2")):
        text = path.read_text()
        for start in (match.start() for match in _START.finditer(text)):
            end = _end(text, start)
            yield _mutant(path.name, text, start, end, _NOTHING)
        for match in _CALL_OF_EACH.finditer(text):
            only = f"{{% if returns %}}\n{match.group()}\n{{% else %}}\n{_NOTHING}\n{{% endif %}}"
            yield _mutant(path.name, text, match.start(), match.end(), only)


def _end(text: str, start: int) -> int:
    """The end of the statement: where its parentheses are closed."""
    depth = 0
    for position in range(text.index("(", start), len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if not depth:
            return position + 2
    raise ValueError(text[start : start + 40])


def _mutant(name: str, text: str, start: int, end: int, instead: str) -> Mutant:
    assertion = " ".join(text[start:end].split())
    return Mutant(name, text.count("\n", 0, start) + 1, assertion, text[:start] + instead + text[end:])


# --- circuits -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A circuit that can be written with other templates, and what a dishonest prover gets through with, if
    anything, in a compiled one. ``templates`` are those that it reads."""

    name: str
    circuit: Circuit
    templates: frozenset[str]
    write: Callable[[], Circuit]
    killed_by: Callable[[Circuit, Program, str], str | None]


def candidates() -> list[Candidate]:
    """Every circuit there is to try, the smallest first."""
    found = []
    for name, text in QUERIES.items():
        try:
            compiled = query(text[0], text[2], text[1])
        except QueryError as error:
            if [d.code for d in error.diagnostics] != ["ZKQL0301"]:
                raise
            continue  # there is no circuit yet
        found.append(_of_query(name, compiled))
    found += map(_of_join, table_joins.SHAPES)
    found += map(_of_chain, chains.SUBJECTS)
    found += map(_of_signature, signatures.SUBJECTS)
    return sorted(found, key=lambda own: own.circuit.constraints)


def _of_query(name: str, compiled: Compiled) -> Candidate:
    assert compiled.plan.circuit is not None
    draft = assemble(compiled.plan, compiled.plan.circuit)

    def killed_by(circuit: Circuit, program: Program, template: str) -> str | None:
        return _lie_about_rows(Subject(replace(compiled, circuit=circuit), program), template)

    return _candidate(f"query {name}", lambda: write_circuit(draft, ()), killed_by)


def _of_join(name: str) -> Candidate:
    method, rows, size, more = table_joins.SHAPES[name]

    def make() -> table_joins.Subject:
        with mock.patch("tests.gadgets.compile_circuit", return_value=None):
            return table_joins.Subject.make(method, rows, size, **more)  # type: ignore[arg-type]

    def killed_by(circuit: Circuit, program: Program, _: str) -> str | None:
        own = make()
        bench = replace(own.joining.bench, circuit=circuit, program=program)
        return _lie_about_a_join(replace(own, joining=replace(own.joining, bench=bench)))

    return _candidate(f"join {name}", lambda: make().joining.bench.circuit, killed_by)


def _of_chain(name: str) -> Candidate:
    compiled = chains.query(*chains.SUBJECTS[name])
    assert compiled.plan.circuit is not None
    draft = assemble(compiled.plan, compiled.plan.circuit)

    def killed_by(circuit: Circuit, program: Program, _: str) -> str | None:
        subject = chains.Subject(replace(compiled, circuit=circuit), Bench(circuit, program))
        for blocks in chains.BLOCKS:
            tries = chain(subject.changed(blocks), subject.told(blocks))
            found = next((what for what, accepted in tries if accepted), None)
            if found is not None:
                return f"{blocks}: {found}"
        return None

    return _candidate(f"chain {name}", lambda: write_circuit(draft, ()), killed_by)


def _of_signature(name: str) -> Candidate:
    def make() -> signatures.Subject:
        with mock.patch("tests.gadgets.compile_circuit", return_value=None):
            return signatures.SUBJECTS[name]()

    def killed_by(circuit: Circuit, program: Program, _: str) -> str | None:
        own = make()
        bench = replace(own.bench, circuit=circuit, program=program)
        for inputs in own.honest:
            assert bench.accepts(bench.solve(**inputs)), "the mutant refuses honest inputs"
        return next(
            (lie for lie, values in replace(own, bench=bench).forged() if bench.accepts(values)), None
        )

    return _candidate(f"signature {name}", lambda: make().bench.circuit, killed_by)


def _candidate(
    name: str, write: Callable[[], Circuit], killed_by: Callable[[Circuit, Program, str], str | None]
) -> Candidate:
    read: set[str] = set()
    with templates({}, read):
        circuit = write()
    return Candidate(name, circuit, frozenset(read), write, killed_by)


@contextmanager
def templates(changed: dict[str, str], read: set[str]) -> Iterator[None]:
    """Templates are read anew, some from other texts; ``read`` gets their names."""
    loader = environment().loader
    plain = type(loader).get_source

    def get_source(self: object, env: object, name: str) -> object:
        read.add(name)
        return (changed[name], None, lambda: True) if name in changed else plain(self, env, name)

    environment().cache.clear()
    try:
        with mock.patch.object(type(loader), "get_source", get_source):
            yield
    finally:
        environment().cache.clear()


# --- the trial ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """``killed`` says by what; None: it survives in all that were ``tried``."""

    mutant: Mutant
    tried: tuple[str, ...]
    killed: str | None
    noticed: bool


_CANDIDATES: list[Candidate] = []
"""Made once, before workers are forked."""


def trial(mutant: Mutant) -> Outcome:
    """A mutant in one circuit after the other, until something gets through."""
    tried: list[str] = []
    noticed = False
    for own, circuit in islice(_touched(mutant), TRIES):
        tried.append(own.name)
        try:
            program = _compiled(circuit, mutant)
        except BugError as error:  # an input that reaches no constraint any more
            return Outcome(mutant, tuple(tried), f"the compiler: {str(error).splitlines()[0]}", noticed=True)
        noticed = noticed or len(program.system.constraints) != circuit.constraints
        killed = own.killed_by(circuit, program, mutant.template)
        if killed is not None:
            return Outcome(mutant, tuple(tried), f"{own.name}: {killed}", noticed)
    return Outcome(mutant, tuple(tried), None, noticed)


def _compiled(circuit: Circuit, mutant: Mutant) -> Program:
    """As circuits are compiled, but that nobody counts."""
    try:
        with templates({mutant.template: mutant.text}, set()):
            calls = tuple(circuit.calls())
        return compile_calls(circuit.source, tuple(circuit.given()), calls)
    except NotJoinable:
        return compile_source(circuit.source)


def _touched(mutant: Mutant) -> Iterator[tuple[Candidate, Circuit]]:
    """The circuits that a mutant changes."""
    for own in _CANDIDATES:
        if mutant.template in own.templates:
            with templates({mutant.template: mutant.text}, set()):
                circuit = own.write()
            if circuit.source != own.circuit.source:
                yield own, circuit


# --- lies ---------------------------------------------------------------------------------------------


def _lie_about_rows(subject: Subject, template: str) -> str | None:
    """The first lie that gets through: about the gadgets with the template, then about anything."""
    windows = list(_windows(subject))
    for rows in windows:
        assert subject.accepts(subject.honest(Secrets.of(rows))), "the mutant refuses honest rows"
    for rows in windows:
        hidden = Secrets.of(rows)
        for forgery in islice(all_forgeries(subject, hidden, template), LIES):
            if subject.accepts(forgery.inputs):
                return forgery.name
    for rows in windows:
        changed = _changed_input(subject, Secrets.of(rows))
        if changed is not None:
            return changed
    return None


def _windows(subject: Subject) -> Iterator[list[Row]]:
    """Rows of proofs: full, and with fewer rows than slots."""
    if "small" not in {c.name for c in subject.plan.stream.columns}:
        for seed in range(3):
            rows = random_rows(3 - seed, seed)
            yield rows[: subject.stage.groups] if subject.stage.keys else rows
        return
    source = random.Random(5)
    for count in (3, 2, 3, 1, 0):
        yield next(
            own
            for own in iter(lambda: functions.random_window(source, CAPACITY), None)
            if len(own) == count and _has_a_value(subject, own)
        )


def _has_a_value(subject: Subject, rows: list[Row]) -> bool:
    try:
        return len(subject.claim(rows)[1]) <= subject.stage.most
    except EvaluationError:
        return False


def _changed_input(subject: Subject, hidden: Secrets) -> str | None:
    honest = subject.honest(hidden)
    for parameter in subject.circuit.parameters:
        for index in range(0 if parameter.public else parameter.size):
            values = list(honest[parameter.name])
            values[index] += 1
            if subject.accepts({**honest, parameter.name: values}):
                return f"changed {parameter.name}[{index}]"
    return None


def _lie_about_a_join(subject: table_joins.Subject) -> str | None:
    for rows, table in table_joins.windows(subject, 6):
        given = subject.inputs(rows, table)
        honest = subject.joining.solve(given)
        assert subject.joining.accepts(honest), "the mutant refuses honest rows"
        for name, values in subject.joining.false_claims(given):
            if subject.joining.accepts(values):
                return name
    return None


# --- report -------------------------------------------------------------------------------------------


def main(wanted: Sequence[str]) -> int:
    """Run all mutants; exit code 1 if one survives."""
    chosen = [m for m in mutants() if not wanted or {m.template, f"{m.template}:{m.line}"} & set(wanted)]
    _CANDIDATES.extend(candidates())
    total = killed = noticed = 0
    with ProcessPoolExecutor(usable_cores(), mp_context=get_context("fork")) as pool:
        for done in as_completed([pool.submit(trial, mutant) for mutant in chosen]):
            outcome = done.result()
            total += 1
            killed += outcome.killed is not None
            noticed += outcome.noticed
            state = "SURVIVES" if outcome.tried else "NOT REACHED"
            mutant = outcome.mutant
            print(f"{mutant.template}:{mutant.line} {mutant.assertion}")
            print(f"    killed by {outcome.killed}" if outcome.killed else f"    {state} {outcome.tried}")
            if not outcome.noticed:
                print("    the constraint count does not notice it")
            sys.stdout.flush()
    print(
        f"\n{killed} of {total} mutants killed by forgeries; "
        f"{noticed} of {total} noticed by the constraint count"
    )
    return 0 if killed == total == noticed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
