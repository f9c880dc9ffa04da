"""What changed between two compiled queries. In: the two. Out: :class:`Difference`, as text and as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from zkql.crypto.encoding import digest
from zkql.explain.cost import cost_of
from zkql.explain.leakage import leakage
from zkql.explain.text import aligned, known
from zkql.explain.view import column_text
from zkql.plan.codec import to_json
from zkql.plan.nodes import Scan
from zkql.plan.text import describe, numbered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zkql.compiler import Compiled
    from zkql.explain.cost import Costs
    from zkql.explain.leakage import Leakage

SCHEMA_VERSION = 1


class Change(StrEnum):
    """What happened to a line."""

    SAME = " "
    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the first query beside its counterpart of the second; None where it has none."""

    change: Change
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Amount:
    """A number before and after."""

    name: str
    before: int
    after: int

    @property
    def delta(self) -> int:
        """How much was added."""
        return self.after - self.before

    @property
    def percent(self) -> float | None:
        """The same in percent of before; None where there was nothing."""
        return 100 * self.delta / self.before if self.before else None


@dataclass(frozen=True, slots=True)
class Learned:
    """Phrases that a party's list gained or lost."""

    party: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that :func:`diff` compares; lines and amounts that are the same are in it as well.
    ``identities`` are digests of the two staged plans: what decides whether bundles compiled from them by one
    version of zkql are the same query."""

    plan: tuple[Line, ...]
    columns: tuple[Line, ...]
    clauses: tuple[Amount, ...]
    totals: tuple[Amount, ...]
    learned: tuple[Learned, ...]
    identities: tuple[str, str]

    @property
    def same_query(self) -> bool:
        """Whether both mean the same, so that one may stand for the other."""
        return self.identities[0] == self.identities[1]

    @property
    def changed(self) -> bool:
        """Whether anything did."""
        lines = (*self.plan, *self.columns)
        amounts = (*self.clauses, *self.totals)
        return (
            not self.same_query
            or any(line.change is not Change.SAME for line in lines)
            or any(amount.delta for amount in amounts)
            or any(own.gained or own.lost for own in self.learned)
        )


def diff(a: Compiled, b: Compiled) -> Difference:
    """What changes from ``a`` to ``b``."""
    return Difference(
        plan=_plan(a, b),
        columns=_columns(a, b),
        clauses=_clauses(cost_of(a), cost_of(b)),
        totals=_totals(cost_of(a), cost_of(b)),
        learned=_learned(leakage(a.plan), leakage(b.plan)),
        identities=(_identity(a), _identity(b)),
    )


def _identity(compiled: Compiled) -> str:
    return digest("zkql/diff/v1", to_json(compiled.plan)).hex()


# --- plan and columns -------------------------------------------------------------------------------


def _plan(a: Compiled, b: Compiled) -> tuple[Line, ...]:
    """Lines are aligned by what they say beside the names of their inputs, which move with every line."""
    (keys_a, lines_a), (keys_b, lines_b) = _printed(a), _printed(b)
    found: list[Line] = []
    matcher = SequenceMatcher(None, keys_a, keys_b, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        before, after = lines_a[i:i_end], lines_b[j:j_end]
        if tag == "equal":
            found += (Line(Change.SAME, x, y) for x, y in zip(before, after, strict=True))
        else:
            found += _replaced(before, after)
    unseen = all(line.change is Change.SAME for line in found) and lines_a != lines_b
    return tuple(_renamed(line) for line in found) if unseen else tuple(found)


def _renamed(line: Line) -> Line:
    """Where nothing else differs: a node that reads other inputs."""
    return line if line.before == line.after else Line(Change.CHANGED, line.before, line.after)


def _printed(compiled: Compiled) -> tuple[list[str], list[str]]:
    """For each line of the plan what to align it by, and its text; scans with their columns."""
    keys, texts = [], []
    for i, (node, names) in enumerate(numbered(compiled.logical)):
        columns = f" ({', '.join(map(column_text, node.columns))})" if isinstance(node, Scan) else ""
        keys.append(describe(node, ("…",) * len(names)) + columns)
        texts.append(f"r{i} := {describe(node, names)}{columns}")
    return keys, texts


def _replaced(before: list[str], after: list[str]) -> list[Line]:
    """Lines of one kind, in order, are one line that changed; the others came or went."""
    found: list[Line] = []
    rest = list(after)
    for old in before:
        position = next((i for i, new in enumerate(rest) if _kind(new) == _kind(old)), None)
        if position is None:
            found.append(Line(Change.REMOVED, old, None))
            continue
        found += (Line(Change.ADDED, None, new) for new in rest[:position])
        found.append(Line(Change.CHANGED, old, rest[position]))
        rest = rest[position + 1 :]
    return [*found, *(Line(Change.ADDED, None, new) for new in rest)]


def _kind(line: str) -> str:
    return line.split(" := ", 1)[1].split(" ", 1)[0].split("[", 1)[0]


def _columns(a: Compiled, b: Compiled) -> tuple[Line, ...]:
    def columns(compiled: Compiled) -> dict[str, str]:
        """What the consumer sees: everything in a result is revealed, private before or not."""
        return {c.name: column_text(replace(c, private=False)) for c in compiled.logical.columns}

    before, after = columns(a), columns(b)
    names = dict.fromkeys((*before, *after))
    found = [_compared(before.get(name), after.get(name)) for name in names]
    if all(line.change is Change.SAME for line in found) and list(before) != list(after):
        return (Line(Change.CHANGED, ", ".join(before), ", ".join(after)),)
    return tuple(found)


def _compared(before: str | None, after: str | None) -> Line:
    if before is None or after is None:
        return Line(Change.ADDED if before is None else Change.REMOVED, before, after)
    return Line(Change.SAME if before == after else Change.CHANGED, before, after)


# --- cost and leakage -------------------------------------------------------------------------------


def _clauses(a: Costs | None, b: Costs | None) -> tuple[Amount, ...]:
    before, after = _by_clause(a), _by_clause(b)
    names = dict.fromkeys((*before, *after))
    return tuple(Amount(name, before.get(name, 0), after.get(name, 0)) for name in names)


def _by_clause(costs: Costs | None) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for line in costs.lines if costs else ():
        if line.constraints:
            found[line.clause] = found.get(line.clause, 0) + line.constraints
    return found


def _totals(a: Costs | None, b: Costs | None) -> tuple[Amount, ...]:
    def amounts(costs: Costs | None) -> tuple[int, ...]:
        if costs is None:
            return (0, 0, 0, 0)
        return (costs.constraints, costs.public_inputs, costs.private_inputs, costs.capacity)

    names = ("constraints", "public inputs", "private inputs", "capacity")
    return tuple(map(Amount, names, amounts(a), amounts(b)))


def _learned(a: Leakage, b: Leakage) -> tuple[Learned, ...]:
    """The phrases, and the cells of the consumer's column."""
    before = (("the consumer, by column", _cells(a)), *a.parties)
    after = (("the consumer, by column", _cells(b)), *b.parties)
    return tuple(
        Learned(
            title,
            gained=tuple(phrase for phrase in new if phrase not in old),
            lost=tuple(phrase for phrase in old if phrase not in new),
        )
        for (title, old), (_, new) in zip(before, after, strict=True)
    )


