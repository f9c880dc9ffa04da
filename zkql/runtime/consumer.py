"""The verifier. In: bundle, registry, envelopes. Out: results, or why not.

It trusts the sensors' keys and its own bundle, and nothing that the processor says: every public
input is derived from signed rows, the plan and the claimed results. Each envelope is checked whole,
in the order of its windows, and no check depends on a list that may be empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zkql.bundle import KeyKind
from zkql.circuit.evidence import StatementError, evidence_of
from zkql.circuit.statement import public_inputs
from zkql.errors import InputError, rejected
from zkql.plan import evaluate
from zkql.plan.scalar import EvaluationError
from zkql.plan.types import format_timestamp
from zkql.runtime import history
from zkql.runtime.envelope import decode
from zkql.runtime.ledger import Ledger, Progress
from zkql.runtime.positions import Rejection, Span, check_first_start, first_position

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from zkql.bundle import Bundle
    from zkql.circuit.evidence import Evidenced
    from zkql.plan.stages import CircuitPlan
    from zkql.plan.types import Shown
    from zkql.runtime.envelope import Envelope, GroupResult
    from zkql.runtime.registry import Registry
    from zkql.toolchain.batch import BatchVerifier

ResultRow = dict[str, "Shown | None"]


@dataclass(slots=True)
class Verification:
    """The outcome over a set of envelopes."""

    results: list[ResultRow] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    windows: int = 0
    known: int = 0
    """Envelopes of them that an earlier run accepted, and that say the same again."""
    until: int | None = None
    """End of the last accepted window, in milliseconds."""

    @property
    def verified(self) -> bool:
        """Whether there was something to verify and all of it held."""
        return self.windows > 0 and not self.rejected


@dataclass(frozen=True, slots=True)
class _Checked:
    """An envelope that is accepted if its proofs hold, each for the public inputs beside it. ``rows`` are its
    rows of the result."""

    envelope: Envelope
    before: Progress
    after: Progress
    proofs: tuple[tuple[bytes, list[int]], ...]
    rows: list[ResultRow]


MOST_PROOFS = 256
"""As many are verified at once."""


class Verifier:
    """Checks envelopes of one query against one registry, window after window."""

    def __init__(
        self,
        bundle: Bundle,
        registry: Registry,
        *,
        allow_dev_keys: bool = False,
        ledger: Path | None = None,
    ) -> None:
        """With a ``ledger`` it goes on after the windows that are in the file, and writes down those that it
        accepts. Raises :class:`RejectedError` where the bundle's keys are for development only, and
        :class:`InputError` where the ledger is of something else."""
        self._plan = bundle.manifest.plan
        self._query = bundle.manifest.digest
        self._registry = registry
        self._proofs: BatchVerifier | None = None
        if self._plan.circuit is not None:
            if bundle.keys().kind is KeyKind.DEV and not allow_dev_keys:
                raise rejected(
                    "ZKQL0501",
                    "the bundle has INSECURE development keys: whoever made them can forge proofs",
                    "to try things out all the same: --allow-dev-keys",
                )
            self._proofs = bundle.proof_verifier()
        self._ledger = None if ledger is None else Ledger(ledger, self._query, registry)
        self._earlier = self._ledger.progress() if self._ledger else None
        self.progress = self._earlier or Progress(
            previous=history.genesis(self._query, registry.digest),
            start=None,
            positions=dict.fromkeys(registry.keys, first_position(self._plan.stream)),
        )

    def verify_all(self, envelopes: Iterable[tuple[str, bytes]]) -> Verification:
        """Check ``(name, bytes)`` in order of their windows. After a rejected envelope nothing can
        be accepted any more, since every window continues the one before."""
        outcome = Verification()
        decoded: list[tuple[int, str, Envelope]] = []
        for name, data in envelopes:
            outcome.windows += 1
            try:
                envelope = decode(data, self._plan)
                decoded.append((envelope.start, name, envelope))
            except (ValueError, OverflowError, MemoryError, RecursionError) as error:
                outcome.rejected.append((name, f"malformed: {error or type(error).__name__}"))
        in_order = [(name, envelope) for _, name, envelope in sorted(decoded, key=lambda item: item[:2])]
        done, reason = 0, None
        while done < len(in_order) and reason is None:
            accepted, reason = self._take([envelope for _, envelope in in_order[done:]], outcome)
            done += accepted
        if reason is not None:
            outcome.rejected.append((in_order[done][0], reason))
            later = in_order[done + 1 :]
            outcome.rejected += [(name, "it follows a window that was rejected") for name, _ in later]
        return outcome

    def _take(self, envelopes: list[Envelope], outcome: Verification) -> tuple[int, str | None]:
        """Accept the next envelopes, as many as have their proofs verified at once. How many, and why not
        the one after them, if it is rejected."""
        checked: list[_Checked | Envelope] = []
        progress, proofs, refused = self.progress, 0, None
        for envelope in envelopes:
            if proofs >= MOST_PROOFS:
                break
            try:
                if self._was_accepted(envelope):
                    checked.append(envelope)
                    continue
                own = self._checked(envelope, progress)
            except Exception as reason:  # none lets anything pass, nor stops the verifier
                refused = _reason(reason)
                break
            checked.append(own)
            progress, proofs = own.after, proofs + len(own.proofs)
        accepted = 0
        try:
            verdicts = iter(self._verdicts([p for c in checked if isinstance(c, _Checked) for p in c.proofs]))
            for own_or_known in checked:
                self._settle(own_or_known, verdicts, outcome)
                accepted += 1
        except Exception as reason:  # as above
            refused = _reason(reason)
        return accepted, refused

    def _settle(self, checked: _Checked | Envelope, verdicts: Iterator[bool], outcome: Verification) -> None:
        """Accept a checked envelope, or count one that an earlier run accepted."""
        if isinstance(checked, _Checked):
            self._accept(checked, [next(verdicts) for _ in checked.proofs])
            outcome.results += checked.rows
            outcome.until = checked.envelope.end
        else:
            outcome.known += 1
            outcome.until = checked.end

    def _verdicts(self, proofs: list[tuple[bytes, list[int]]]) -> tuple[bool, ...]:
        return self._proofs.verify(proofs) if self._proofs is not None and proofs else ()

    def _accept(self, checked: _Checked, verdicts: Sequence[bool]) -> None:
        """Go on after an envelope. Raises :class:`Rejection` where a proof does not hold."""
        if len(verdicts) != len(checked.proofs) or not all(verdicts):
            raise Rejection("the proof does not hold for these rows and results")
        if self._ledger is not None:
            self._ledger.accept(checked.envelope.start, checked.before, checked.after, checked.rows)
        self.progress = checked.after

    def _was_accepted(self, envelope: Envelope) -> bool:
        """Whether an earlier run accepted the same results of the same rows; nothing else of the envelope is
        looked at. Raises :class:`Rejection` if it accepted others."""
        if self._ledger is None or self._earlier is None:
            return False
        assert self._earlier.start is not None
        if envelope.end > self._earlier.start:
            return False
        accepted = self._ledger.digest(envelope.start)
        if accepted is None:
            raise Rejection("no window that was accepted begins when it does")
        if accepted != history.following(envelope):
            raise Rejection(
                "something else was accepted for its window before: these are two stories, or a device was "
                "revoked from a row on that was accepted"
            )
        return True

    def verify(self, envelope: Envelope) -> list[ResultRow]:
        """Check the next window; its rows of the result. Raises :class:`Rejection`, and then
        :attr:`progress` is as before."""
        checked = self._checked(envelope, self.progress)
        self._accept(checked, self._verdicts(list(checked.proofs)))
        return checked.rows

    def claims(self, envelope: Envelope) -> tuple[tuple[bytes, list[int]], ...]:
        """The proofs of the next window, each with the public inputs for which it has to hold; all else of it
        is checked. Raises :class:`Rejection`."""
        return self._checked(envelope, self.progress).proofs

    def _checked(self, envelope: Envelope, progress: Progress) -> _Checked:
        """All checks but those of the proofs, of the window after some progress."""
        self._check_header(envelope, progress)
        after = self._check_devices(envelope, progress)
        try:
            proofs = self._check_results(envelope, progress)
            found = (
                evaluate.result_row(self._plan, envelope.start, r.key, own, present=r.present)
                for r in envelope.results
                for own in r.results
            )
            rows = [row for row in found if row is not None]
        except EvaluationError as error:
            raise Rejection(f"the query has no value: {error}") from None
        return _Checked(envelope, progress, after, tuple(proofs), rows)

    # --- header ---

    def _check_header(self, envelope: Envelope, progress: Progress) -> None:
        if envelope.query != self._query:
            raise Rejection("it is for another query, or for other keys of it")
        if envelope.registry != self._registry.digest:
            raise Rejection("it is for another registry of devices")
        start, end = envelope.start, envelope.start + self._plan.size
        if self._plan.window_start(start) != start or envelope.end != end:
            raise Rejection("its bounds are not those of a window of the query")
        expected = progress.start
        if expected is None:
            check_first_start(envelope.devices, start, self._plan.window_start)
        if expected is not None and start != expected:
            if start < expected:
                raise Rejection("its window was accepted before")
            raise Rejection(f"the window at {format_timestamp(expected)} is missing")
        if envelope.previous != progress.previous:
            first = ", or the first of them is missing" if expected is None else ""
            raise Rejection(f"it does not continue the windows before it{first}")

    # --- evidence ---

    def _check_devices(self, envelope: Envelope, progress: Progress) -> Progress:
        shown = [evidence.device for evidence in envelope.devices]
        if shown != list(self._registry.keys):
            silent = [d for d in self._registry.keys if d not in shown]
            raise Rejection(
                f"nothing is shown of device {silent[0]!r}"
                if silent
                else "its devices are not the registered ones, in order"
            )
        span = Span(envelope.start, envelope.end)
        stream, positions = self._plan.stream, progress.positions
        after = {
            own.device: positions[own.device].after(own, span, stream, self._registry.keys[own.device])
            for own in envelope.devices
        }
        return Progress(history.following(envelope), envelope.end, after)

    # --- results ---

    def _check_results(self, envelope: Envelope, progress: Progress) -> list[tuple[bytes, list[int]]]:
        """What is public is recomputed; the proofs of the rest, with their public inputs."""
        plan, positions = self._plan, progress.positions
        items = [
            item
            for evidence in envelope.devices
            for item in positions[evidence.device].evidenced(evidence, plan.stream)
        ]
        groups = evaluate.groups(plan, envelope.start, items, lambda item: item.columns)
        if [result.key for result in envelope.results] != list(groups):
            raise Rejection("its groups are not those of its rows, in order")
        proofs, shown = [], history.shown(envelope.devices)
        for result in envelope.results:
            items = groups[result.key]
            self._check_group(result, items)
            if plan.circuit is not None and result.proof is not None:
                inputs = self._public_inputs(envelope, plan.circuit, result, items, progress, shown)
                proofs.append((result.proof, inputs))
        return proofs

    def _check_group(self, result: GroupResult, items: list[Evidenced]) -> None:
        plan, circuit = self._plan, self._plan.circuit
        columns = [item.columns for item in items]
        if (circuit is None or not circuit.is_counted) and len(result.results) != 1:
            raise Rejection(f"it has {len(result.results)} results where there is one")
        for index, call in enumerate(plan.calls):
            if circuit is not None and index in circuit.calls:
                continue
            (own,) = result.results  # beside a private key, every call is proven
            if own.values[index] != evaluate.aggregate(call, columns):
                raise Rejection(f"{call} is not {own.values[index]!r} over the signed rows")
        if not plan.hides_rows and result.present != bool(items):
            raise Rejection("it is wrong about whether there are rows")
        if circuit is None and result.proof is not None:
            raise Rejection("it has a proof where none belongs")
        if circuit is not None and result.proof is None:
            raise Rejection("a proof is missing")

    def _public_inputs(
        self,
        envelope: Envelope,
        circuit: CircuitPlan,
        result: GroupResult,
        items: list[Evidenced],
        progress: Progress,
        shown: bytes,
    ) -> list[int]:
        bound = history.circumstances(
            self._query,
            self._registry.digest,
            progress.previous,
            envelope.start,
            envelope.end,
            shown,
            result.key,
        )
        given = evidence_of(self._plan, envelope.start, items)
        try:
            return public_inputs(self._plan, circuit, bound, given, result.present, result.results)
        except StatementError as error:
            raise Rejection(str(error)) from None


def _reason(error: Exception) -> str:
    """Why an envelope is rejected."""
    match error:
        case Rejection():
            return str(error)
        case InputError():  # of the ledger
            return error.diagnostics[0].message
        case _:
            return f"the verifier failed: {type(error).__name__}: {error}"
