"""GROUP BY a private key. In: the rows that count, and the keys. Out: the rows of each group.

The public inputs are ``key``, the packed key of each group (:func:`zkql.circuit.statement.group_key`), and
``used``, whether there is such a group. The verifier derives both from the claimed results: it lets keys
only rise, and puts -1 in for the groups that there are not. The circuit shows that every row is in the
group of its own key, that each used group has a row, and that the key of all others is -1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.groups import Members, UnusedKeys
from zkql.circuit.lower.selection import Selection
from zkql.circuit.wires import Linear, check_width, constant
from zkql.plan.codes import width

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.answer import Operand


def grouped(selection: Selection, keys: tuple[Operand, ...], groups: int, bits: int) -> Selection:
    """The selected rows by their keys, in at most so many groups. ``bits`` are those of a packed key; beyond
    what the field holds, two keys could be one number."""
    check_width("GROUP BY", (1 << bits) - 1)
    draft = selection.draft
    code = packed(draft, keys)
    assert code.high < 1 << bits, "the verifier packs keys in another way"
    key = draft.public("key", (groups,), -1, code.high)
    members = draft.put(Members, "members", code, selection.live, key, draft.capacity)
    made = Selection(draft, selection.rows, None, members.member)
    draft.reveal("used", made.any)
    draft.put(UnusedKeys, "unused_keys", key.linear, made.any)
    return made


def packed(draft: Draft, keys: tuple[Operand, ...]) -> Linear:
    """One number for the keys, the first in the highest bits. NULL is the flag above a code that is 0, and
    so a group of its own, whatever stands in its value."""
    whole = constant(0)
    for key in keys:
        bits = width(key.type)
        code = key.value - key.type.lowest if key.type.is_bounded else key.value
        if code.low < 0 or code.high >= 1 << bits:
            raise ValueError(f"{key.type}: a key that is not of its type could be packed like another")
        if key.null is not None:
            code = draft.multiply(code, 1 - key.null) + key.null * (1 << bits)
            bits += 1
        whole = whole * (1 << bits) + code
    return whole
