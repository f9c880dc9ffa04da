"""Keys of several parties as users make them: each verb on files that were sent, until a consumer accepts a
proof without a flag. And keys of one machine from powers of tau."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.ceremonies import BEACON, POWER, SMALL_POWER, TINY, powers_of_tau, small_bundle
from tests.harness import Subject
from tests.test_toolchain import Proven, powers
from zkql.bundle import KeyKind, read_bundle
from zkql.circuit.check import compile_circuit
from zkql.cli.app import app
from zkql.compiler import compile_query
from zkql.errors import Source
from zkql.toolchain.node import run_job

ROW = '{"m": 1, "ts": "2026-01-01 08:00:00", "ok": true}\n'
NAMES = ("alice", "bob & charlie's, Zürich")


def zkql(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "internal error" not in result.output, result.output
    return result


def succeeds(*arguments: object) -> str:
    result = zkql(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def as_json(*arguments: object):
    return json.loads(succeeds(*arguments, "--json"))


def refused(code: str, *arguments: object) -> str:
    """The code that it says, the exit code that belongs to it, and nothing on standard output."""
    result = zkql(*arguments)
    assert result.exit_code == (1 if code.startswith("ZKQL05") else 2), result.output
    assert f"error[{code}]" in result.stderr
    assert not result.stdout
    return result.stderr


@pytest.fixture(scope="module")
def ptau() -> Path:
    return powers_of_tau(SMALL_POWER)


@pytest.fixture(scope="module")
def work(tmp_path_factory, ptau: Path) -> Path:
    """A small circuit in a bundle, and the first key."""
    folder = tmp_path_factory.mktemp("work")
    small_bundle(folder / "bundle", powers(6))
    begin = succeeds("ceremony", "start", folder / "bundle", "--ptau", ptau, "-o", folder / "0.zkey")
    assert "2^4 powers of tau" in begin
    assert "zkql ceremony contribute 0.zkey" in begin
    return folder


@pytest.fixture(scope="module")
def hashes(work: Path) -> list[str]:
    """What the parties have seen, and the beacon's."""
    return contributed(work)


def contributed(work: Path) -> list[str]:
    found = []
    for number, name in enumerate(NAMES):
        files = (work / f"{number}.zkey", "-o", work / f"{number + 1}.zkey")
        made = as_json("ceremony", "contribute", *files, "--name", name)
        assert made["name"] == name
        found.append(made["hash"])
    made = as_json("ceremony", "beacon", work / "2.zkey", "-o", work / "3.zkey", "--hash", BEACON)
    assert (made["beacon"], made["iterations"]) == (BEACON, 10)
    return [*found, made["hash"]]


def test_a_ceremony_from_start_to_a_verified_proof(tmp_path: Path) -> None:
    """Of a query, with the verbs that its parties type."""
    (tmp_path / "tiny.zkql").write_text(TINY + ";")
    (tmp_path / "rows.jsonl").write_text(ROW)
    bundle, ptau = tmp_path / "bundle", ("--ptau", powers_of_tau(POWER))
    succeeds("compile", tmp_path / "tiny.zkql", "-o", bundle)
    succeeds("ceremony", "start", bundle, *ptau, "-o", tmp_path / "0.zkey")
    alice, bob, _ = contributed(tmp_path)
    expected = (*("--expect", alice), *("--expect", bob.upper()))
    text = succeeds("ceremony", "finish", bundle, tmp_path / "3.zkey", *ptau, *expected)
    assert "keys of a ceremony with 2 parties" in text

    query = (tmp_path / "tiny.zkql", "--stream", "s")
    succeeds("sensor", "keygen", *query, "--from", tmp_path / "rows.jsonl", "-o", tmp_path / "keys")
    files = ("--keys", tmp_path / "keys", tmp_path / "rows.jsonl", "-o", tmp_path / "signed.jsonl")
    succeeds("sensor", "sign", *query, *files)
    succeeds("prove", bundle, "--stream", f"s={tmp_path / 'signed.jsonl'}", "-o", tmp_path / "envelopes")
    registry = ("--registry", tmp_path / "keys" / "registry.json")
    outcome = as_json("verify", bundle, tmp_path / "envelopes", *registry)  # without --allow-dev-keys
    assert outcome["verified"]
    assert [row["n"] for row in outcome["results"]] == [1]

    keys = read_bundle(bundle).keys()
    assert (keys.kind, keys.parties) == (KeyKind.CEREMONY, 2)
    before = {p.name: p.read_bytes() for p in bundle.iterdir()}
    succeeds("compile", tmp_path / "tiny.zkql", "-o", bundle)
    assert {p.name: p.read_bytes() for p in bundle.iterdir()} == before
    (tmp_path / "other.zkql").write_text(TINY.replace("WHERE ok", "WHERE NOT ok") + ";")
    refused("ZKQL0405", "compile", tmp_path / "other.zkql", "-o", bundle)
    refused("ZKQL0405", "setup", bundle, "--dev")
    refused("ZKQL0405", "setup", bundle, *ptau)
    (bundle / "ceremony.json").write_text("{}")  # keys that are not whole do not fit
    refused("ZKQL0405", "compile", tmp_path / "tiny.zkql", "-o", bundle)
    refused("ZKQL0405", "ceremony", "finish", bundle, tmp_path / "3.zkey", *ptau)


