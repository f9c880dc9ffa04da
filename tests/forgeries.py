"""Forged witnesses: for each lie, the inputs that come closest to being accepted.

Used twice: every forgery must be rejected by the real circuit (tests/attacks), and every assertion of
a template, once removed, must let at least one of them through (tests/mutants.py).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.harness import (
    FILTERED,
    HIGHEST,
    LOWEST,
    PLAIN,
    SOLO_STREAM,
    STREAM,
    SUMMED,
    Inputs,
    Secrets,
    Subject,
    row,
    spell,
)
from zkql.circuit.gadgets.aggregates import Average
from zkql.circuit.gadgets.selection import Selection
from zkql.crypto.field import P
from zkql.plan.evaluate import rounds
from zkql.plan.functions.aggregates import Function

SPELLINGS = ("truncate", "cram", "halve")


@dataclass(frozen=True)
class Forgery:
    """A lie and the inputs that tell it."""

    name: str
    inputs: Inputs


Case = Callable[[Subject], Iterator[Forgery]]

ROWS = (row(505, 12, 1, 60), row(-505, -3, 0, 60), row(13, 9, 1, 60))
"""Three rows in a capacity of four; all pass :data:`FILTERED`'s condition but for the second."""


def _public(subject: Subject, secrets: Secrets, **results: int | None) -> dict[int, Any]:
    return {**subject.results(secrets.rows), **{int(k[1:]): v for k, v in results.items()}}


def _rewrite(inputs: Inputs, **changes: Any) -> Inputs:
    changed = copy.deepcopy(inputs)
    changed.update(changes)
    return changed


def _calls(subject: Subject, *functions: Function) -> Iterator[int]:
    plan = subject.compiled.plan
    assert plan.circuit is not None
    for index in plan.circuit.calls:
        if plan.calls[index].function in functions:
            yield index


# --- results --------------------------------------------------------------------------------------


def wrong_results(subject: Subject) -> Iterator[Forgery]:
    """Another result, with advice worked out for it."""
    secrets = Secrets.of(ROWS)
    plan = subject.compiled.plan
    truth = subject.results(ROWS)
    for index in _calls(subject, Function.MAX, Function.MIN, Function.SUM, Function.COUNT):
        call = plan.calls[index]
        honest = truth[index]
        assert isinstance(honest, int)
        for change in (1, -1, 7, -7, 100_000, -100_000, 1 << 63):
            for spelling in SPELLINGS:
                inputs = subject.lie(secrets, spelling, results={**truth, index: honest + change})
                encoded = inputs[f"result_{index}"] + change
                yield Forgery(
                    f"{call} off by {change}, {spelling}",
                    _rewrite(inputs, **{f"result_{index}": encoded % P}),
                )


def extreme_of_no_row(subject: Subject) -> Iterator[Forgery]:
    """MAX and MIN that another row, a padding slot or a row that does not pass has."""
    secrets = Secrets.of(ROWS)
    truth = subject.results(ROWS)
    for index in _calls(subject, Function.MAX, Function.MIN):
        call = subject.compiled.plan.calls[index]
        assert call.argument is not None
        for value in (*(int(r[call.argument.name]) for r in ROWS), call.argument.type.lowest):
            if value == truth[index]:
                continue
            for spelling in SPELLINGS:
                inputs = subject.lie(secrets, spelling, results={**truth, index: value})
                result = value - call.argument.type.lowest
                yield Forgery(f"{call} is {value}", _rewrite(inputs, **{f"result_{index}": result}))


def wrong_averages(subject: Subject) -> Iterator[Forgery]:
    """Another mean, with sign, magnitude, remainder and room worked out for it."""
    assert subject.compiled.circuit is not None
    for rows in (ROWS, (row(1, 1, 1, 60), row(-1, -1, 1, 60)), (row(-7, -7, 1, 60), row(-8, 0, 1, 60))):
        secrets = Secrets.of(rows)
        honest = subject.honest(secrets)
        for gadget in subject.compiled.circuit.gadgets:
            if isinstance(gadget, Average):
                yield from _average_lies(subject, gadget, secrets, honest)