def _cells(found: Leakage) -> tuple[str, ...]:
    return tuple(f"{line.part}: {line.column}: {known(line.consumer)}" for line in found.table)


# --- output -----------------------------------------------------------------------------------------


def difference_lines(difference: Difference) -> list[str]:
    """For people: only what changed."""
    if not difference.changed:
        return ["nothing changed: the same query"]
    sections = (
        ("plan", _changed_lines(difference.plan)),
        ("result columns", _changed_lines(difference.columns)),
        ("cost", _amount_lines((*difference.clauses, *difference.totals))),
        *((own.party, _learned_lines(own)) for own in difference.learned),
    )
    text: list[str] = []
    for title, lines in sections:
        if lines:
            text += [f"{title}:", *lines, ""]
    if difference.same_query:
        return [*text, "identity: the same query"]
    before, after = (own[:16] for own in difference.identities)
    return [
        *text,
        f"identity: another query ({before} before, {after} after): keys and envelopes do not carry over",
    ]


def _changed_lines(lines: tuple[Line, ...]) -> list[str]:
    text: list[str] = []
    for line in lines:
        match line.change:
            case Change.SAME:
                continue
            case Change.CHANGED:
                text += [f"  - {line.before}", f"  + {line.after}"]
            case change:
                text.append(f"  {change} {line.before or line.after}")
    return text


def _amount_lines(amounts: tuple[Amount, ...]) -> list[str]:
    rows = [
        [
            own.name,
            f"{own.before:,}",
            "→",
            f"{own.after:,}",
            f"{own.delta:+,}",
            "" if own.percent is None else f"{own.percent:+.1f}%",
        ]
        for own in amounts
        if own.delta
    ]
    return aligned(rows, right=frozenset((1, 3, 4, 5))) if rows else []


def _learned_lines(own: Learned) -> list[str]:
    return [*(f"  - {phrase}" for phrase in own.lost), *(f"  + {phrase}" for phrase in own.gained)]


def difference_json(difference: Difference) -> dict[str, Any]:
    """For programs: everything, also what is the same. Lists of lines ``{change, before, after}``, of amounts
    ``{name, before, after, delta, percent}``, of parties ``{party, gained, lost}``."""
    words = {Change.SAME: "same", Change.ADDED: "added", Change.REMOVED: "removed", Change.CHANGED: "changed"}

    def lines(own: tuple[Line, ...]) -> list[dict[str, Any]]:
        return [{**asdict(line), "change": words[line.change]} for line in own]

    def amounts(own: tuple[Amount, ...]) -> list[dict[str, Any]]:
        rounded = [None if a.percent is None else round(a.percent, 2) for a in own]
        return [{**asdict(a), "delta": a.delta, "percent": p} for a, p in zip(own, rounded, strict=True)]

    before, after = difference.identities
    return {
        "schema_version": SCHEMA_VERSION,
        "changed": difference.changed,
        "plan": lines(difference.plan),
        "columns": lines(difference.columns),
        "cost": {"clauses": amounts(difference.clauses), "totals": amounts(difference.totals)},
        "leakage": [asdict(own) for own in difference.learned],
        "identity": {"same": difference.same_query, "before": before, "after": after},
    }
