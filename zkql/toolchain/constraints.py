"""A rank-1 constraint system: read from ZoKrates or circom files, evaluated, checked.

In: ZoKrates' compiled program (``.out``, version 3) or iden3's ``.r1cs``. Out: constraints over wires in
circom's order: wire 0 is the constant one, then the public inputs, then everything else.

zkql's templates keep every value that the prover chooses among the private inputs, so a program is
a straight line of constraints: each either defines one new wire or checks old ones. A program with
hidden advice (a ZoKrates directive) or with a private input that no constraint uses is refused.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from io import BytesIO
from operator import mul
from typing import TYPE_CHECKING, Any

import cbor2
from gmpy2 import mpz

from zkql.crypto.field import P
from zkql.errors import bug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Combination = tuple[tuple[int, ...], tuple[mpz, ...]]
"""A linear combination: wires and, at the same places, coefficients in ``[0, P)``."""
Constraint = tuple[Combination, Combination, Combination]
"""``A · B = C``."""

Part = tuple[tuple[int, mpz], ...]
"""A linear combination of ZoKrates' variables: each with its coefficient."""
Parts = tuple[Part, Part, Part]
"""``A · B = C``, of such."""
ONE = 0
"""The variable, and the wire, that is 1."""

_VERSION = 1
_FIELD_BYTES = 32


@dataclass(frozen=True, slots=True)
class ConstraintSystem:
    """``wires`` counts the constant; ``inputs`` and ``public``, those of them that are public, do
    not. ``lines[i]`` is where constraint i comes from in the ZoKrates source (0: unknown)."""

    wires: int
    inputs: int
    public: int
    constraints: tuple[Constraint, ...]
    lines: array[int]

    def violations(self, witness: Sequence[mpz]) -> Iterator[int]:
        """Indices of the constraints that ``witness`` (one value per wire) does not satisfy."""
        for index, (a, b, c) in enumerate(self.constraints):
            if (_dot(a, witness) * _dot(b, witness) - _dot(c, witness)) % P:
                yield index


@dataclass(frozen=True, slots=True)
class Program:
    """A constraint system in evaluation order. ``inputs[i]`` is the wire of input i (public ones
    first); ``defines[i]`` the wire that constraint i gives a value to, or 0 if it is a check."""

    system: ConstraintSystem
    inputs: tuple[int, ...]
    defines: array[int]


@dataclass(frozen=True, slots=True)
class Unsatisfied(Exception):
    """Constraint ``index`` does not hold; it comes from ``line`` of the ZoKrates source."""

    index: int
    line: int


def _dot(combination: Combination, witness: Sequence[mpz]) -> mpz:
    wires, coefficients = combination
    if len(wires) == 1:
        return coefficients[0] * witness[wires[0]]
    return sum(map(mul, coefficients, map(witness.__getitem__, wires)), mpz(0))


def evaluate(program: Program, inputs: Sequence[int]) -> list[mpz]:
    """The whole witness from the inputs; every constraint is checked on the way.

    Raises :class:`Unsatisfied` at the first constraint that does not hold.
    """
    if len(inputs) != len(program.inputs):
        raise ValueError(f"{len(inputs)} inputs given, the circuit takes {len(program.inputs)}")
    witness = [mpz(0)] * program.system.wires
    witness[0] = mpz(1)
    for wire, value in zip(program.inputs, inputs, strict=True):
        witness[wire] = mpz(value) % P
    lines = program.system.lines
    for index, ((a, b, c), defined) in enumerate(
        zip(program.system.constraints, program.defines, strict=True)
    ):
        product = _dot(a, witness) * _dot(b, witness) % P
        if defined:
            witness[defined] = product
        elif product != _dot(c, witness) % P:
            raise Unsatisfied(index, lines[index])
    return witness


# --- ZoKrates' compiled program -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input of a compiled program; ``line`` is where the source declares it."""

    variable: int
    private: bool
    line: int


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """A compiled program before its wires are numbered. ``lines[i]`` is the line of constraint i. The last
    constraints define what it returns, ``outputs`` variables from -1 down."""

    parameters: tuple[Parameter, ...]
    constraints: tuple[Parts, ...]
    lines: array[int]
    outputs: int = 0


def sum_of(weighted: Iterable[tuple[mpz, Part]]) -> Part:
    """A combination of combinations, by variables, as ZoKrates has them."""
    terms: dict[int, mpz] = {}
    for weight, part in weighted:
        for variable, value in part:
            terms[variable] = (terms.get(variable, 0) + weight * value) % P
    return tuple((variable, terms[variable]) for variable in sorted(terms) if terms[variable])