def _average_lies(subject: Subject, gadget: Average, secrets: Secrets, honest: Inputs) -> Iterator[Forgery]:
    index = int(gadget.result.removeprefix("result_"))
    assignment = subject.assignment(secrets)
    kept = [r for r, chosen in zip(secrets.rows, assignment.selected, strict=True) if chosen]
    total = sum(int(r[gadget.total.argument.expression.name]) for r in kept) * gadget.scale
    mean = subject.results(secrets.rows)[index]
    assert isinstance(mean, int)
    prefix = gadget.name
    for claimed in (mean, mean + 1, mean - 1, -mean, mean + 2, -mean - 1):
        for negative in (0, 1, 2):
            for spelling in SPELLINGS:
                for shortened in (0, 1):
                    lie = _average_inputs(gadget, total, len(kept), claimed, negative, spelling)
                    # The magnitude may also be cut without its sign, as if zero had two signs.
                    if shortened:
                        width = gadget.total_width
                        lie[f"{prefix}_total_bits"] = spell(abs(total), width, spelling)
                    inputs = _rewrite(honest, **{gadget.result: claimed % P}, **lie)
                    if inputs != honest:
                        name = f"AVG {claimed} for {mean}, sign {negative}, {spelling}, {shortened}"
                        yield Forgery(name, inputs)


def sign_of_one_half(subject: Subject) -> Iterator[Forgery]:
    """A sign that is no bit: with 1/2, both sides of the division vanish over a total of zero, and
    any mean would do."""
    assert subject.compiled.circuit is not None
    secrets = Secrets.of((row(1, 1, 1, 60), row(-1, -1, 1, 60)))
    honest = subject.honest(secrets)
    for gadget in subject.compiled.circuit.gadgets:
        if isinstance(gadget, Average):
            width = gadget.advice_parameters[2].dims[0]
            remainder = 1 + 2  # 2 · (0 + 1/2) + the divisor
            lie = {
                f"{gadget.name}_negative": pow(2, -1, P),
                f"{gadget.name}_total_bits": [0] * gadget.total_width,
                f"{gadget.name}_remainder_bits": spell(remainder, width, "truncate"),
                f"{gadget.name}_room_bits": spell(2 * 2 - 1 - remainder, width, "truncate"),
            }
            for mean in (1, 123_456, P - 5):
                yield Forgery(f"mean {mean}", _rewrite(honest, **{gadget.result: mean}, **lie))


def _average_inputs(
    gadget: Average, total: int, count: int, mean: int, negative: int, spelling: str
) -> Inputs:
    """The advice that satisfies the division's equations for a claimed mean."""
    sign = 1 - 2 * negative
    magnitude = total * pow(sign, -1, P) % P
    magnitude = magnitude if magnitude < P // 2 else magnitude - P
    divisor = max(count, 1)
    quotient = sign * mean
    twice = 2 if rounds(gadget.call) else 1
    remainder = magnitude - divisor * quotient
    if rounds(gadget.call):
        remainder = 2 * magnitude + divisor - 2 * divisor * quotient
    width = gadget.advice_parameters[2].dims[0]
    return {
        f"{gadget.name}_negative": negative,
        f"{gadget.name}_total_bits": spell(magnitude - negative, gadget.total_width, spelling),
        f"{gadget.name}_remainder_bits": spell(remainder, width, spelling),
        f"{gadget.name}_room_bits": spell(twice * divisor - 1 - remainder, width, spelling),
    }


