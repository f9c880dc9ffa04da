"""Forged witnesses: for each lie, the inputs that come closest to being accepted.

Used twice: every forgery must be rejected by the real circuit (tests/attacks), and every assertion of
a template, once removed, must let at least one of them through (tests/mutants.py). All of them are worked
out from the circuit itself, so each new gadget and function is attacked as soon as it is there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, islice
from math import prod
from typing import TypeVar

from tests.harness import Row, Secrets, Subject
from zkql.circuit.gadgets.arithmetic import Quotient
from zkql.circuit.gadgets.base import Gadget, Parameter, Spell
from zkql.circuit.gadgets.permutation import Switches
from zkql.circuit.gadgets.rows import secret_name
from zkql.circuit.statement import StatementError, group_key
from zkql.circuit.wires import Environment
from zkql.crypto.field import P
from zkql.plan.codes import encode_column, width
from zkql.plan.stages import Result
from zkql.plan.types import Value

T = TypeVar("T")


@dataclass(frozen=True)
class Forgery:
    """A lie and the inputs that tell it."""

    name: str
    inputs: Environment


Case = Callable[[Subject, Secrets], Iterator[Forgery]]


# --- how a liar writes a number that does not fit its bits ------------------------------------------


def truncate(value: int, width: int) -> list[int]:
    """It is cut."""
    return [value >> j & 1 for j in range(width)]


def cram(value: int, width: int) -> list[int]:
    """It is put whole into the lowest "bit"."""
    if 0 <= value < 1 << width or not width:
        return truncate(value, width)
    return [value % P, *[0] * (width - 1)]


def halve(value: int, width: int) -> list[int]:
    """Half of it is put into the "bit" above the lowest."""
    if 0 <= value < 1 << width or width < 2:
        return truncate(value, width)
    return [0, value * pow(2, -1, P) % P, *[0] * (width - 2)]


def alias(value: int, width: int) -> list[int]:
    """A number below the width is written as value + p, whose lowest "bit" takes what does not fit."""
    top = 1 << (width - 1) if width else 0
    if width < 2 or not 0 <= value < 1 << width:
        return cram(value, width)
    upper = [1] * (width - 1)
    return [(value - (2 * top - 2)) % P, *upper]


SPELLINGS: dict[str, Spell] = {"truncate": truncate, "cram": cram, "halve": halve}


# --- lies -------------------------------------------------------------------------------------------


def false_wires(subject: Subject, hidden: Secrets, template: str = "") -> Iterator[Forgery]:
    """One element of one wire is wrong, and everything after is worked out from it, results included; of the
    gadgets with a template only, if one is named."""
    given = subject.given(hidden)
    honest = subject.lie(given)
    for gadget in _with_template(subject, template):
        for wire in gadget.outputs:
            places = range(prod(wire.dims))
            for place in {0, 1, len(hidden.rows) - 1, len(places) - 1} & set(places):
                true = honest[wire.name][place]
                others = {honest[wire.name][p] for p in places}
                wrong = {true + 1, true - 1, 0, 1, 1 - true, -true, wire.low - 1, wire.high + 1} | others
                for false in sorted(wrong - {true}):
                    claimed = list(honest[wire.name])
                    claimed[place] = false
                    for name, spell in SPELLINGS.items():
                        lie = subject.lie(given, {wire.name: claimed}, spell)
                        yield Forgery(f"{wire.name}[{place}] = {false} for {true}, {name}", lie)


def _with_template(subject: Subject, template: str) -> Iterator[Gadget]:
    return (g for g in subject.circuit.gadgets if template in ("", g.template))


def whole_wires(subject: Subject, hidden: Secrets, template: str = "") -> Iterator[Forgery]:
    """All elements of a wire are wrong at once; what is after is worked out from them."""
    given = subject.given(hidden)
    honest = subject.lie(given)
    for gadget in _with_template(subject, template):
        for wire in gadget.outputs:
            true = honest[wire.name]
            wrong = {
                "one more": [value + 1 for value in true],
                "one less": [value - 1 for value in true],
                "one more from the second on": [*true[:1], *(value + 1 for value in true[1:])],
                "the sum in the first": [sum(true), *[0] * (len(true) - 1)],
                "backwards": true[::-1],
                "one further": [*true[-1:], *true[:-1]],
            }
            for name, claimed in wrong.items() if wire.dims else ():
                if claimed != true:
                    lie = subject.lie(given, {wire.name: claimed}, cram)
                    yield Forgery(f"{wire.name}: {name}", lie)


def false_results(subject: Subject, hidden: Secrets) -> Iterator[Forgery]:
    """Another public result, with all else as it was."""
    honest = subject.honest(hidden)
    given = {p.name for p in subject.draft.given}
    for parameter in subject.circuit.parameters:
        if not parameter.public or parameter.name in given:
            continue
        for place in range(parameter.size):
            for change in (1, -1, 1 << 64):
                yield _changed(honest, parameter.name, place, honest[parameter.name][place] + change)


def false_nulls(subject: Subject, hidden: Secrets) -> Iterator[Forgery]:
    """NULL for a value, and a value for NULL."""
    honest = subject.honest(hidden)
    for parameter in subject.circuit.parameters:
        name = parameter.name.removesuffix("_known")
        if not parameter.public or name == parameter.name:
            continue
        for place in range(parameter.size):
            known = honest[parameter.name][place]
            for value in (0,) if known else (0, 1, -1, *honest[name]):
                forged = _changed(honest, parameter.name, place, 1 - known)
                yield _changed(forged.inputs, name, place, value)


def swapped_groups(subject: Subject, hidden: Secrets) -> Iterator[Forgery]:
    """Two private groups have each other's results, all of them or one; their keys stay."""
    honest = subject.honest(hidden)
    names = [p.name for p in subject.circuit.parameters if p.public and p.name.startswith("result_")]
    for chosen in (names, *([name] for name in names)) if subject.stage.keys else ():
        for one, other in combinations(range(subject.stage.groups), 2):
            swapped = dict(honest)
            for name in chosen:
                swapped[name] = list(honest[name])
                each = len(honest[name]) // subject.stage.groups  # an ARRAY has several items
                for mine, its in zip(
                    range(one * each, (one + 1) * each), range(other * each, (other + 1) * each), strict=True
                ):
                    swapped[name][mine], swapped[name][its] = honest[name][its], honest[name][mine]
            yield Forgery(f"groups {one} and {other}: {', '.join(chosen)}", swapped)


