"""What a circuit is made of: functions in ZoKrates, and calls of them with elements of wires."""

from __future__ import annotations

from dataclasses import dataclass

Dims = tuple[int, ...]
"""() for one field element."""


class NotJoinable(Exception):
    """A source has to be compiled whole."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring elements of a wire: ``count`` from ``start`` on."""

    name: str
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Sum:
    """``Σ factor · element + constant``; an element is a wire's name and a place."""

    terms: tuple[tuple[str, int, int], ...]
    constant: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function ``name`` in ZoKrates. ``texts`` are what it needs and then its own, each with the line of
    the whole source where it begins; ``hashes`` those of them that are linked
    (:mod:`zkql.toolchain.linking`). ``parameters`` and ``returned`` are dimensions; a number stands where it
    is given in all calls, and None where the function only asserts."""

    name: str
    texts: tuple[tuple[str, int], ...]
    hashes: tuple[str, ...]
    parameters: tuple[Dims | int, ...]
    returned: Dims | None

    @property
    def source(self) -> str:
        """A program of one call."""
        texts = "\n".join(text for text, _ in self.texts)
        dims = {f"a_{i}": own for i, own in enumerate(self.parameters)}
        taken = [
            f"private {field_type(own)} {name}" for name, own in dims.items() if not isinstance(own, int)
        ]
        call = f"{self.name}({', '.join(_argument(name, own) for name, own in dims.items())})"
        body = f"assert({call})" if self.returned is None else f"return {call}"
        gives = "" if self.returned is None else f" -> {field_type(self.returned)}"
        return f"{texts}\ndef main({', '.join(taken)}){gives} {{\n    {body};\n}}\n"

    @property
    def lines(self) -> tuple[int, ...]:
        """Where the lines of :attr:`source` are in the whole, but for those of main."""
        return tuple(start + k for text, start in self.texts for k in range(text.count("\n") + 1))


@dataclass(frozen=True, slots=True)
class Call:
    """A call on ``line`` of the whole source. ``arguments`` are all elements that it takes, one after the
    other, and ``results`` all that it gives; without a function it gives what it takes."""

    function: Function | None
    arguments: tuple[Run | Sum, ...]
    results: tuple[Run, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter of the whole program, of so many elements."""

    name: str
    size: int
    private: bool
    line: int


def _argument(name: str, own: Dims | int) -> str:
    if not isinstance(own, int):
        return name
    return str(own) if own >= 0 else f"0 - {-own}"


def field_type(dims: Dims) -> str:
    """ZoKrates' type of field elements."""
    return "field" + "".join(f"[{d}]" for d in dims)
