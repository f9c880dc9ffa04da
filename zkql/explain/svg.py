"""A plan drawn as SVG, without any tool: layers from the scans down to the result.

In: a plan, or boxes. Out: one ``<svg>`` element that needs nothing else, readable on light and dark pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import inf
from typing import TYPE_CHECKING

from zkql.explain.escape import columns_wide, shortened, visible
from zkql.explain.graph import MOST_DETAILS, cost_line
from zkql.explain.view import boxes as boxes_of
from zkql.explain.view import column_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zkql.explain.cost import Costs
    from zkql.explain.view import Box
    from zkql.plan.nodes import Node

_CHARACTER, _LINE, _PADDING = 7.3, 17, 12
_GAP_ACROSS, _GAP_DOWN, _MARGIN = 28, 46, 6
_WIDEST, _NARROWEST = 64, 18

STYLE = """
.zkql-plan text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #22222b; }
.zkql-plan .title { font-weight: 700; }
.zkql-plan .name { fill: #71717f; font-weight: 400; }
.zkql-plan .cost { fill: #5a5a68; font-size: 11px; }
.zkql-plan rect { stroke-width: 1.25; fill: #f6f6f4; stroke: #9b9b95; }
.zkql-plan .native rect { stroke-dasharray: 4 3; }
.zkql-plan .proven rect { fill: #ece7ff; stroke: #5b3fd0; stroke-width: 1.75; }
.zkql-plan .proven .cost { fill: #5b3fd0; font-weight: 600; }
.zkql-plan path { fill: none; stroke: #8f8f99; stroke-width: 1.5; }
.zkql-plan marker path { fill: #8f8f99; stroke: none; }
@media (prefers-color-scheme: dark) {
.zkql-plan text { fill: #e6e6ee; }
.zkql-plan .name { fill: #9a9aab; }
.zkql-plan .cost { fill: #b3b3c2; }
.zkql-plan rect { fill: #26262c; stroke: #6d6d78; }
.zkql-plan .proven rect { fill: #2f2553; stroke: #a48fff; }
.zkql-plan .proven .cost { fill: #bfb0ff; }
}
"""


@dataclass(slots=True)
class _Place:
    """Where a box, or an edge past a layer, is drawn. ``order`` says who stands left of whom: an edge stands
    where its lower end does."""

    order: int
    box: Box | None
    width: float
    height: float
    x: float = 0
    y: float = 0

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


_Key = tuple[str, int]
"""A box's name, and 0; or the name of an edge, and the layer that it passes."""


def plan_svg(plan: Node, costs: Costs | None = None, *, staged: bool = False) -> str:
    """The picture of a plan; with ``staged`` it shows what is proven, and what that costs."""
    return boxes_svg(boxes_of(plan, costs, staged=staged))


def boxes_svg(boxes: Sequence[Box]) -> str:
    """The picture of boxes."""
    places, edges = _laid_out(boxes)
    width = max(p.x + p.width for p in places.values()) + _MARGIN
    height = max(p.y + p.height for p in places.values()) + _MARGIN
    drawn = [_edge(places, keys) for keys in edges] + [_box(p) for p in places.values() if p.box]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="zkql-plan" role="img" aria-label="query plan" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">'
        f"<style>{STYLE}</style>"
        '<defs><marker id="zkql-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>'
        f"{''.join(drawn)}</svg>"
    )


# --- layout -----------------------------------------------------------------------------------------


def _laid_out(boxes: Sequence[Box]) -> tuple[dict[_Key, _Place], list[list[_Key]]]:
    """Places of boxes and bends, and each edge as the places that it goes through."""
    layer: dict[str, int] = {}
    for box in boxes:
        layer[box.name] = max((layer[i] + 1 for i in box.inputs), default=0)
    last = max(layer.values())
    for box in reversed(boxes):  # a scan stands just above what reads it
        readers = [layer[b.name] for b in boxes if box.name in b.inputs]
        layer[box.name] = min(readers) - 1 if readers else last
    layers: list[list[_Key]] = [[] for _ in range(last + 1)]
    places: dict[_Key, _Place] = {}
    edges: list[list[_Key]] = []
    above: dict[_Key, list[_Key]] = {}
    for order, box in enumerate(boxes):
        key = (box.name, 0)
        places[key] = _Place(order, box, _width(box), _height(box))
        layers[layer[box.name]].append(key)
        for position, source in enumerate(box.inputs):
            edge: list[_Key] = [(source, 0)]
            for passed in range(layer[source] + 1, layer[box.name]):
                bend = (f"{source}-{box.name}-{position}", passed)
                places[bend] = _Place(order, None, 8, 0)
                layers[passed].append(bend)
                edge.append(bend)
            edges.append([*edge, key])
            for upper, lower in zip(edge, [*edge[1:], key], strict=True):
                above.setdefault(lower, []).append(upper)
    _arrange(layers, places, above)
    return places, edges


def _arrange(layers: list[list[_Key]], places: dict[_Key, _Place], above: dict[_Key, list[_Key]]) -> None:
    """Put each layer below the last, its boxes under the middle of what they read, none on another. Plans
    are numbered depth first, so that in this order their edges hardly ever cross."""
    y: float = _MARGIN
    for keys in layers:
        wanted = {k: _average([places[a].middle for a in above.get(k, [])]) for k in keys}
        keys.sort(key=lambda k: places[k].order)
        height = max(places[k].height for k in keys)
        free = -inf
        for key in keys:
            place, middle = places[key], wanted[key]
            place.x = max(free, 0 if middle is None else middle - place.width / 2)
            place.y = y
            place.height = place.height or height
            free = place.x + place.width + _GAP_ACROSS
        missed = _average([m - places[k].middle for k in keys if (m := wanted[k]) is not None])
        for key in keys:
            places[key].x += missed or 0
        y += height + _GAP_DOWN
    left = min(p.x for p in places.values())
    for place in places.values():
        place.x += _MARGIN - left


def _average(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


# --- boxes ------------------------------------------------------------------------------------------


def _lines(box: Box) -> list[str]:
    shown = [shortened(visible(d), _WIDEST) for d in box.details[:MOST_DETAILS]]
    rest = len(box.details) - MOST_DETAILS
    return [*shown, f"… {rest} more"] if rest > 0 else shown


def _width(box: Box) -> float:
    longest = max(map(columns_wide, (f"{box.kind} {box.name}", cost_line(box), *_lines(box))))
    return max(longest, _NARROWEST) * _CHARACTER + 2 * _PADDING


def _height(box: Box) -> float:
    return (1 + len(_lines(box)) + bool(cost_line(box))) * _LINE + 2 * _PADDING - 6


def _box(place: _Place) -> str:
    box = place.box
    assert box is not None
    x, y = place.x + _PADDING, place.y + _PADDING + 8
    right = place.x + place.width - _PADDING
    text = [
        f'<text class="title" x="{x:.1f}" y="{y:.1f}">{escape(box.kind)}</text>',
        f'<text class="name" x="{right:.1f}" y="{y:.1f}" text-anchor="end">{box.name}</text>',
    ]
    for line in _lines(box):
        y += _LINE
        text.append(f'<text x="{x:.1f}" y="{y:.1f}">{escape(line)}</text>')
    if cost := cost_line(box):
        text.append(f'<text class="cost" x="{x:.1f}" y="{y + _LINE:.1f}">{cost}</text>')
    return (
        f'<g class="{box.place or "node"}"><title>{escape(_tooltip(box))}</title>'
        f'<rect x="{place.x:.1f}" y="{place.y:.1f}" '
        f'width="{place.width:.1f}" height="{place.height:.1f}" rx="6"/>'
        f"{''.join(text)}</g>"
    )


def _tooltip(box: Box) -> str:
    return "\n".join(map(visible, (f"{box.name} := {box.text}", *map(column_text, box.columns))))


def _edge(places: dict[_Key, _Place], keys: list[_Key]) -> str:
    return f'<path marker-end="url(#zkql-arrow)" d="{" ".join(_curve([places[k] for k in keys]))}"/>'


def _curve(through: list[_Place]) -> Iterator[str]:
    """A line from the lower edge of the first place to the upper edge of the last."""
    x, y = through[0].middle, through[0].y + through[0].height
    yield f"M{x:.1f} {y:.1f}"
    for place in through[1:]:
        bend = (y + place.y) / 2
        yield f"C{x:.1f} {bend:.1f} {place.middle:.1f} {bend:.1f} {place.middle:.1f} {place.y:.1f}"
        x, y = place.middle, place.y + place.height
        if place.box is None:
            yield f"V{y:.1f}"
