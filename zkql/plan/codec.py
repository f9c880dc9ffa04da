"""Plans as JSON and back. In: frozen dataclasses. Out: objects tagged with their class name.

The bundle stores a staged plan in this form; its digest identifies the query, so every field of every
node is in it. Decoding accepts exactly the classes of a plan and exactly their fields.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

from zkql.plan import expressions, nodes, schema, stages, types

_CLASSES: dict[str, type] = {
    c.__name__: c
    for c in (
        expressions.Column,
        expressions.Comparison,
        expressions.Literal,
        expressions.Logical,
        expressions.Not,
        expressions.Truth,
        nodes.Aggregation,
        nodes.Key,
        nodes.Output,
        nodes.Result,
        schema.ColumnSchema,
        schema.StreamSchema,
        stages.CircuitPlan,
        stages.StagedPlan,
        types.SqlType,
    )
}
_ENUMS: dict[str, type[StrEnum]] = {
    c.__name__: c
    for c in (
        expressions.Comparator,
        expressions.Connective,
        nodes.Bound,
        nodes.Function,
        types.Kind,
    )
}


def to_json(value: Any) -> Any:
    """A plan node, or anything inside one."""
    if isinstance(value, StrEnum):
        return {"@": type(value).__name__, "value": str(value)}
    if is_dataclass(value):
        body = {f.name: to_json(getattr(value, f.name)) for f in fields(value)}
        return {"@": type(value).__name__, **body}
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return value


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
    if set(body) != {f.name for f in fields(kind)}:
        raise ValueError(f"{name} has other fields than {sorted(body)}")
    return kind(**body)