def read_object(data: bytes) -> ObjectFile:
    """Decode ``.out``: a header, then CBOR sections for parameters and constraints."""
    if data[:8] != b"ZOK\0\3\0\0\0":
        raise bug("ZKQL0910", "the compiled program is not ZoKrates' format version 3")
    outputs = struct.unpack_from("<I", data, 16)[0]
    sections = [struct.unpack_from("<IQQ", data, 20 + 20 * i) for i in range(4)]
    _, start, size = sections[0]
    parameters = cbor2.loads(data[start : start + size])
    _, start, size = sections[1]
    parsed: list[Parts] = []
    lines = array("I")
    coefficients: dict[bytes, mpz] = {}
    for statement in _cbor_stream(data[start : start + size]):
        constraint = statement.get("Constraint")
        if constraint is None:
            raise bug("ZKQL0912", f"hidden advice in the circuit: {next(iter(statement))}")
        quad = constraint["quad"]
        a, b, c = (
            tuple((term[0]["id"], _coefficient(term[1], coefficients)) for term in part["value"])
            for part in (quad["left"], quad["right"], constraint["lin"])
        )
        parsed.append((a, b, c))
        lines.append(_line(constraint["span"]))
    given = tuple(Parameter(p["id"]["id"], p["private"], _line(p["span"])) for p in parameters)
    return ObjectFile(given, tuple(parsed), lines, outputs)


def _cbor_stream(data: bytes) -> Iterator[Any]:
    stream = BytesIO(data)
    decoder = cbor2.CBORDecoder(stream)
    while stream.tell() < len(data):
        yield decoder.decode()


def _coefficient(data: bytes, known: dict[bytes, mpz]) -> mpz:
    if (value := known.get(data)) is None:
        value = known[data] = mpz(int.from_bytes(data, "little"))
    return value


def _line(span: Any) -> int:
    return span["Source"]["from"]["line"] if span and "Source" in span else 0


def number_wires(unnumbered: ObjectFile) -> Program:
    """Circom's numbering: one, public inputs in order, then used variables by rising id."""
    if unnumbered.outputs:
        raise bug("ZKQL0911", "the circuit returns a value: every public value must be an input")
    parameters, lines = unnumbered.parameters, unnumbered.lines
    public = [p.variable for p in parameters if not p.private]
    used = {variable for parts in unnumbered.constraints for part in parts for variable, _ in part}
    wire = {ONE: 0}
    for variable in (*public, *sorted(used)):
        wire.setdefault(variable, len(wire))
    for position, parameter in enumerate(parameters):
        if parameter.variable not in used:
            raise bug(
                "ZKQL0913",
                f"input {position} of the circuit reaches no constraint",
                f"line {parameter.line} of the ZoKrates source",
            )
    inputs = [wire[p.variable] for p in parameters]
    defined = {0, *inputs}
    constraints, defines = [], array("I")
    for parts in unnumbered.constraints:
        a, b, c = ((tuple(wire[v] for v, _ in part), tuple(value for _, value in part)) for part in parts)
        fresh = c[0][0] if len(c[0]) == 1 and c[1][0] == 1 and c[0][0] not in defined else 0
        if fresh:
            defined.add(fresh)
        defines.append(fresh)
        constraints.append((a, b, c))
    system = ConstraintSystem(len(wire), len(inputs), len(public), tuple(constraints), lines)
    return Program(system, tuple(inputs), defines)


# --- iden3's .r1cs ------------------------------------------------------------------------------


def read_r1cs(data: bytes) -> ConstraintSystem:
    """Decode ``.r1cs`` (iden3 binary format, version 1)."""
    if data[:8] != b"r1cs\1\0\0\0":
        raise bug("ZKQL0914", "not an .r1cs file of version 1")
    sections: dict[int, int] = {}
    offset = 12
    while offset < len(data):
        kind, size = struct.unpack_from("<IQ", data, offset)
        sections[kind] = offset + 12
        offset += 12 + size
    header = sections[1] + 4 + _FIELD_BYTES
    wires, outputs, public, private = struct.unpack_from("<IIII", data, header)
    count = struct.unpack_from("<I", data, header + 24)[0]
    known: dict[bytes, mpz] = {}
    position = sections[2]
    constraints: list[Constraint] = []
    for _ in range(count):
        parts: list[Combination] = []
        for _ in range(3):
            (length,) = struct.unpack_from("<I", data, position)
            terms = struct.unpack_from("<" + "I32s" * length, data, position + 4)
            position += 4 + 36 * length
            parts.append((terms[::2], tuple(_coefficient(v, known) for v in terms[1::2])))
        constraints.append((parts[0], parts[1], parts[2]))
    return ConstraintSystem(
        wires,
        public + private,
        outputs + public,
        tuple(constraints),
        array("I", bytes(4 * count)),
    )


