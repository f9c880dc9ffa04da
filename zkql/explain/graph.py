"""A plan as a Mermaid flowchart or a Graphviz graph. In: boxes. Out: text of either language.

Solid, filled boxes are proven, dashed ones evaluated natively; data flows downwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.explain.escape import dot, mermaid, shortened
from zkql.explain.view import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.explain.view import Box

WIDTH = 60
MOST_DETAILS = 12


def caption(box: Box) -> tuple[str, ...]:
    """What stands in a box: its name and kind, its calls, what it costs."""
    details = [shortened(d, WIDTH) for d in box.details[:MOST_DETAILS]]
    if len(box.details) > MOST_DETAILS:
        details.append(f"… {len(box.details) - MOST_DETAILS} more")
    return (f"{box.name} {box.kind}", *details, *((cost,) if (cost := cost_line(box)) else ()))


def cost_line(box: Box) -> str:
    """``proven, 4,386 constraints``; nothing while it is not known."""
    if box.place is None:
        return ""
    if not box.constraints:
        return str(box.place)
    plural = "" if box.constraints == 1 else "s"
    return f"{box.place}, {box.constraints:,} constraint{plural}"


def to_mermaid(boxes: Sequence[Box]) -> str:
    """A flowchart, top down."""
    text = ["flowchart TD"]
    for box in boxes:
        style = f":::{box.place}" if box.place else ""
        label = "<br/>".join(map(mermaid, caption(box)))
        text.append(f'  {box.name}["{label}"]{style}')
    text += [f"  {source} --> {box.name}" for box in boxes for source in box.inputs]
    text += [
        "  classDef proven fill:#e3dcff,stroke:#5b3fd0,stroke-width:2px,color:#1d1147",
        "  classDef native fill:#f4f4f2,stroke:#8a8a85,stroke-dasharray:4 3,color:#2b2b28",
    ]
    return "\n".join(text)


def to_graphviz(boxes: Sequence[Box]) -> str:
    """A directed graph in DOT."""
    text = [
        "digraph plan {",
        "  rankdir=TB;",
        '  node [shape=box, fontname="monospace", fontsize=11, margin="0.15,0.08"];',
        '  edge [color="#8a8a85"];',
    ]
    for box in boxes:
        style = {
            Place.PROVEN: ', style="filled,bold", fillcolor="#e3dcff", color="#5b3fd0"',
            Place.NATIVE: ', style="filled,dashed", fillcolor="#f4f4f2", color="#8a8a85"',
            None: "",
        }[box.place]
        label = "\\n".join(map(dot, caption(box)))
        text.append(f'  {box.name} [label="{label}"{style}];')
    text += [f"  {source} -> {box.name};" for box in boxes for source in box.inputs]
    return "\n".join([*text, "}"])
