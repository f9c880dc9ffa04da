"""The exported contract in a real Ethereum machine: what it accepts, what it rejects, gas and size."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.ceremonies import registry_and_window, tiny_bundle
from tests.ethereum import Call, arguments, run
from zkql import bundle as bundles
from zkql import solidity
from zkql.bundle import Bundle, KeyKind
from zkql.cli.app import app
from zkql.crypto.field import P
from zkql.errors import InputError, RejectedError
from zkql.keys import setup_bundle
from zkql.runtime.consumer import Verifier
from zkql.runtime.processor import Processor
from zkql.solidity import MOST_INPUTS, contract_text, verifier_contract
from zkql.toolchain.groth16 import PROOF_BYTES, ProofVerifier
from zkql.toolchain.twist import FIELD_OF_POINTS


@dataclass(frozen=True)
class Honest:
    """A contract, and a proof with the public inputs that a consumer derives for it."""

    bundle: Bundle
    source: str
    proof: bytes
    inputs: list[int]

    def call(self, *changed: tuple[bytes, list[int]]) -> list[Call]:
        """What the contract says of proofs and inputs."""
        done = run(self.source, [arguments(proof, inputs) for proof, inputs in changed])
        assert done.messages == []
        return done.calls


@pytest.fixture(scope="module")
def honest(tmp_path_factory) -> Honest:
    opened = setup_bundle(tiny_bundle(tmp_path_factory.mktemp("tiny") / "bundle"), None)
    registry, window = registry_and_window(opened)
    ((envelope, _),) = Processor(opened, registry).prove([window])
    (result,) = envelope.results
    assert result.proof is not None
    verifier = Verifier(opened, registry, allow_dev_keys=True)
    ((_, inputs),) = verifier.claims(envelope)
    return Honest(opened, verifier_contract(opened, allow_dev_keys=True).text, result.proof, inputs)


def with_number(proof: bytes, index: int, value: int) -> bytes:
    return proof[: 32 * index] + value.to_bytes(32, "big") + proof[32 * index + 32 :]


def with_input(inputs: list[int], index: int, value: int) -> list[int]:
    return [*inputs[:index], value, *inputs[index + 1 :]]


def test_an_honest_proof_passes_for_so_much_gas(honest: Honest) -> None:
    (call,) = honest.call((honest.proof, honest.inputs))
    assert call.accepted
    assert len(honest.inputs) == 5
    # 181,000 for four pairings and 6,150 for each input (EIP-1108); the rest is the contract's own.
    assert 181_000 + 5 * 6_150 < call.gas < 226_000
    assert call.transaction < 253_000


def test_a_changed_proof_is_rejected(honest: Honest) -> None:
    """One byte in turn of each number; numbers that are the same in the field; other points."""
    proof = honest.proof
    forged = [bytes(PROOF_BYTES), proof[192:] + proof[64:192] + proof[:64], proof[:192] + bytes(64)]
    for index in range(8):
        start = 32 * index
        value = int.from_bytes(proof[start : start + 32], "big")
        for byte in (0, 17, 31):
            forged.append(
                proof[: start + byte] + bytes([proof[start + byte] ^ 1]) + proof[start + byte + 1 :]
            )
        forged.append(with_number(proof, index, value + FIELD_OF_POINTS))
        forged.append(with_number(proof, index, FIELD_OF_POINTS - value))
    calls = honest.call(*((bad, honest.inputs) for bad in forged))
    assert [call.rejected for call in calls] == [True] * len(forged)


def test_both_points_negated_is_the_same_proof(honest: Honest) -> None:
    """e(−A, −B) = e(A, B): proofs can be changed by anyone, so their bytes are no identity."""
    proof = honest.proof
    for index in (1, 4, 5):
        value = int.from_bytes(proof[32 * index : 32 * index + 32], "big")
        proof = with_number(proof, index, FIELD_OF_POINTS - value)
    assert proof != honest.proof
    assert [call.accepted for call in honest.call((proof, honest.inputs))] == [True]


def test_a_changed_public_input_is_rejected(honest: Honest) -> None:
    inputs = honest.inputs
    forged = [with_input(inputs, i, (old + 1) % P) for i, old in enumerate(inputs)]
    forged += [inputs[1:] + inputs[:1], [0] * len(inputs)]
    calls = honest.call(*((honest.proof, bad) for bad in forged))
    assert [call.rejected for call in calls] == [True] * len(forged)


def test_an_input_has_one_spelling(honest: Honest) -> None:
    """x + r multiplies a point as x does; without its check the contract would take it."""
    aliases = [
        with_input(honest.inputs, i, old + times * P)
        for i, old in enumerate(honest.inputs)
        for times in range(1, 6)
        if old + times * P < 1 << 256
    ]
    assert len(aliases) > 4 * len(honest.inputs)
    calls = honest.call(*((honest.proof, bad) for bad in aliases))
    assert [call.rejected for call in calls] == [True] * len(aliases)

    check = "if (inputs[i] >= R) return (false, 0, 0);"
    assert honest.source.count(check) == 1
    done = run(honest.source.replace(check, ""), [arguments(honest.proof, bad) for bad in aliases[:3]])
    assert [call.accepted for call in done.calls] == [True] * 3


def test_contract_and_consumer_agree(honest: Honest) -> None:
    key = honest.bundle.read_part(bundles.VK, honest.bundle.keys().vk).decode()
    assert ProofVerifier(key).verify(honest.proof, honest.inputs)
    assert honest.call((honest.proof, honest.inputs))[0].accepted


def large_key(inputs: int) -> dict[str, object]:
    """A key for so many inputs, of points that are the generators."""
    g1 = ["1", "2", "1"]
    x = (
        "10857046999023057135944570762232829481370756359578518086990519993285655852781",
        "11559732032986387107991004021392285783925812861821192530917403151452391805634",
    )
    y = (
        "8495653923123431417604973247489272438418190587263600148770280649306958101930",
        "4082367875863433681332203403145435568316851327593401208105741076214120093531",
    )
    g2 = [list(x), list(y), ["1", "0"]]
    return {"vk_alpha_1": g1, "vk_beta_2": g2, "vk_gamma_2": g2, "vk_delta_2": g2, "IC": [g1] * (inputs + 1)}


def test_as_many_inputs_as_a_contract_has_room_for() -> None:
    """It deploys with the most, and says false; its size and its gas grow by input."""
    proof = arguments(bytes(PROOF_BYTES), [1] * MOST_INPUTS)
    done = run(contract_text(large_key(MOST_INPUTS), "0", KeyKind.SINGLE), [proof])
    assert done.calls[0].rejected
    assert 24_000 < done.size <= 24_576
    assert done.calls[0].gas < 181_000 + MOST_INPUTS * 6_700 + 20_000


def test_more_inputs_than_a_contract_has_room_for(honest: Honest, monkeypatch) -> None:
    monkeypatch.setattr(solidity, "MOST_INPUTS", 4)
    with pytest.raises(InputError) as caught:
        verifier_contract(honest.bundle, allow_dev_keys=True)
    assert caught.value.diagnostics[0].code == "ZKQL0477"


def test_export_writes_the_contract(honest: Honest, tmp_path: Path) -> None:
    path = tmp_path / "Verifier.sol"
    verb = ["export", "solidity", str(honest.bundle.path), "-o", str(path)]
    refused = CliRunner().invoke(app, verb)
    assert refused.exit_code == 1
    assert "error[ZKQL0501]" in refused.stderr
    assert not path.exists()
    done = CliRunner().invoke(app, [*verb, "--allow-dev-keys", "--json"])
    assert (done.exit_code, json.loads(done.stdout)["inputs"]) == (0, 5)
    assert path.read_text() == honest.source
    assert "INSECURE: development keys" in path.read_text()
    assert "INSECURE" not in contract_text(large_key(1), "0", KeyKind.CEREMONY)
    with pytest.raises(RejectedError):
        verifier_contract(honest.bundle, allow_dev_keys=False)