def test_anyone_verifies_a_finished_ceremony(
    work: Path, ptau: Path, hashes: list[str], tmp_path: Path
) -> None:
    small_bundle(tmp_path / "bundle", powers(6))
    made = as_json("ceremony", "finish", tmp_path / "bundle", work / "3.zkey", "--ptau", ptau)
    transcript = json.loads((tmp_path / "bundle" / "ceremony.json").read_text())
    assert made == transcript
    assert [c["hash"] for c in transcript["contributions"]] == hashes
    assert [c["name"] for c in transcript["contributions"]] == [*NAMES, "beacon"]
    verify = ("ceremony", "verify", tmp_path / "bundle", "--ptau", ptau)
    assert as_json(*verify, "--expect", hashes[1]) == transcript
    said = succeeds(*verify)
    assert all(h in said for h in hashes)
    assert f"beacon {BEACON}, 2^10 times SHA-256" in said
    assert hashes[0][:-1] in refused("ZKQL0511", *verify, "--expect", hashes[0][:-1])


def test_the_hashes_are_snarkjs_own(work: Path, ptau: Path, hashes: list[str]) -> None:
    """What it prints to those who take part with its own tool."""
    job = {"job": "hashes", "initial": str(work / "0.zkey"), "ptau": str(ptau), "zkey": str(work / "3.zkey")}
    said = run_job(job, timeout=60, what="test")["said"]
    blocks = [block.split(":", 1)[1] for block in said if block.startswith("contribution #")]
    assert [re.sub(r"\s", "", block) for block in blocks] == hashes[::-1]


def test_a_key_on_its_way_is_verified_too(work: Path, ptau: Path, hashes: list[str]) -> None:
    one = ("ceremony", "verify", work / "bundle", work / "1.zkey", "--ptau", ptau)
    assert [c["hash"] for c in as_json(*one)["contributions"]] == hashes[:1]
    refused("ZKQL0511", *one, "--expect", hashes[1])


def test_the_same_beacon_gives_the_same_contribution(work: Path, tmp_path: Path, hashes: list[str]) -> None:
    again = ("ceremony", "beacon", work / "2.zkey", "-o", tmp_path / "3.zkey", "--hash", BEACON.upper())
    assert as_json(*again)["hash"] == hashes[2]
    assert (tmp_path / "3.zkey").read_bytes() == (work / "3.zkey").read_bytes()


def test_two_contributions_of_one_name_are_different(work: Path, tmp_path: Path, hashes: list[str]) -> None:
    """Secrets come from the operating system, not from what is typed."""
    again = ("ceremony", "contribute", work / "0.zkey", "-o", tmp_path / "1.zkey", "--name", "alice")
    assert as_json(*again)["hash"] != hashes[0]


# --- wrong use --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", " ", "a" * 65, "a\nb", " alice", "a\x1b[2J"])
def test_a_name_can_be_printed(work: Path, tmp_path: Path, name: str) -> None:
    refused("ZKQL0473", "ceremony", "contribute", work / "0.zkey", "-o", tmp_path / "x", "--name", name)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--hash", ""),
        ("--hash", "xyz"),
        ("--hash", "abc"),
        ("--hash", "ab cd"),
        ("--hash", "0x01"),
        ("--hash", "00" * 256),
        ("--hash", "00", "--iterations", 9),
        ("--hash", "00", "--iterations", 31),
    ],
)
def test_a_beacon_is_hexadecimal_and_can_be_repeated(work: Path, tmp_path: Path, options) -> None:
    refused("ZKQL0473", "ceremony", "beacon", work / "0.zkey", "-o", tmp_path / "x", *options)
    assert not (tmp_path / "x").exists()


