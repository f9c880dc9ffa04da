"""Every scalar function that has a circuit, by its name in :mod:`zkql.plan.functions`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from zkql.circuit.lower.scalars import arithmetic, casts, conditional, tables, temporal, text

if TYPE_CHECKING:
    from zkql.circuit.lower.scalars.base import Lowerings

SCALARS: Lowerings = MappingProxyType(
    {
        name: lowering
        for module in (arithmetic, casts, conditional, tables, temporal, text)
        for name, lowering in module.LOWERINGS.items()
    }
)