def wrong_presence(subject: Subject) -> Iterator[Forgery]:
    """NULL over rows, a value over none, an inverse that is free."""
    secrets = Secrets.of(ROWS)
    plan = subject.compiled.plan
    assert plan.circuit is not None
    nothing = {f"result_{i}": 0 for i in plan.circuit.calls}
    honest = subject.honest(secrets)
    count = int(plan.circuit.predicate is None) + 2
    for inverse in (0, 1, honest["count_inverse"], pow(count, -1, P)):
        inputs = _rewrite(honest, present=0, count_inverse=inverse)
        yield Forgery(f"NULL over rows, inverse {inverse}", inputs)
        yield Forgery(f"NULL and 0 over rows, inverse {inverse}", _rewrite(inputs, **nothing))
    empty = subject.honest(Secrets.of([]))
    for inverse in (0, 1, 5):
        inputs = _rewrite(empty, present=1, count_inverse=inverse)
        yield Forgery(f"a value over no rows, inverse {inverse}", inputs)
        if inverse:
            yield Forgery("a free inverse", _rewrite(empty, count_inverse=inverse))
    for present in (2, P - 1):
        yield Forgery(f"present {present}", _rewrite(honest, present=present))
        inverse = present * pow(count, -1, P) % P
        yield Forgery(
            f"present {present}, adjusted", _rewrite(honest, present=present, count_inverse=inverse)
        )
    # Rows that cancel: the total is 0, which is also how NULL is written.
    cancelling = subject.honest(Secrets.of([row(5, 5, 1, 60), row(-5, -5, 1, 60)]))
    lie = _rewrite(cancelling, present=0, count_inverse=0)
    yield Forgery("NULL over rows that cancel", lie)
    yield Forgery("NULL and 0 over rows that cancel", _rewrite(lie, **nothing))
    # One row one below the claimed maximum makes the product 1, as for no rows at all.
    single = Secrets.of([row(5, 5, 1, 60)])
    for index in _calls(subject, Function.MAX):
        truth = subject.results(single.rows)
        value = truth[index]
        assert isinstance(value, int)
        inputs = subject.lie(single, results={**truth, index: value + 1})
        result = inputs[f"result_{index}"] + 1
        lie = _rewrite(inputs, present=0, count_inverse=0, **{f"result_{index}": result})
        yield Forgery("NULL by a product of 1", lie)


# --- rows -----------------------------------------------------------------------------------------


def wrong_counting(subject: Subject) -> Iterator[Forgery]:
    """Results in which a row counts for every slot that it fills, or not at all."""
    plan = subject.compiled.plan
    assert plan.circuit is not None
    secrets = Secrets.of(ROWS)
    for times in ((1, 1, 2), (1, 1, 0), (0, 1, 1), (1, 0, 1), (2, 1, 1), (0, 0, 1), (0, 0, 0)):
        chosen = [r for r, n in zip(ROWS, times, strict=True) for _ in range(n)]
        for present in {1, int(bool(all_passing(subject, chosen)))}:
            inputs = _as_if(subject, secrets, chosen, present)
            if inputs != subject.honest(secrets):  # a row that does not pass may count as it likes
                yield Forgery(f"rows count {times}", inputs)
    # Over no rows the slots open to zeros, which are no row.
    nothing = Secrets.of([])
    zeros = {c.name: c.type.lowest for c in plan.stream.columns if c.name != "ts"} | {"ts": 0}
    for count in (1, 4):
        yield Forgery(f"{count} rows out of none", _as_if(subject, nothing, [zeros] * count, 1))


def _as_if(subject: Subject, secrets: Secrets, chosen: list[Any], present: int) -> Inputs:
    """Inputs of a prover that claims the results of ``chosen`` over the rows of ``secrets``."""
    plan = subject.compiled.plan
    assert plan.circuit is not None
    results = subject.results(chosen)
    kept = len(all_passing(subject, chosen))
    inputs = subject.lie(secrets, results=results)
    inputs.update(present=present, count_inverse=pow(kept, -1, P) if kept else 0)
    for index in plan.circuit.calls:
        call, value = plan.calls[index], results[index]
        lowest = call.type.lowest if call.function in (Function.MIN, Function.MAX) else 0
        inputs[f"result_{index}"] = 0 if value is None else (int(value) - lowest) % P
    return inputs