def test_a_key_is_not_overwritten(work: Path, ptau: Path, hashes: list[str]) -> None:
    before = (work / "1.zkey").read_bytes()
    assert hashes
    to = ("-o", work / "1.zkey")
    refused("ZKQL0405", "ceremony", "start", work / "bundle", "--ptau", ptau, *to)
    refused("ZKQL0405", "ceremony", "contribute", work / "0.zkey", *to, "--name", "a")
    refused("ZKQL0405", "ceremony", "contribute", work / "1.zkey", *to, "--name", "a")
    refused("ZKQL0405", "ceremony", "beacon", work / "0.zkey", *to, "--hash", "00")
    assert (work / "1.zkey").read_bytes() == before


def test_files_that_are_no_keys(work: Path, ptau: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.zkey").write_bytes((work / "0.zkey").read_bytes()[:-70])
    to = ("-o", tmp_path / "x")
    for bad, code in (("cut.zkey", "ZKQL0474"), ("missing", "ZKQL0401")):
        refused(code, "ceremony", "contribute", tmp_path / bad, *to, "--name", "a")
        refused(code, "ceremony", "beacon", tmp_path / bad, *to, "--hash", "00")
    refused("ZKQL0474", "ceremony", "contribute", ptau, *to, "--name", "a")
    verify = ("ceremony", "verify", work / "bundle", tmp_path / "cut.zkey", "--ptau", ptau)
    assert "cut short" in refused("ZKQL0509", *verify)


def test_powers_of_tau_that_are_too_few(work: Path, tmp_path: Path, hashes: list[str]) -> None:
    small_bundle(tmp_path / "bundle", powers(20))
    few, files = ("--ptau", powers_of_tau(SMALL_POWER)), (tmp_path / "bundle", work / "3.zkey")
    said = refused("ZKQL0472", "ceremony", "start", tmp_path / "bundle", *few, "-o", tmp_path / "x")
    assert "powersOfTau28_hez_final_08.ptau" in said
    for verb in ("verify", "finish"):
        refused("ZKQL0472", "ceremony", verb, *files, *few)
    assert not (tmp_path / "x").exists()
    assert hashes


def test_a_query_without_a_circuit_has_no_ceremony(ptau: Path, tmp_path: Path) -> None:
    (tmp_path / "public.zkql").write_text(TINY.replace("ok BOOLEAN", "ok BOOLEAN PUBLIC") + ";")
    succeeds("compile", tmp_path / "public.zkql", "-o", tmp_path / "bundle")
    start = ("ceremony", "start", tmp_path / "bundle", "--ptau", ptau, "-o", tmp_path / "x")
    refused("ZKQL0476", *start)
    refused("ZKQL0476", "export", "solidity", tmp_path / "bundle", "-o", tmp_path / "V.sol")


# --- keys of one machine ----------------------------------------------------------------------------------


def test_keys_from_powers_of_tau_by_one_machine(tmp_path: Path) -> None:
    ptau = powers_of_tau(POWER)
    (tmp_path / "tiny.zkql").write_text(TINY + ";")
    succeeds("compile", tmp_path / "tiny.zkql", "-o", tmp_path / "bundle")
    few = ("setup", tmp_path / "bundle", "--ptau", powers_of_tau(SMALL_POWER))
    refused("ZKQL0472", *few)
    assert read_bundle(tmp_path / "bundle").manifest.keys is None
    assert "ptau-single-contributor keys" in succeeds("setup", tmp_path / "bundle", "--ptau", ptau)
    assert not (tmp_path / "bundle" / "ceremony.json").exists()
    compiled = compile_query(Source("tiny.zkql", TINY + ";"))
    assert compiled.circuit is not None
    made = Proven.make(Subject(compiled, compile_circuit(compiled.circuit)), tmp_path / "bundle")
    assert made.verify(made.proof, made.public)
    assert made.snarkjs(made.proof, made.public)
    assert not made.verify(made.proof, [*made.public[:-1], 0])
    verify = ("ceremony", "verify", tmp_path / "bundle", "--ptau", ptau)
    assert "no ceremony" in refused("ZKQL0475", *verify)
    refused("ZKQL0405", "setup", tmp_path / "bundle", "--dev")