def r1cs(system: ConstraintSystem) -> bytes:
    """Encode ``.r1cs``; byte for byte what ZoKrates writes for the same circuit."""
    known: dict[mpz, bytes] = {}
    body = bytearray()
    for constraint in system.constraints:
        for wires, values in constraint:
            body += struct.pack("<I", len(wires))
            for wire, value in zip(wires, values, strict=True):
                if (data := known.get(value)) is None:
                    data = known[value] = int(value).to_bytes(_FIELD_BYTES, "little")
                body += struct.pack("<I", wire) + data
    private = system.inputs - system.public
    header = struct.pack("<I", _FIELD_BYTES) + P.to_bytes(_FIELD_BYTES, "little")
    header += struct.pack("<IIII", system.wires, 0, system.public, private)
    header += struct.pack("<QI", system.wires, len(system.constraints))
    labels = struct.pack(f"<{system.wires}Q", *range(system.wires))
    sections = ((2, bytes(body)), (1, header), (3, labels))
    framed = (struct.pack("<IQ", kind, len(part)) + part for kind, part in sections)
    return b"r1cs" + struct.pack("<II", 1, len(sections)) + b"".join(framed)


# --- zkql's own compact form, kept in the bundle ------------------------------------------------


def dump(program: Program) -> bytes:
    """Encode a program; the inverse of :func:`load`. Equal programs have equal bytes."""
    table: dict[mpz, int] = {}
    lengths, wires, values = array("I"), array("I"), array("I")
    for constraint in program.system.constraints:
        for combination in constraint:
            lengths.append(len(combination[0]))
            wires.extend(combination[0])
            values.extend(table.setdefault(v, len(table)) for v in combination[1])
    return cbor2.dumps(
        [
            _VERSION,
            program.system.wires,
            program.system.public,
            list(program.inputs),
            b"".join(int(v).to_bytes(_FIELD_BYTES, "little") for v in table),
            *(_pack(a) for a in (lengths, wires, values, program.system.lines, program.defines)),
        ]
    )


def load(data: bytes) -> Program:
    """Decode what :func:`dump` wrote. Raises ``ValueError`` if it is something else."""
    try:
        return _decode(cbor2.loads(data))
    except (cbor2.CBORDecodeError, IndexError, OverflowError, TypeError, ValueError) as error:
        raise ValueError("not a constraint program of this version of zkql") from error


def _decode(parts: Any) -> Program:
    version, count, public, inputs, table, *packed = parts
    if version != _VERSION:
        raise ValueError(f"version {version}")
    lengths, wires, values, lines, defines = (_unpack(p) for p in packed)
    coefficients = [
        mpz(int.from_bytes(table[i : i + _FIELD_BYTES], "little")) for i in range(0, len(table), _FIELD_BYTES)
    ]
    combinations: list[Combination] = []
    position = 0
    for length in lengths:
        end = position + length
        combinations.append(
            (
                tuple(wires[position:end]),
                tuple([coefficients[v] for v in values[position:end]]),
            )
        )
        position = end
    triples = iter(combinations)
    constraints = tuple(zip(triples, triples, triples, strict=True))
    system = ConstraintSystem(count, len(inputs), public, constraints, lines)
    return Program(system, tuple(inputs), defines)


def _pack(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values = array("I", values)
        values.byteswap()
    return values.tobytes()


def _unpack(data: bytes) -> array[int]:
    values = array("I", data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


# --- iden3's .wtns ------------------------------------------------------------------------------


def wtns(witness: Sequence[mpz]) -> bytes:
    """Encode a witness for the prover (iden3 binary format, version 2)."""
    prime = P.to_bytes(_FIELD_BYTES, "little")
    body = b"".join(int(v).to_bytes(_FIELD_BYTES, "little") for v in witness)
    header = struct.pack("<I", _FIELD_BYTES) + prime + struct.pack("<I", len(witness))
    return b"".join(
        (
            b"wtns" + struct.pack("<II", 2, 2),
            struct.pack("<IQ", 1, len(header)) + header,
            struct.pack("<IQ", 2, len(body)) + body,
        )
    )