def all_passing(subject: Subject, rows: list[Any]) -> list[Any]:
    """The rows that the private condition keeps."""
    from zkql.plan.evaluate import selected

    assert subject.compiled.plan.circuit is not None
    kept = selected(subject.compiled.plan.circuit.predicate, rows)
    return [r for r, keep in zip(rows, kept, strict=True) if keep]


def wrong_openings(subject: Subject) -> Iterator[Forgery]:
    """Other values than the signed ones, other salts, values in padding; results worked out to fit."""
    private = {c.name for c in subject.compiled.plan.stream.private_columns}
    for position in range(3):
        for column, change in (("load", 1), ("load", -1), ("temp", 1), ("load", 9_000), ("ok", 1)):
            if column not in private:
                continue
            false = [dict(r) for r in ROWS]
            false[position][column] = int(false[position][column]) + change
            secrets = Secrets.of(ROWS)
            lying = Secrets(tuple(false), secrets.salts)
            for spelling in SPELLINGS:
                inputs = subject.lie(lying, spelling)
                inputs["commitment"] = subject.honest(secrets)["commitment"]
                yield Forgery(f"row {position}: {column} {change:+d}, {spelling}", inputs)
        honest = subject.honest(Secrets.of(ROWS))
        for slot in range(4):
            salt = list(honest["salt"])
            salt[slot] = (salt[slot] + 1) % P
            yield Forgery(f"salt of slot {slot}", _rewrite(honest, salt=salt))
    # Columns share a field element: take from one what is given to its neighbour.
    secrets = Secrets.of(ROWS)
    honest = subject.honest(secrets)
    packed = [n for n in honest if n.endswith("_bits") and n[0] == "c"]
    for low, high in pairwise(packed):
        width = len(honest[low][0])
        moved = _rewrite(honest)
        one = sum(b << j for j, b in enumerate(moved[high][0]))
        other = sum(b << j for j, b in enumerate(moved[low][0]))
        moved[high][0] = spell(one - 1, len(moved[high][0]), "cram")
        moved[low][0] = [(other + (1 << width)) % P, *[0] * (width - 1)]
        yield Forgery(f"borrowed from {high} for {low}", moved)


def wrong_context(subject: Subject) -> Iterator[Forgery]:
    """A proof moved to another context."""
    honest = subject.honest(Secrets.of(ROWS))
    for context in (0, 1, honest["context"] + 1):
        yield Forgery(f"context {context}", _rewrite(honest, context=context))
    yield Forgery("square of another", _rewrite(honest, context_square=0))


# --- WHERE ----------------------------------------------------------------------------------------


def wrong_selection(subject: Subject) -> Iterator[Forgery]:
    """Comparisons answered falsely; results worked out for the rows that seem to pass."""
    assert subject.compiled.circuit is not None
    gadgets = [g for g in subject.compiled.circuit.gadgets if isinstance(g, Selection)]
    if not gadgets:
        return
    (gadget,) = gadgets
    rows = (row(505, 12, 1, 60), row(-506, 7, 0, 60), row(13, 31, 1, 60), row(60, 9, 1, 6))
    secrets = Secrets.of(rows)
    honest = subject.honest(secrets)
    for test in gadget._program.tests:
        for slot in range(4):
            if test.width is not None:
                yield from _comparison_lies(subject, secrets, honest, test, slot)
            else:
                yield from _equality_lies(subject, secrets, honest, test, slot)


