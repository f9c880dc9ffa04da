"""All entries together. In: a code as a user types it. Out: its :class:`Entry`, or an error that says what is
near."""

from __future__ import annotations

from zkql.diagnostics import evidence, expressions, inputs, keys, machine, names, proofs, streams, syntax
from zkql.diagnostics.entry import Area, Entry
from zkql.errors import did_you_mean, input_error

AREAS = (
    Area("01", "Syntax"),
    Area("02", "Names, types and clauses"),
    Area("03", "What can be proven"),
    Area("04", "Files, arguments and data", "files, arguments and data lead to it, not the text of a query"),
    Area("05", "Evidence that does not hold", "signed rows and keys lead to it, not the text of a query"),
    Area("08", "Faults of zkql itself", "only a fault of zkql leads to it, never the text of a query alone"),
    Area("09", "The machine and its tools", "the machine and its tools lead to it, not the text of a query"),
)
_WRITTEN: tuple[Entry, ...] = (
    *syntax.ENTRIES,
    *streams.ENTRIES,
    *names.ENTRIES,
    *expressions.ENTRIES,
    *proofs.ENTRIES,
    *inputs.ENTRIES,
    *evidence.ENTRIES,
    *keys.ENTRIES,
    *machine.ENTRIES,
)
ENTRIES = {entry.code: entry for entry in sorted(_WRITTEN, key=lambda e: e.code)}
"""Every entry by its code, in order."""
_PREFIX = "ZKQL"


def lookup(text: str) -> Entry:
    """The entry of a code: ``ZKQL0316``, ``zkql0316`` or ``316``. Raises :class:`InputError`."""
    code = _PREFIX + text.strip().upper().removeprefix(_PREFIX).zfill(4)
    if code not in ENTRIES:
        near = did_you_mean(code, [c for c in ENTRIES if c[:6] == code[:6]] or ENTRIES)
        raise input_error(
            "ZKQL0459", f"there is no code {text!r}", *near, "zkql explain-error lists all codes"
        )
    return ENTRIES[code]


def area_of(entry: Entry) -> Area:
    """The area that the digits of a code name."""
    return next(a for a in AREAS if entry.code.startswith(_PREFIX + a.digits))


def entries_of(area: Area) -> list[Entry]:
    """The entries of an area, in order."""
    return [e for e in ENTRIES.values() if area_of(e) is area]


def without_example(entry: Entry) -> str:
    """Why an entry has no example; nothing where it has one."""
    return entry.unreachable or area_of(entry).origin
