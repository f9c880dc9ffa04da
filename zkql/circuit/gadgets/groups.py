"""Which rows belong to which group of a private key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Elementwise, Gadget, Parameter
from zkql.circuit.wires import Environment, Linear, Values, Wire


@dataclass(frozen=True)
class Members(Gadget):
    """``member[g][i]`` is 1 where slot i is live and its code is group g's key, else 0; every live slot is
    in one group. Codes are not negative. The keys are public, and the verifier answers for two things: the
    keys of groups that there are differ from each other, and all others are -1."""

    name: str
    origin: Any
    code: Linear
    live: Linear
    key: Wire
    capacity: int
    template: ClassVar[str] = "members.zok.j2"

    def __post_init__(self) -> None:
        if self.code.low < 0:
            raise ValueError(f"{self.name}: a code below 0 could be the key of no group")

    @property
    def groups(self) -> int:
        """The most groups."""
        (groups,) = self.key.dims
        return groups

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.code, self.live, self.key.linear)

    def read(self, environment: Environment) -> list[Values]:
        slots = (self.capacity,)
        return [
            self.code.values(environment, slots),
            self.live.values(environment, slots),
            environment[self.key.name],
        ]

    @property
    def member(self) -> Wire:
        """The output."""
        return Wire(f"{self.name}_value", (self.groups, self.capacity), 0, 1)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.member,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(self.member.name, self.member.dims),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        codes, live, keys = inputs
        slots = list(zip(codes, live, strict=True))
        return [[is_live * (code == key) for key in keys for code, is_live in slots]]

    def constraints(self) -> int:
        return members_constraints(self.groups, self.capacity)

    @property
    def formula(self) -> str:
        return f"(G + 1) N = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return {
            "groups": self.groups,
            "capacity": self.capacity,
            "code": self.code.text("[i]"),
            "live": self.live.text("[i]"),
            "key": self.key.name,
            "member": self.member.name,
        }


def members_constraints(groups: int, capacity: int) -> int:
    """Constraints of :class:`Members`. Each total over the groups takes ``groups * capacity`` more."""
    return (groups + 1) * capacity


def sorted_groups_constraints(groups: int, capacity: int, bits: int, totals: int) -> int:
    """What sorted groups would take, totals included and challenges aside, for keys of so many bits. The
    rows are permuted, with the key and each total's term (a grand product over both orders); keys do not
    fall, and are compared with the one before; totals run on inside a group; the last row of each group
    is one of the public groups (a sum of inverses over both)."""
    permuted = 2 * (totals + 1)
    ordered = (bits + 1) + 3
    revealed = totals + 2
    return capacity * (permuted + ordered + totals + revealed) + groups * revealed


@dataclass(frozen=True)
class UnusedKeys(Elementwise):
    """Where ``used`` (0 or 1) is 0, the key is -1."""

    name: str
    origin: Any
    key: Linear
    used: Linear
    template: ClassVar[str] = "unused_keys.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.key, self.used)

    def compute_one(self, key: int, used: int) -> int:
        return 0

    def constraints_of_one(self) -> int:
        return 1


@dataclass(frozen=True)
class ChosenMembers(Gadget):
    """``member[g][i]`` where ``chosen[i]`` (0 or 1) is 1, else 0."""

    name: str
    origin: Any
    member: Wire
    chosen: Linear
    pure: ClassVar[bool] = True
    template: ClassVar[str] = "chosen_members.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.member.linear, self.chosen)

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", self.member.dims, 0, 1)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        member, chosen = inputs
        return [[m * chosen[place % len(chosen)] for place, m in enumerate(member)]]

    def constraints(self) -> int:
        groups, capacity = self.member.dims
        return groups * capacity

    def variables(self) -> dict[str, Any]:
        groups, capacity = self.member.dims
        return {
            "groups": groups,
            "capacity": capacity,
            "member": self.member.name,
            "chosen": self.chosen.text("[i]"),
        }
