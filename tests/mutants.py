"""Mutation testing of the circuit templates: ``make mutants``.

Each assertion of each template is removed in turn. The mutant must still accept honest rows, and at
least one forgery (tests/forgeries.py) or one changed private input must now get through: that shows
that the assertion stops something, and that the forgeries reach it. Also shown is whether the
compiler's own count of constraints notices the loss. Prints every survivor and ends with 1 if any.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from tests.forgeries import SELECTS, all_forgeries
from tests.harness import Secrets, Subject, query, random_rows
from zkql.circuit.gadgets.base import environment
from zkql.crypto.field import P
from zkql.errors import BugError
from zkql.toolchain.zokrates import compile_source

TEMPLATES = Path(__file__).parent.parent / "templates"
_ASSERTION = re.compile(r"^\s*assert\(.*\);$", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """A template without one of its assertions."""

    template: str
    line: int
    assertion: str
    text: str


def mutants() -> Iterator[Mutant]:
    """Every assertion of every template, removed."""
    for path in sorted(TEMPLATES.glob("*.j2")):
        text = path.read_text()
        for match in _ASSERTION.finditer(text):
            line = text.count("\n", 0, match.start() + 1) + 1
            nothing = "\nassert(true);"  # ZoKrates takes no empty loop
            mutated = text[: match.start()] + nothing + text[match.end() :]
            yield Mutant(path.name, line, match.group().strip(), mutated)


def compile_mutant(select: str, stream: str, mutant: Mutant) -> tuple[Subject, bool] | str | None:
    """The circuit with the mutant template, and whether the constraint count gives it away; None if
    this query's circuit does not use the assertion."""
    honest = query(select, stream=stream)
    loader = environment().loader
    plain = type(loader).get_source

    def get_source(self: object, env: object, name: str) -> object:
        if name == mutant.template:
            return mutant.text, None, lambda: True
        return plain(self, env, name)

    try:
        environment().cache.clear()
        with mock.patch.object(type(loader), "get_source", get_source):
            mutated = query(select, stream=stream)
    finally:
        environment().cache.clear()
    assert honest.circuit is not None
    assert mutated.circuit is not None
    if honest.circuit.source == mutated.circuit.source:
        return None
    try:
        program = compile_source(mutated.circuit.source)
    except BugError as error:  # an input that reaches no constraint any more
        return str(error).splitlines()[0]
    noticed = len(program.system.constraints) != mutated.circuit.constraints
    return Subject(mutated, program), noticed


def killed_by(subject: Subject) -> str | None:
    """The first lie that gets through."""
    for seed in range(3):
        secrets = Secrets.of(random_rows(1 + seed, seed))
        assert subject.accepts(subject.honest(secrets)), "the mutant refuses honest rows"
    for forgery in all_forgeries(subject):
        if subject.accepts(forgery.inputs):
            return forgery.name
    return _changed_input(subject)


def _changed_input(subject: Subject) -> str | None:
    assert subject.compiled.circuit is not None
    flat = subject.flat(subject.honest(Secrets.of(random_rows(2, 5))))
    position = 0
    for parameter in subject.compiled.circuit.parameters:
        for index in range(parameter.size):
            if not parameter.public:
                mutant = list(flat)
                mutant[position] = (mutant[position] + 1) % P
                if subject.accepts(subject.named(mutant)):
                    return f"changed {parameter.name}[{index}]"
            position += 1
    return None


def main() -> int:
    """Run all mutants; exit code 1 if one survives."""
    total = killed = noticed_by_count = 0
    for mutant in mutants():
        outcomes: list[str | None] = []
        noticed = False
        for select, stream in SELECTS.values():
            compiled = compile_mutant(select, stream, mutant)
            if compiled is None:
                continue
            if isinstance(compiled, str):
                outcomes.append(f"the compiler: {compiled}")
                noticed = True
                break
            noticed = noticed or compiled[1]
            outcomes.append(killed_by(compiled[0]))
            if outcomes[-1]:
                break
        total += 1
        noticed_by_count += noticed
        kill = next((o for o in outcomes if o), None)
        killed += kill is not None
        state = f"killed by {kill}" if kill else "SURVIVES" if outcomes else "NOT REACHED"
        print(f"{mutant.template}:{mutant.line} {mutant.assertion}\n    {state}")
        if not noticed:
            print("    the constraint count does not notice it")
    print(
        f"\n{killed} of {total} mutants killed by forgeries; "
        f"{noticed_by_count} of {total} noticed by the constraint count"
    )
    return 0 if killed == total == noticed_by_count else 1


if __name__ == "__main__":
    sys.exit(main())
