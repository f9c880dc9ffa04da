"""Plans as JSON and back. In: frozen dataclasses. Out: objects tagged with their class name.

The bundle stores a staged plan in this form; its digest identifies the query, so every field of every
node is in it. Decoding accepts exactly the classes of a plan and exactly their fields.
"""

from __future__ import annotations

from dataclasses import Field, fields, is_dataclass
from enum import StrEnum
from typing import Any

from zkql.plan import calls, expressions, lineage, schema, stages, types
from zkql.plan.functions import aggregates, tables

_CLASSES: dict[str, type] = {
    c.__name__: c
    for c in (
        expressions.Column,
        expressions.Comparison,
        expressions.Literal,
        expressions.Logical,
        expressions.Not,
        expressions.Call,
        calls.Aggregation,
        calls.Analytic,
        calls.Frame,
        calls.Named,
        calls.Output,
        calls.SortKey,
        schema.ColumnSchema,
        schema.StreamSchema,
        stages.AtMost,
        stages.BoundName,
        stages.CircuitPlan,
        stages.Listing,
        stages.StagedPlan,
        types.SqlType,
    )
}
_ENUMS: dict[str, type[StrEnum]] = {
    c.__name__: c
    for c in (
        expressions.Comparator,
        expressions.Connective,
        lineage.Bound,
        schema.Provenance,
        aggregates.Function,
        types.Kind,
    )
}


def to_json(value: Any) -> Any:
    """A plan node, or anything inside one."""
    if isinstance(value, StrEnum):
        return {"@": type(value).__name__, "value": str(value)}
    if is_dataclass(value):
        body = {f.name: to_json(getattr(value, f.name)) for f in _own(value)}
        return {"@": type(value).__name__, **body}
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return value


def _own(kind: Any) -> tuple[Field[Any], ...]:
    """The fields that are part of what a node means: not its span."""
    return tuple(f for f in fields(kind) if f.compare)


def from_json(data: Any) -> Any:
    """Inverse of :func:`to_json`. Raises ``ValueError`` on anything that it does not write."""
    if isinstance(data, list):
        return tuple(from_json(item) for item in data)
    if not isinstance(data, dict):
        return data
    name = data.get("@")
    if not isinstance(name, str) or name not in _CLASSES | _ENUMS:
        raise ValueError(f"no plan node is called {name!r}")
    if name in _ENUMS:
        if set(data) != {"@", "value"}:
            raise ValueError(f"{name} has one value")
        return _ENUMS[name](data["value"])
    kind = _CLASSES[name]
    body = {key: from_json(item) for key, item in data.items() if key != "@"}
    if set(body) != {f.name for f in _own(kind)}:
        raise ValueError(f"{name} has other fields than {sorted(body)}")
    made = kind(**body)
    if isinstance(made, expressions.Call) and made.function == tables.LOOK_UP.name:
        tables.table_of(made)  # a table that is none is found here
    return made
