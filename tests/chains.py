"""Streams with CHAIN provenance: circuits that open chains, and a world of sensors that sign them.

A circuit can be fed any blocks (:class:`Subject`), signed or not; a :class:`ChainWorld` has real sensors,
proofs and a verifier, and a processor that proves whatever it is handed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from tests.gadgets import Bench, lies
from tests.world import SIZE, Reading, World
from zkql.circuit.check import compile_circuit
from zkql.circuit.evidence import evidence_of
from zkql.circuit.statement import named_inputs
from zkql.circuit.wires import Environment
from zkql.compiler import Compiled, compile_query
from zkql.crypto.blocks import genesis, layout_of
from zkql.crypto.field import P
from zkql.errors import Source
from zkql.plan import evaluate
from zkql.plan.schema import StreamSchema
from zkql.plan.stages import StagedPlan
from zkql.plan.types import Value
from zkql.runtime.chains import (
    ChainState,
    Link,
    Opened,
    SignedHead,
    in_blocks,
    packed,
    sign_beat,
    sign_block,
)
from zkql.runtime.held import OwnedChain, plain_rows, secrets_of
from zkql.runtime.intake import ChainLog, Log

STREAM = """
CREATE STREAM reading (
  meter BIGINT,
  zone  INT NULL,
  ts    TIMESTAMP(3),
  load  DECIMAL(4, 1),
  temp  INT,
  ok    BOOLEAN,
  WATERMARK FOR ts AS ts
) SIGNED BY meter WITH (
  'provenance' = 'chain', 'capacity' = '{capacity}', 'block' = '{block}', 'devices' = '{devices}'
);
"""
WINDOW = "FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
PLAIN = f"""
SELECT window_start, SUM(load) AS total, MAX(temp) AS most, COUNT(zone) AS zones, COUNT(*) AS n
{WINDOW} GROUP BY window_start, window_end
"""
TIMED = f"""
SELECT window_start, MIN(ts) AS first, MAX(ts) AS last, AVG(load) AS mean
{WINDOW} WHERE EXTRACT(SECOND FROM ts) <> 3 AND (zone > 0 OR zone IS NULL) GROUP BY window_start, window_end
"""
BY_DEVICE = f"""
SELECT window_start, meter, SUM(load) AS total, COUNT(*) AS n
{WINDOW} GROUP BY window_start, window_end, meter
"""
BY_KEY = f"""
SELECT window_start, temp, SUM(load) AS total, COUNT(*) AS n
{WINDOW} WHERE load > -5 GROUP BY window_start, window_end, temp
"""
ORDERED = f"""
SELECT window_start, BIT_OR(temp) AS bits, MEDIAN(load) AS middle,
       PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY zone) AS zones
{WINDOW} GROUP BY window_start, window_end
"""
Row = Mapping[str, Value | None]
SUBJECTS = {
    "one device": (PLAIN, 4, 2, 1),
    "two devices": (PLAIN, 2, 2, 2),
    "times are read": (TIMED, 4, 3, 1),
    "blocks of one row": (PLAIN, 3, 1, 1),
    "one block": (BY_KEY, 3, 3, 1),
    "bits and order": (ORDERED, 3, 2, 1),
}
"""SELECT, capacity, rows of a block, devices."""
T = 1_000_000
"""Where a window begins."""
BLOCKS = {
    "in the middle of blocks": [[T - 4, T - 1], [T, T + 7], [T + SIZE - 1, T + SIZE]],
    "two blocks": [[T - 1, T], [T + 5, T + SIZE]],
    "one block": [[T - 1, T]],
    "one row": [[T]],
    "nothing in it": [[T - 1, T - 1], [T + SIZE]],
    "no block": [],
    "all in it": [[T, T], [T, T + 9], [T + SIZE - 1]],
}
"""Times of the rows of each block."""


def query(select: str, capacity: int = 4, block: int = 2, devices: int = 1, stream: str = STREAM) -> Compiled:
    """A compiled query over :data:`STREAM`."""
    text = stream.format(capacity=capacity, block=block, devices=devices)
    return compile_query(Source("test.zkql", text + select + ";"))


def row(
    device: int, time: int, load: int = 0, temp: int = 0, zone: int | None = None
) -> dict[str, Value | None]:
    """A plain row; ``load`` in tenths."""
    return {"meter": device, "zone": zone, "ts": time, "load": load, "temp": temp, "ok": 1}


def owned(
    stream: StreamSchema, device: int, head: int, blocks: Sequence[Sequence[Row]], salts: Sequence[int] = ()
) -> OwnedChain:
    """Blocks that nobody signed, from a head on."""
    layout, links = layout_of(stream), []
    before = head
    for number, rows in enumerate(blocks):
        salt = salts[number] if salts else 1000 + number
        block = packed(stream, layout, rows, salt)
        after = layout.head(before, block)
        links.append(Link(SignedHead(device, ChainState(before, 0, after, 0, 0), b""), block, tuple(rows)))
        before = after
    closing = SignedHead(device, ChainState(head, 0, before, 0, 0), b"")
    return OwnedChain(device, Opened(head, tuple(links), closing))


@dataclass(frozen=True)
class Subject:
    """A compiled circuit that opens chains."""

    compiled: Compiled
    bench: Bench

    @classmethod
    def compile(cls, select: str, capacity: int = 4, block: int = 2, devices: int = 1) -> Subject:
        compiled = query(select, capacity, block, devices)
        assert compiled.circuit is not None
        return cls(compiled, Bench(compiled.circuit, compile_circuit(compiled.circuit)))

    @property
    def plan(self) -> StagedPlan:
        return self.compiled.plan

    @property
    def stream(self) -> StreamSchema:
        return self.plan.stream

    def public(self, start: int, chains: Sequence[OwnedChain]) -> Environment:
        """What the verifier derives for the honest claim."""
        assert self.plan.circuit is not None
        present, results = evaluate.results(self.plan, plain_rows(self.plan, start, chains))
        given = evidence_of(self.plan, start, [own.evidenced(self.stream) for own in chains])
        return named_inputs(self.plan, self.plan.circuit, bytes(32), given, present, results)

    def secret(self, chains: Sequence[OwnedChain]) -> Environment:
        """What the prover knows."""
        assert self.plan.circuit is not None
        return secrets_of(self.plan, self.plan.circuit, chains)

    def inputs(self, start: int, chains: Sequence[OwnedChain]) -> dict[str, list[int]]:
        """All that is given for the honest claim."""
        return {**self.public(start, chains), **self.secret(chains)}

    def bound(self, start: int, chains: Sequence[OwnedChain]) -> dict[str, list[int]]:
        """The same without claims: what the verifier has from signatures, and what the prover knows."""
        public = self.public(start, chains)
        names = {p.name for p in self.bench.circuit.parameters if p.public}
        claims = {n for n in names if n.startswith(("result", "present", "used"))}
        return {**{n: v for n, v in public.items() if n not in claims}, **self.secret(chains)}

    def case(self, blocks: str) -> tuple[int, list[OwnedChain]]:
        """A window, and a chain of each device with one of :data:`BLOCKS`."""
        assert self.plan.circuit is not None
        chains = []
        for device in range(1, self.plan.circuit.chains + 1):
            rows = [
                [row(device, t, t % 99 * device, t % 7, None if t % 2 else 3) for t in times]
                for times in BLOCKS[blocks]
            ]
            chains.append(owned(self.stream, device, genesis(self.stream.digest, device), rows))
        return T, chains

    def told(self, blocks: str, every: int = 1) -> Iterator[tuple[str, bool]]:
        """Lies about wires with all that follows from them, heads aside, which are the verifier's; and
        whether they are accepted."""
        bound = self.bound(*self.case(blocks))
        honest = self.bench.solve(**bound)
        assert self.bench.accepts(honest), "honest rows are refused"
        for lie, values in islice(lies(self.bench, bound), 0, None, every):
            if any(values[p.name] != honest[p.name] for p in self.bench.circuit.parameters):
                yield lie, self.bench.accepts(values)

    def changed(self, blocks: str, every: int = 1) -> Iterator[tuple[str, bool]]:
        """Private inputs that are others, one at a time; and whether that is accepted."""
        honest = self.bench.solve(**self.bound(*self.case(blocks)))
        for parameter in self.bench.circuit.parameters:
            step = 1 if parameter.size < 20 else every
            for place in range(0, 0 if parameter.public else parameter.size, step):
                for change in (1, -1):
                    values = list(honest[parameter.name])
                    values[place] += change
                    accepted = self.bench.accepts({**honest, parameter.name: values})
                    yield f"{parameter.name}[{place}] + {change}", accepted


def random_chain(
    source: random.Random, stream: StreamSchema, device: int, start: int, most: int
) -> OwnedChain:
    """Blocks around the window from ``start``: rows before it in the first, rows after it in the last."""
    assert stream.block is not None
    end, time = start + SIZE, start - source.choice([0, 1, 4000])
    blocks: list[list[Row]] = []
    for number in range(source.randint(0, most)):
        rows: list[Row] = []
        for _ in range(source.randint(1, stream.block)):
            rows.append(
                row(
                    device,
                    time if number or time < start else max(time, start),
                    source.choice([-9999, 9999, 0, 17, source.randint(-99, 99)]),
                    source.choice([-(2**31), 2**31 - 1, 0, -3, 7]),
                    source.choice([None, 0, -1, 5, 2**31 - 1]),
                )
            )
            time += source.choice([0, 0, 1, 1500, 3000])
        time = max(time, start)
        blocks.append(rows)
        if stream.time_of(rows[-1]) >= end:
            break
    salts = [source.randrange(P) for _ in blocks]
    return owned(
        stream, device, source.choice([genesis(stream.digest, device), source.randrange(P)]), blocks, salts
    )


# --- a world ----------------------------------------------------------------------------------------


@dataclass
class ChainWorld(World):
    """Sensors that sign chains."""

    @classmethod
    def of(
        cls, folder: Path, select: str, readings: Sequence[Reading], capacity: int = 4, devices: int = 3
    ) -> ChainWorld:
        """Compile, set up, sign and prove; blocks of two rows."""
        stream = STREAM.format(capacity=capacity, block=2, devices=devices)
        return cls.make(folder, select, readings, stream)

    def logs(self, readings: Sequence[Reading]) -> dict[Value, Log]:
        """What honest sensors send: a beginning, their rows in full blocks, and a heartbeat at the end of the
        last window."""
        times = [time for _, time, _ in readings]
        end = max(times) // SIZE * SIZE + SIZE
        return {device: self.chain(int(device), readings, min(times), end) for device in self.seeds}

    def chain(self, device: int, readings: Sequence[Reading], begins: int, end: int) -> ChainLog:
        """All that a device signs."""
        seed, stream = self.seeds[device], self.stream
        link, state = sign_beat(stream, device, ChainState.new(stream, device), begins, seed)
        links = [link]
        own = [row(d, time, load, load) for d, time, load in readings if d == device]
        assert stream.block is not None
        for rows in in_blocks(stream, stream.block, own):
            link, state = sign_block(stream, device, state, rows, seed)
            links.append(link)
        link, _ = sign_beat(stream, device, state, end, seed)
        return ChainLog((*links, link))

    # --- forging ---

    def opened(self, window: int, device: int) -> OwnedChain:
        """What the processor opens of a device."""
        return next(
            own for own in self.closed[window].held if isinstance(own, OwnedChain) and own.device == device
        )

    def with_blocks(self, window: int, device: int, *blocks: Sequence[Row], **changes: int) -> list:
        """All windows proven anew; in one of them a device's chain is opened to other blocks, which lead to
        another head, while the evidence stays what the device signed."""
        honest = self.opened(window, device)
        head = changes.get("head", honest.opened.head)
        forged = owned(
            self.stream, device, head, blocks, [changes["salt"]] * len(blocks) if "salt" in changes else ()
        )
        held = tuple(forged if own is honest else own for own in self.closed[window].held)
        return self.reprove(window, held=held)

    def with_evidence(self, window: int, device: int, **changes: object) -> list:
        """Envelopes with a device's evidence changed in one window, proofs as they were."""
        envelopes = list(self.honest)
        devices = tuple(
            replace(own, **changes) if own.device == device else own  # type: ignore[arg-type]
            for own in envelopes[window].devices
        )
        envelopes[window] = replace(envelopes[window], devices=devices)
        return envelopes


READINGS: tuple[Reading, ...] = (
    (1, 0, 505),
    (1, 4_000, -20),
    (1, 9_999, 13),
    (2, 9_999, 130),
    (1, 10_000, 700),
    (2, 15_000, 70),
    (2, 15_000, 70),
    (1, 19_000, 5),
    (2, 29_999, -9999),
)
"""Three windows. Blocks of two begin and end inside windows, at their edges and beyond; device 3 has no
row."""
