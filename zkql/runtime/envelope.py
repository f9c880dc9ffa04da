"""What the processor sends per window: evidence, results, proofs. No plaintext, no public inputs.

One JSON object in one canonical form: a byte that is not as :func:`encode` writes it is refused, so
that two envelopes never mean the same. Devices stand in order, and their rows in that of their sequence
numbers, which says nothing about private values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zkql import files
from zkql.errors import InputError
from zkql.plan.stages import Result
from zkql.plan.types import TIMESTAMP, format_value, parse_value
from zkql.runtime.evidence import evidence_from_json, evidence_to_json
from zkql.runtime.records import RecordError, hex_bytes, keys, time_of
from zkql.toolchain.groth16 import PROOF_BYTES

if TYPE_CHECKING:
    from zkql.plan.calls import Output
    from zkql.plan.expressions import Expression
    from zkql.plan.stages import StagedPlan
    from zkql.plan.types import SqlType, Value
    from zkql.runtime.evidence import Evidence

VERSION = 2
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class GroupResult:
    """Results of one public group: its key, one result a private group (one in all, where no key is
    private), and the proof of what a circuit computes. ``present`` says whether any row passed the WHERE
    clause."""

    key: tuple[Value | None, ...]
    present: bool
    results: tuple[Result, ...]
    proof: bytes | None


@dataclass(frozen=True, slots=True)
class Envelope:
    """One window ``[start, end)`` in milliseconds. Digests: the query's bundle, the registry, and
    everything that was claimed before this window."""

    query: bytes
    registry: bytes
    start: int
    end: int
    previous: bytes
    devices: tuple[Evidence, ...]
    results: tuple[GroupResult, ...]


def encode(envelope: Envelope, plan: StagedPlan) -> bytes:
    """The canonical bytes."""
    body = {
        "version": VERSION,
        "query": envelope.query.hex(),
        "registry": envelope.registry.hex(),
        "start": format_value(envelope.start, TIMESTAMP),
        "end": format_value(envelope.end, TIMESTAMP),
        "previous": envelope.previous.hex(),
        "devices": [evidence_to_json(d, plan.stream) for d in envelope.devices],
        "results": [_result_to_json(r, plan) for r in envelope.results],
    }
    return files.dump_json(body).encode() + b"\n"


def _result_to_json(result: GroupResult, plan: StagedPlan) -> dict[str, Any]:
    return {
        "key": _key_to_json(result.key, plan.keys),
        "present": result.present,
        "results": [
            {
                "key": _key_to_json(own.key, plan.private_keys),
                "values": [
                    None if v is None else format_value(v, cell.type)
                    for v, cell in zip(own.values, plan.cells, strict=True)
                ],
            }
            for own in result.results
        ],
        "proof": None if result.proof is None else result.proof.hex(),
    }


def _key_to_json(key: tuple[Value | None, ...], outputs: tuple[Output, ...]) -> list[Any]:
    return [
        None if v is None else format_value(v, k.expression.type) for v, k in zip(key, outputs, strict=True)
    ]


def decode(data: bytes, plan: StagedPlan) -> Envelope:
    """Inverse of :func:`encode`. Raises :class:`RecordError` on any other bytes."""
    try:
        body = files.parse_json(data.decode("utf-8"), "envelope")
    except (InputError, UnicodeDecodeError) as error:
        raise RecordError("it is not JSON") from error
    envelope = _envelope_from_json(body, plan)
    try:
        canonical = encode(envelope, plan) == data
    except (ValueError, OverflowError):
        canonical = False
    if not canonical:
        raise RecordError("it is not in canonical form")
    return envelope


def _envelope_from_json(body: Any, plan: StagedPlan) -> Envelope:
    keys(body, "version", "query", "registry", "start", "end", "previous", "devices", "results")
    if body["version"] != VERSION:
        raise RecordError(f"version {body['version']!r} is not {VERSION}")
    return Envelope(
        query=hex_bytes(body["query"], _DIGEST_BYTES, "query"),
        registry=hex_bytes(body["registry"], _DIGEST_BYTES, "registry"),
        start=time_of(body["start"]),
        end=time_of(body["end"]),
        previous=hex_bytes(body["previous"], _DIGEST_BYTES, "previous"),
        devices=tuple(evidence_from_json(d, plan.stream) for d in _array(body["devices"], "devices")),
        results=tuple(_result_from_json(r, plan) for r in _array(body["results"], "results")),
    )


def _result_from_json(data: Any, plan: StagedPlan) -> GroupResult:
    keys(data, "key", "present", "results", "proof")
    if not isinstance(data["present"], bool):
        raise RecordError("present is true or false")
    results = tuple(_own_from_json(own, plan) for own in _array(data["results"], "results"))
    proof = data["proof"]
    return GroupResult(
        key=_key_from_json(data["key"], plan.keys),
        present=data["present"],
        results=results,
        proof=None if proof is None else hex_bytes(proof, PROOF_BYTES, "proof"),
    )


def _own_from_json(data: Any, plan: StagedPlan) -> Result:
    keys(data, "key", "values")
    values = _array(data["values"], "values")
    if len(values) != len(plan.cells):
        raise RecordError("a result has another number of columns than the query")
    return Result(
        key=_key_from_json(data["key"], plan.private_keys),
        values=tuple(
            None if v is None else _value(v, cell.type) for v, cell in zip(values, plan.cells, strict=True)
        ),
    )


def _key_from_json(data: Any, outputs: tuple[Output, ...]) -> tuple[Value | None, ...]:
    key = _array(data, "key")
    if len(key) != len(outputs):
        raise RecordError("a result has another number of columns than the query")
    return tuple(_value_of(k.expression, v) for k, v in zip(outputs, key, strict=True))


def _array(data: Any, what: str) -> list[Any]:
    if not isinstance(data, list):
        raise RecordError(f"{what} is not a list")
    return data


def _value_of(expression: Expression, raw: Any) -> Value | None:
    return None if raw is None and expression.nullable else _value(raw, expression.type)


def _value(raw: Any, kind: SqlType) -> Value:
    try:
        return parse_value(raw, kind)
    except ValueError as error:
        raise RecordError(str(error)) from None