def _comparison_lies(
    subject: Subject, secrets: Secrets, honest: Inputs, test: Any, slot: int
) -> Iterator[Forgery]:
    name = f"{test.name}_bits"
    upper = honest[name][slot]
    top = len(upper) - 1
    # The other answer in the top bit; what that adds is left over, or taken from the bit above the lowest.
    flipped = [*upper[:top], 1 - upper[top]]
    crammed = list(flipped)
    crammed[0] = (crammed[0] - (flipped[top] - upper[top]) * (1 << top)) % P
    for lie in (flipped, crammed, [1 - b for b in upper]):
        changed = _rewrite(honest)
        changed[name][slot] = lie
        yield Forgery(f"{test.sql}, slot {slot}", _with_results(subject, secrets, changed))


def _equality_lies(
    subject: Subject, secrets: Secrets, honest: Inputs, test: Any, slot: int
) -> Iterator[Forgery]:
    result, inverse = f"{test.name}_result", f"{test.name}_inverse"
    answer = honest[result][slot]
    for lie, partner in ((1 - answer, 0), (1 - answer, 1), (1 - answer, honest[inverse][slot]), (answer, 5)):
        changed = _rewrite(honest)
        changed[result][slot], changed[inverse][slot] = lie, partner
        yield Forgery(f"{test.sql}, slot {slot}: {lie}", _with_results(subject, secrets, changed))


def _with_results(subject: Subject, secrets: Secrets, inputs: Inputs) -> Inputs:
    """The results of exactly the rows that the (false) comparisons select."""
    assert subject.compiled.plan.circuit is not None
    predicate = subject.compiled.plan.circuit.predicate
    assert predicate is not None
    assert subject.compiled.circuit is not None
    (gadget,) = (g for g in subject.compiled.circuit.gadgets if isinstance(g, Selection))
    scope = {"columns": [], **{k: v for k, v in inputs.items() if isinstance(v, list)}}
    opening = gadget.opening
    flat = [s for element in opening.segments for s in element if s.used]
    scope["columns"] = [[sum(b << j for j, b in enumerate(bits)) for bits in inputs[s.bits]] for s in flat]
    chosen = []
    for i in range(len(secrets.rows)):
        local: dict[str, Any] = {"i": i, **scope}
        for step, value in gadget._program.steps:
            local[step] = eval(value, {}, local)
        chosen.append(bool(eval(gadget._program.condition, {}, local) % P))
    kept = [r for r, c in zip(secrets.rows, chosen, strict=True) if c]
    plan = subject.compiled.plan
    results = {i: _aggregate(plan.calls[i], kept) for i in plan.circuit.calls}
    fitted = subject.lie(secrets, selected=chosen, results=results)
    for name in fitted:
        if name.startswith(("max_", "min_", "average_")):
            inputs[name] = fitted[name]
    inputs["present"] = int(bool(kept))
    inputs["count_inverse"] = pow(len(kept), -1, P) if kept else 0
    for index in plan.circuit.calls:
        call, value = plan.calls[index], results[index]
        lowest = call.type.lowest if call.function in (Function.MIN, Function.MAX) else 0
        inputs[f"result_{index}"] = 0 if value is None else (int(value) - lowest) % P
    return inputs


def _aggregate(call: Any, rows: list[Any]) -> Any:
    from zkql.plan.evaluate import aggregate

    return aggregate(call, rows)


CASES: tuple[Case, ...] = (
    wrong_results,
    extreme_of_no_row,
    wrong_averages,
    sign_of_one_half,
    wrong_presence,
    wrong_counting,
    wrong_openings,
    wrong_context,
    wrong_selection,
)
SELECTS = {
    "plain": (PLAIN, STREAM),
    "filtered": (FILTERED, STREAM),
    "summed": (SUMMED, STREAM),
    "highest": (HIGHEST, SOLO_STREAM),
    "lowest": (LOWEST, SOLO_STREAM),
}
"""The queries that the forgeries attack; in the last two an extreme anchors the column."""


def all_forgeries(subject: Subject) -> Iterator[Forgery]:
    """Every forgery that is told differently from the truth."""
    for case in CASES:
        for forgery in case(subject):
            yield Forgery(f"{case.__name__}: {forgery.name}", forgery.inputs)