def changed_inputs(subject: Subject, hidden: Secrets) -> Iterator[Forgery]:
    """One private input is another, with all else as it was."""
    honest = subject.honest(hidden)
    for parameter in subject.circuit.parameters:
        if not parameter.public:
            places = {0, parameter.size // 2, parameter.size - 1}
            for place in sorted(places):
                value = honest[parameter.name][place]
                for false in (value + 1, value - 1, -value if value else 2):
                    yield _changed(honest, parameter.name, place, false)


def _changed(honest: Environment, name: str, place: int, value: int) -> Forgery:
    values = list(honest[name])
    values[place] = value
    return Forgery(f"{name}[{place}] = {value}", {**honest, name: values})


def false_signs(subject: Subject, hidden: Secrets) -> Iterator[Forgery]:
    """The "sign" of a dividend is another factor; zero has a sign; what is above zero is said to be zero,
    which gives nothing else, but nothing that a prover tells may be free."""
    given = subject.given(hidden)
    honest = subject.lie(given)
    for gadget in subject.circuit.gadgets:
        if not isinstance(gadget, Quotient) or not gadget.signed or gadget.made is None:
            continue
        for place, (dividend, divisor) in enumerate(zip(*gadget.read(honest), strict=True)):
            label = f"{gadget.name}[{place}]"
            if not dividend:
                yield Forgery(f"{label}: minus 0", _told_of(gadget, honest, place, {"negative": [1]}))
                continue
            if dividend > 0:
                told = {"zero": [1], "inverse": [0]}
                yield Forgery(f"{label}: zero for {dividend}", _told_of(gadget, honest, place, told))
            for factor in (2, 3) if dividend > 0 else (-2, -3):
                whole, rest = divmod(factor * dividend, divisor)
                claimed = list(honest[gadget.made.name])
                claimed[place] = factor * whole % P
                told = {"negative": [(1 - factor) * pow(2, -1, P) % P]}
                for name, value in {"whole": whole, "rest": rest, "room": divisor - 1 - rest}.items():
                    size = len(honest[f"{gadget.name}_{name}_bits"]) // len(claimed)
                    told[f"{name}_bits"] = truncate(value, size)
                lie = _told_of(gadget, subject.lie(given, {gadget.made.name: claimed}, truncate), place, told)
                yield Forgery(f"{label}: {factor} times {dividend}", lie)


def _told_of(gadget: Gadget, honest: Environment, place: int, told: dict[str, list[int]]) -> Environment:
    """The same with other advice of one element."""
    found = dict(honest)
    for name, values in told.items():
        own = list(honest[f"{gadget.name}_{name}"])
        own[place * len(values) : (place + 1) * len(values)] = values
        found[f"{gadget.name}_{name}"] = own
    return found


def other_context(subject: Subject, hidden: Secrets) -> Iterator[Forgery]:
    """A proof moved to another context."""
    honest = subject.honest(hidden)
    for context in (0, 1, honest["context"][0] + 1):
        yield Forgery(f"context {context}", {**honest, "context": [context]})


def other_rows(subject: Subject, hidden: Secrets) -> Iterator[Forgery]:
    """Results and advice of other rows than those that are shown: left out, counted twice, or made up;
    the rows' own openings are true."""
    honest = subject.honest(hidden)
    shown = {p.name for p in subject.draft.given} | {p.name for p in subject.circuit.gadgets[1].parameters}
    for name, rows in _variations(hidden.rows):
        if len(rows) > subject.stage.capacity:
            continue
        false = subject.lie(subject.given(Secrets.of(rows)))
        mixed = {k: honest[k] if k in shown else v for k, v in false.items()}
        if any(mixed[p.name] != honest[p.name] for p in subject.circuit.parameters):
            yield Forgery(f"results of other rows: {name}", mixed)


def _variations(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    yield "none", []
    for i in range(len(rows)):
        yield f"without row {i}", [*rows[:i], *rows[i + 1 :]]
        yield f"row {i} twice", [*rows[: i + 1], *rows[i:]]
        yield f"row {i} alone", [rows[i]]
    yield "in reverse", list(reversed(rows))


def other_values(subject: Subject, hidden: Secrets) -> Iterator[Forgery]:
    """Columns other than those that were committed to; all else is worked out from them."""
    given = subject.given(hidden)
    for column in subject.plan.stream.private_columns:
        for row in range(len(hidden.rows)):
            true = encode_column(column, hidden.rows[row][column.name])
            top = 1 << width(column.type)
            for false in {0, 1, true ^ 1, true + 1, true - 1, top - 1, top, true + top, true - top} - {true}:
                codes = list(given[secret_name(column.name)])
                codes[row:] = [false if code == true else code for code in codes[row:]]
                for name, spell in SPELLINGS.items():
                    lie = subject.lie({**given, secret_name(column.name): codes}, spell=spell)
                    yield Forgery(f"row {row}: {column.name} = code {false} for {true}, {name}", lie)
    for slot in range(subject.stage.capacity):
        salts = list(given["salt"])
        salts[slot] = (salts[slot] + 1) % P
        yield Forgery(f"salt of slot {slot}", subject.lie({**given, "salt": salts}))


def other_groups(subject: Subject, hidden: Secrets) -> Iterator[Forgery]:
    """A private group is left out, made up, or called otherwise; the verifier puts in what is claimed."""
    if not subject.stage.keys:
        return
    _, results = subject.claim(hidden.rows)
    claims: dict[str, list[Result]] = {}
    for i, result in enumerate(results):
        others = [r for r in results if r is not result]
        claims[f"without group {i}"] = others
        for key in _other_keys(result.key):
            claims[f"group {i} is called {key}"] = [*others, replace(result, key=key)]
            claims[f"group {i} and {key}"] = [*results, replace(result, key=key)]
    for name, claimed in claims.items():
        try:
            by_key = {group_key(subject.stage, r.key): r for r in claimed}
        except StatementError:
            continue  # the verifier finds this out itself, and groups of one key too
        if len(by_key) != len(claimed):
            continue
        ordered = tuple(by_key[k] for k in sorted(by_key))
        if ordered == results or len(ordered) > subject.stage.groups:
            continue
        try:
            given = subject.public(hidden, (bool(ordered), ordered))
        except StatementError:
            continue  # the verifier refuses the claim before any proof
        names = {p.name for p in subject.draft.given}
        secret = subject.secret(hidden)
        yield Forgery(f"{name}, claimed", subject.lie({**given, **secret}))
        yield Forgery(name, subject.lie({**{k: v for k, v in given.items() if k in names}, **secret}))


def _other_keys(key: tuple[Value | None, ...]) -> Iterator[tuple[Value | None, ...]]:
    """One part of a key is another."""
    for place, part in enumerate(key):
        for other in (part + 1, part - 1, None) if isinstance(part, int) else (0, "", "a", "b", None):
            if other != part:
                yield (*key[:place], other, *key[place + 1 :])


CASES: tuple[Case, ...] = (
    other_context,
    other_rows,
    other_values,
    other_groups,
    false_results,
    false_nulls,
    swapped_groups,
    false_signs,
    changed_inputs,
    whole_wires,
    false_wires,
)


def all_forgeries(subject: Subject, hidden: Secrets, template: str = "") -> Iterator[Forgery]:
    """Every forgery over some rows that is told differently from the truth; those first that are about what
    gadgets with a template make. A permutation of equal values can be switched in several ways, which
    changes nothing that follows: that is no lie."""
    switches = {p.name for g in subject.circuit.gadgets if isinstance(g, Switches) for p in g.parameters}
    told = [p for p in subject.circuit.parameters if p.name not in switches]
    truth = _told(told, subject.honest(hidden))
    nearest = (partial(case, template=template) for case in (whole_wires, false_wires))
    for case in (*nearest, *CASES) if template else CASES:
        name = getattr(case, "__name__", template)
        for forgery in case(subject, hidden):
            if _told(told, forgery.inputs) != truth:
                yield Forgery(f"{name}: {forgery.name}", forgery.inputs)


THOROUGH = bool(os.environ.get("ZKQL_THOROUGH"))
"""Whether tests try everything; else a part of it, to save time. ``make mutants`` judges all forgeries."""


def sample(cases: Iterable[T], every: int) -> Iterator[T]:
    """One in so many, or all if the tests are to be thorough."""
    return iter(cases) if THOROUGH else islice(cases, 0, None, every)


def _told(parameters: Sequence[Parameter], inputs: Environment) -> list[int]:
    return [value % P for p in parameters for value in inputs[p.name]]
