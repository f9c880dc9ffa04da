"""Every tool against a second implementation: hash, constraints, witness, keys, proofs, processes."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import random
from array import array
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cbor2
import light_poseidon_python
import pytest
from gmpy2 import mpz

from tests.ceremonies import TINY
from tests.harness import FILTERED, PLAIN, Secrets, Subject, query, random_rows, row
from zkql.compiler import compile_query
from zkql.crypto.field import P
from zkql.crypto.poseidon import MAX_INPUTS, poseidon, poseidon_reference
from zkql.errors import BugError, InputError, Source, ToolchainError
from zkql.toolchain import constraints, node
from zkql.toolchain.cache import cached, content_key
from zkql.toolchain.constraints import (
    ConstraintSystem,
    Program,
    Unsatisfied,
    number_wires,
    read_object,
    read_r1cs,
)
from zkql.toolchain.devkeys import dev_zkey
from zkql.toolchain.groth16 import PROOF_BYTES, ProofVerifier, Prover, proof_to_snarkjs
from zkql.toolchain.modules import split
from zkql.toolchain.node import run_job
from zkql.toolchain.twist import FIELD_OF_POINTS
from zkql.toolchain.zokrates import VK, ZKEY, compile_source, dev_keys

EDGES = (0, 1, 2, P - 2, P - 1)


def job(name: str, **parts: Any) -> dict[str, Any]:
    """Run a job of the driver."""
    return run_job({"job": name, **parts}, timeout=120, what="test")


def code_of(error: BugError | ToolchainError | InputError) -> str:
    (diagnostic,) = error.diagnostics
    return diagnostic.code


# --- Poseidon -------------------------------------------------------------------------------------


def elements(count: int, seed: int) -> list[int]:
    """Field elements, among them the smallest and the largest; repeatable."""
    source = random.Random(1000 * seed + count)
    return [source.choice((*EDGES, *(source.randrange(P) for _ in range(10)))) for _ in range(count)]


def test_a_known_hash() -> None:
    expected = 7853200120776062878684798364095072458815029376092732009249414926327459813530
    assert poseidon([1, 2]) == expected
    assert poseidon_reference([1, 2]) == expected


@pytest.mark.parametrize("count", range(1, MAX_INPUTS + 1))
def test_the_sparse_schedule_is_the_plain_permutation(count: int) -> None:
    for seed in range(4):
        inputs = elements(count, seed)
        assert poseidon(inputs) == poseidon_reference(inputs)


@pytest.mark.parametrize("count", range(1, 13))
def test_the_hash_is_light_poseidons(count: int) -> None:
    for seed in range(8):
        inputs = elements(count, seed)
        other = light_poseidon_python.poseidon_hash_bytes([x.to_bytes(32, "big") for x in inputs])
        assert poseidon(inputs) == int(other, 16)


@pytest.mark.parametrize("count", range(1, 7))
def test_the_hash_is_zokrates_own(count: int) -> None:
    inputs = elements(count, 1)
    assert poseidon(inputs) == int(job("hash", inputs=[str(x) for x in inputs])["output"])


@pytest.mark.parametrize("count", [0, MAX_INPUTS + 1])
def test_other_numbers_of_inputs_are_refused(count: int) -> None:
    for function in (poseidon, poseidon_reference):
        with pytest.raises(ValueError, match="takes 1 to 16 inputs"):
            function([1] * count)


# --- constraints and witnesses --------------------------------------------------------------------


@dataclass(frozen=True)
class Raw:
    """What zokrates-js writes for a circuit, and zkql's reading of it."""

    subject: Subject
    out: Path
    r1cs: bytes

    @property
    def program(self) -> Program:
        return self.subject.program


def compile_raw(source: str, folder: Path) -> tuple[Path, Path]:
    """ZoKrates' compiled program and its .r1cs."""
    paths = {name: folder / f"circuit.{name}" for name in ("program", "r1cs")}
    job("compile", source=source, **{name: str(path) for name, path in paths.items()})
    return paths["program"], paths["r1cs"]


@pytest.fixture(scope="module", params=[PLAIN, FILTERED], ids=["plain", "filtered"])
def raw(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Raw:
    compiled = query(request.param, capacity=2)
    assert compiled.circuit is not None
    out, r1cs = compile_raw(compiled.circuit.source, tmp_path_factory.mktemp("raw"))
    return Raw(Subject(compiled, number_wires(read_object(out.read_bytes()))), out, r1cs.read_bytes())


def test_the_compiled_program_is_the_r1cs(raw: Raw) -> None:
    ours, theirs = raw.program.system, read_r1cs(raw.r1cs)
    assert (ours.wires, ours.inputs, ours.public) == (theirs.wires, theirs.inputs, theirs.public)
    assert len(ours.constraints) == len(theirs.constraints)
    for index, (a, b) in enumerate(zip(ours.constraints, theirs.constraints, strict=True)):
        assert a == b, index
    assert constraints.r1cs(ours) == raw.r1cs


def test_in_modules_it_compiles_to_the_same_constraints_at_the_same_lines(raw: Raw) -> None:
    assert raw.subject.compiled.circuit is not None
    source = raw.subject.compiled.circuit.source
    main, modules = split(source)
    assert {"poseidon2_first", "poseidon2_last"} <= modules.keys()
    assert max(map(len, (main, *modules.values()))) < len(source) // 3
    assert compile_source(source) == raw.program


def test_modules_import_what_they_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zkql.toolchain.modules.LONG", 40)
    source = """
// A comment (with a call(1)).
def short() -> field {
    return 1;
}
def first(field a) -> field {
    return a * a; // a comment
}
def needs_short(field a) -> field {
    return short() + a * a * a;
}
def needs_first(field a) -> field {
    return first(a) + first(a + 1);
}
def main(field a) -> field {
    return needs_first(a) + needs_short(a);
}
"""
    main, modules = split(source)
    assert list(modules) == ["first", "needs_first"]
    assert modules["needs_first"].startswith('from "./first" import first; \n')
    assert main.startswith('from "./needs_first" import needs_first; \n')
    assert "comment (" not in main
    for text in (main, *modules.values()):
        for number, line in enumerate(text.splitlines()[1:], 2):
            assert line in ("", source.splitlines()[number - 1])


def test_programs_survive_being_stored(raw: Raw) -> None:
    data = constraints.dump(raw.program)
    again = constraints.load(data)
    assert again == raw.program
    assert constraints.dump(again) == data


def test_every_constraint_has_a_line_of_the_source(raw: Raw) -> None:
    circuit = raw.subject.compiled.circuit
    assert circuit is not None
    assert len(raw.program.system.lines) == len(raw.program.system.constraints)
    assert min(raw.program.system.lines) >= 1
    assert max(raw.program.system.lines) <= circuit.source.count("\n") + 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_witness_is_zokrates_own(raw: Raw, count: int, tmp_path: Path) -> None:
    flat = raw.subject.flat(raw.subject.honest(Secrets.of(random_rows(count, 3))))
    ours = constraints.wtns(constraints.evaluate(raw.program, flat))
    assert ours == zokrates_witness(raw, flat, tmp_path / "witness.wtns")


def zokrates_witness(raw: Raw, flat: list[int], path: Path) -> bytes:
    job("witness", program=str(raw.out), inputs=[str(v % P) for v in flat], wtns=str(path))
    return path.read_bytes()


Inputs = dict[str, list[int]]


def wrong_result(inputs: Inputs) -> str:
    inputs["result_0"][0] += 1
    return "MAX(load)"


def wrong_salt(inputs: Inputs) -> str:
    inputs["open_rows_salt"][0] += 1
    return "rows of reading"


def wrong_context(inputs: Inputs) -> str:
    inputs["context"][0] += 1
    return "the whole query"


@pytest.mark.parametrize("lie", [wrong_result, wrong_salt, wrong_context])
def test_both_refuse_a_false_witness(raw: Raw, lie: Callable[[Inputs], str], tmp_path: Path) -> None:
    honest = raw.subject.honest(Secrets.of([row(505, 12, 1, 60), row(-20, 3, 0, 60)]))
    inputs = copy.deepcopy(honest)
    clause = lie(inputs)
    flat = raw.subject.flat(inputs)
    with pytest.raises(Unsatisfied) as ours:
        constraints.evaluate(raw.program, flat)
    with pytest.raises(ToolchainError) as theirs:
        zokrates_witness(raw, flat, tmp_path / "witness.wtns")
    assert code_of(theirs.value) == "ZKQL0906"
    circuit = raw.subject.compiled.circuit
    assert circuit is not None
    (region,) = (r for r in circuit.regions if r.has(ours.value.line))
    assert region.clause.startswith(clause)


def test_a_witness_changed_anywhere_violates_a_constraint(raw: Raw) -> None:
    secrets = Secrets.of([row(505, 12, 1, 60), row(-20, 3, 0, 60)])
    witness = constraints.evaluate(raw.program, raw.subject.flat(raw.subject.honest(secrets)))
    assert list(raw.program.system.violations(witness)) == []
    for wire in range(1, len(witness)):
        changed = [*witness]
        changed[wire] = (witness[wire] + 1) % P
        assert any(True for _ in raw.program.system.violations(changed)), wire


def test_a_wrong_number_of_inputs_is_refused(raw: Raw) -> None:
    flat = raw.subject.flat(raw.subject.honest(Secrets.of([])))
    for inputs in (flat[:-1], [*flat, 0]):
        with pytest.raises(ValueError, match=f"the circuit takes {len(flat)}"):
            constraints.evaluate(raw.program, inputs)


@pytest.mark.parametrize(
    "source, code, message",
    [
        ("def main(field a) -> field { return a * a; }", "ZKQL0911", "returns a value"),
        (
            "def main(private u32 a, private u32 b) { assert(a < b); }",
            "ZKQL0912",
            "hidden advice in the circuit: Directive",
        ),
        (
            "def main(private field a, private field b) { assert(a * a == a); }",
            "ZKQL0913",
            "input 1 of the circuit reaches no constraint",
        ),
        (
            "def main(public field a, private field b) { assert(b * b == b); }",
            "ZKQL0913",
            "input 0 of the circuit reaches no constraint",
        ),
    ],
    ids=["return", "directive", "unused private input", "unused public input"],
)
def test_programs_that_a_prover_could_bend_are_refused(
    source: str, code: str, message: str, tmp_path: Path
) -> None:
    out, _ = compile_raw(source, tmp_path)
    with pytest.raises(BugError) as caught:
        number_wires(read_object(out.read_bytes()))
    assert code_of(caught.value) == code
    assert message in caught.value.diagnostics[0].message


@pytest.mark.parametrize("data", [b"", b"ZOK\0\2\0\0\0" + bytes(200), b"r1cs\2\0\0\0" + bytes(200)])
def test_other_files_are_refused(data: bytes) -> None:
    for read, code in ((read_object, "ZKQL0910"), (read_r1cs, "ZKQL0914")):
        with pytest.raises(BugError) as caught:
            read(data)
        assert code_of(caught.value) == code


def test_what_is_no_stored_program_is_refused(raw: Raw) -> None:
    version, *rest = cbor2.loads(constraints.dump(raw.program))
    for data in (b"", b"\xff", cbor2.dumps(1), cbor2.dumps([version]), cbor2.dumps([version, *rest, b""])):
        with pytest.raises(ValueError, match="not a constraint program"):
            constraints.load(data)
    with pytest.raises(ValueError, match="of this version of zkql"):
        constraints.load(cbor2.dumps([version + 1, *rest]))


@pytest.mark.parametrize(
    "parts",
    [
        [2, 0, [], b"", *(b"\1\0\0\0" * 3,) * 3, bytes(4), bytes(4)],
        [0, 0, [], 5, *(b"",) * 5],
        [0, 0, 5, *(b"",) * 6],
    ],
    ids=["coefficient", "table", "inputs"],
)
def test_a_stored_program_of_another_form_is_refused(parts: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        constraints.load(cbor2.dumps([1, *parts]))


# --- Groth16 --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proven:
    """A circuit with a key pair, and one honest proof."""

    program: Program
    witness: list[Any]
    public: list[int]
    folder: Path
    proof: bytes

    @classmethod
    def make(cls, subject: Subject, folder: Path) -> Proven:
        values = {"m": 1, "ts": 0, "ok": 1}
        flat = subject.flat(subject.honest(Secrets.of([values])))
        witness = constraints.evaluate(subject.program, flat)
        public = flat[: subject.program.system.public]
        return cls(subject.program, witness, public, folder, Prover(folder / ZKEY).prove(witness))

    @property
    def vk(self) -> str:
        return (self.folder / VK).read_text()

    def verify(self, proof: bytes, inputs: list[int]) -> bool:
        return ProofVerifier(self.vk).verify(proof, inputs)

    def snarkjs(self, proof: bytes, inputs: list[int]) -> bool:
        """The verdict of the second implementation."""
        parts = {"vk": json.loads(self.vk), "proof": proof_to_snarkjs(proof)}
        verified: bool = job("verify", inputs=[str(v) for v in inputs], **parts)["verified"]
        return verified


@pytest.fixture(scope="module")
def tiny() -> Subject:
    compiled = compile_query(Source("tiny.zkql", TINY))
    assert compiled.circuit is not None
    return Subject(compiled, compile_source(compiled.circuit.source))


@pytest.fixture(scope="module")
def dev(tiny: Subject) -> Proven:
    return Proven.make(tiny, dev_keys(constraints.dump(tiny.program)))


def test_a_proof_verifies_by_two_implementations(dev: Proven) -> None:
    assert len(dev.proof) == PROOF_BYTES
    assert dev.verify(dev.proof, dev.public)
    assert dev.snarkjs(dev.proof, dev.public)


@pytest.mark.parametrize("position", range(5))
def test_every_public_input_counts(dev: Proven, position: int) -> None:
    assert len(dev.public) == 5
    for value in (0, (dev.public[position] + 1) % P, P - 1):
        changed = [*dev.public]
        changed[position] = value
        assert dev.verify(dev.proof, changed) is (changed == dev.public)


def test_a_changed_input_is_refused_by_both(dev: Proven) -> None:
    changed = [*dev.public[:-1], 0]
    assert not dev.verify(dev.proof, changed)
    assert not dev.snarkjs(dev.proof, changed)


def test_proving_twice_gives_other_bytes_that_verify(dev: Proven) -> None:
    again = Prover(dev.folder / ZKEY).prove(dev.witness)
    assert again != dev.proof
    assert dev.verify(again, dev.public)


def test_a_false_witness_proves_nothing(dev: Proven) -> None:
    lie = [*dev.witness]
    lie[dev.program.system.public] = 0  # the count
    proof = Prover(dev.folder / ZKEY).prove(lie)
    assert not dev.verify(proof, [*dev.public[:-1], 0])
    assert not dev.verify(proof, dev.public)


def with_coordinate(proof: bytes, index: int, value: int) -> bytes:
    return proof[: 32 * index] + value.to_bytes(32, "big") + proof[32 * index + 32 :]


def test_damaged_proofs_are_refused(dev: Proven) -> None:
    proof = dev.proof
    damaged = [
        b"",
        proof[:-1],
        proof + b"\0",
        proof[:128],
        proof * 2,
        bytes(PROOF_BYTES),
        b"\xff" * PROOF_BYTES,
        random.Random(1).randbytes(PROOF_BYTES),
        proof[192:] + proof[64:192] + proof[:64],
        proof[:192] + bytes(64),
        bytes(64) + proof[64:],
    ]
    for index in range(8):
        value = int.from_bytes(proof[32 * index : 32 * index + 32], "big")
        damaged.append(with_coordinate(proof, index, value ^ 1))
        damaged.append(with_coordinate(proof, index, FIELD_OF_POINTS - value))
        damaged.append(with_coordinate(proof, index, value + FIELD_OF_POINTS))  # not canonical
    verifier = ProofVerifier(dev.vk)
    assert [verifier.verify(bad, dev.public) for bad in damaged] == [False] * len(damaged)


def test_inputs_that_are_no_field_elements_are_refused(dev: Proven) -> None:
    verifier = ProofVerifier(dev.vk)
    for position, value in enumerate(dev.public):
        for alias in (value + P, value - P, -1, P, 1 << 256):
            inputs = [*dev.public]
            inputs[position] = alias
            assert not verifier.verify(dev.proof, inputs)


def test_other_numbers_of_inputs_do_not_verify(dev: Proven) -> None:
    for inputs in ([], dev.public[:-1], [*dev.public, 0], [0, *dev.public]):
        assert not dev.verify(dev.proof, inputs)


@pytest.mark.parametrize("text", ["", "nothing", "{}", '{"nPublic": 5}', '{"nPublic": "five"}'])
def test_what_is_no_verification_key_is_refused(text: str) -> None:
    with pytest.raises(ToolchainError) as caught:
        ProofVerifier(text)
    assert code_of(caught.value) == "ZKQL0931"


@pytest.mark.parametrize("text", ["[]", "1", "null", '{"nPublic": null}'])
def test_json_that_is_no_verification_key_is_refused(text: str) -> None:
    with pytest.raises(ToolchainError):
        ProofVerifier(text)


def test_a_key_for_other_inputs_is_refused(dev: Proven) -> None:
    key = json.loads(dev.vk) | {"nPublic": 4}
    with pytest.raises(ToolchainError) as caught:
        ProofVerifier(json.dumps(key))
    assert code_of(caught.value) == "ZKQL0931"


def test_what_is_no_proving_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / ZKEY).write_bytes(b"zkey" + bytes(100))
    for path in (tmp_path / ZKEY, tmp_path / "missing"):
        with pytest.raises(ToolchainError) as caught:
            Prover(path)
        assert code_of(caught.value) == "ZKQL0930"


def test_proving_works_without_files_in_memory(dev: Proven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.memfd_create")
    assert dev.verify(Prover(dev.folder / ZKEY).prove(dev.witness), dev.public)


def powers(count: int) -> Program:
    """``count`` constraints, for the secret x: x, x², x⁴, … and the last of them is public."""
    one = mpz(1)
    wires = [2, *range(3, count + 2), 1]
    steps = tuple((((a,), (one,)), ((a,), (one,)), ((b,), (one,))) for a, b in pairwise(wires))
    system = ConstraintSystem(count + 2, 2, 1, steps, array("I", bytes(4 * count)))
    return Program(system, (1, 2), array("I", [*wires[1:-1], 0]))


@pytest.mark.parametrize("count", range(1, 20))
def test_development_keys_at_every_size_of_the_domain(count: int, tmp_path: Path) -> None:
    program = powers(count)
    (tmp_path / ZKEY).write_bytes(dev_zkey(program.system))
    prover = Prover(tmp_path / ZKEY)
    result = pow(3, 2**count, P)
    proof = prover.prove(constraints.evaluate(program, [result, 3]))
    verifier = ProofVerifier(prover.verification_key())
    assert verifier.verify(proof, [result])
    assert not verifier.verify(proof, [result + 1])


def test_development_keys_are_made_once(dev: Proven) -> None:
    assert dev_keys(constraints.dump(dev.program)) == dev.folder
    assert (dev.folder / VK).read_text() == Prover(dev.folder / ZKEY).verification_key()


# --- the cache ------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZKQL_CACHE", str(tmp_path))
    return tmp_path


def test_a_cached_thing_is_made_once(cache: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "thing").write_text("made")

    places = [cached("things", "key", make) for _ in range(3)]
    assert places == [cache / "things" / "key"] * 3
    assert len(made) == 1
    assert (places[0] / "thing").read_text() == "made"
    assert list((cache / "things").iterdir()) == [places[0]]
    assert cached("things", "other", make) != places[0]
    assert cached("others", "key", make) != places[0]
    assert len(made) == 3


def test_a_thing_that_fails_leaves_nothing_behind(cache: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cached("things", "key", fail)
    assert list((cache / "things").iterdir()) == []
    assert cached("things", "key", lambda _: None).is_dir()


def test_the_first_of_two_makers_wins(cache: Path) -> None:
    def make(folder: Path) -> None:
        (folder / "thing").write_text("second")
        other = cache / "things" / "key"
        other.mkdir()
        (other / "thing").write_text("first")

    place = cached("things", "key", make)
    assert (place / "thing").read_text() == "first"
    assert list((cache / "things").iterdir()) == [place]


def test_keys_tell_parts_apart() -> None:
    parts: list[tuple[str | bytes, ...]] = [
        ("ab", "c"),
        ("a", "bc"),
        ("abc",),
        ("", "abc"),
        ("abc", ""),
        ("c", "ab"),
        (),
        ("",),
        (b"\0" * 8,),
    ]
    assert len({content_key(*p) for p in parts}) == len(parts)
    assert content_key("ä", b"c") == content_key("ä".encode(), "c")


# --- node -----------------------------------------------------------------------------------------


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Replace driver.mjs by another program."""

    def use(program: str) -> None:
        (tmp_path / "driver.mjs").write_text(program)

    monkeypatch.setattr(node, "packages", lambda: tmp_path)
    return use


@pytest.mark.parametrize(
    "program, code",
    [
        ("process.exit(9);", "code 9"),
        ("process.kill(process.pid, 'SIGKILL');", "code -9"),
        ("throw new Error('out of memory');", "code 1"),
        ("console.log('half an ans');", "code 0"),
        ("console.log('{\"ok\": {}}\\nand then something else');", "code 0"),
    ],
    ids=["exit", "killed", "uncaught", "garbage", "noise"],
)
def test_a_process_without_an_answer(driver: Callable[[str], None], program: str, code: str) -> None:
    driver(program)
    with pytest.raises(ToolchainError) as caught:
        job("compile")
    assert code_of(caught.value) == "ZKQL0905"
    assert f"test: the process ended with {code} and no answer" in str(caught.value)


@pytest.mark.parametrize("answer", ["7", "null", "{}"])
def test_json_that_is_no_answer(driver: Callable[[str], None], answer: str) -> None:
    driver(f"console.log('{answer}');")
    with pytest.raises(ToolchainError):
        job("compile")


def test_the_end_of_what_the_process_said_is_shown(driver: Callable[[str], None]) -> None:
    driver("console.error('one\\ntwo\\nthree\\nfour'); process.exit(1);")
    with pytest.raises(ToolchainError) as caught:
        job("compile")
    assert caught.value.diagnostics[0].notes[:3] == ("two", "three", "four")


@pytest.mark.parametrize("program", ["", "fs.closeSync(1);"], ids=["silent", "closed"])
def test_a_process_that_hangs_is_stopped(driver: Callable[[str], None], program: str) -> None:
    driver(f"import fs from 'node:fs'; {program} setInterval(() => {{}}, 1000);")
    with pytest.raises(ToolchainError) as caught:
        run_job({"job": "compile", "source": "x" * 1_000_000}, timeout=1, what="waiting")
    assert code_of(caught.value) == "ZKQL0904"
    assert "ZKQL_TIMEOUT" in str(caught.value)


SERVER = """
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
let done = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { id, file } = JSON.parse(line);
  const request = JSON.parse(readFileSync(file, 'utf8'));
  done += 1;
  console.log('a library talks');
  console.log(JSON.stringify({ id: id - 1, last: false, ok: 'an earlier answer' }));
  if (request.value === 'crash' && done > 1) process.exit(7);
  if (request.value === 'hang') continue;
  if (request.value === 'error') console.log(JSON.stringify({ id, last: true, error: 'it broke' }));
  else console.log(JSON.stringify({ id, last: request.value === 'last', ok: { done, got: request.value } }));
}
"""


def test_one_process_does_one_job_after_the_other(driver: Callable[[str], None]) -> None:
    driver(SERVER)
    assert job("any", value='ä\n"') == {"done": 1, "got": 'ä\n"'}
    assert job("any", value=2) == {"done": 2, "got": 2}
    assert job("any", value="last") == {"done": 3, "got": "last"}
    assert job("any", value=4) == {"done": 1, "got": 4}


def test_a_process_that_was_used_and_ends_is_replaced(driver: Callable[[str], None]) -> None:
    driver(SERVER)
    assert job("any", value=1)["done"] == 1
    assert job("any", value="crash") == {"done": 1, "got": "crash"}


def test_an_answer_that_is_an_error(driver: Callable[[str], None]) -> None:
    driver(SERVER)
    with pytest.raises(ToolchainError) as caught:
        job("any", value="error")
    assert code_of(caught.value) == "ZKQL0906"
    assert str(caught.value) == "error[ZKQL0906]: test: it broke"
    assert job("any", value=1)["done"] == 1


def test_after_a_job_that_hangs_there_is_a_new_process(driver: Callable[[str], None]) -> None:
    driver(SERVER)
    assert job("any", value=1)["done"] == 1
    with pytest.raises(ToolchainError):
        run_job({"job": "any", "value": "hang"}, timeout=0.2, what="waiting")
    assert job("any", value=2) == {"done": 1, "got": 2}


def test_jobs_at_one_time_have_processes_of_their_own(driver: Callable[[str], None]) -> None:
    driver(SERVER)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: job("any", value=i)["got"], range(40)))
    assert found == list(range(40))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_has_processes_of_its_own(driver: Callable[[str], None]) -> None:
    driver(SERVER)
    assert job("any", value=1)["done"] == 1
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        assert pool.submit(job, "any", value=2).result() == {"done": 1, "got": 2}
    assert job("any", value=3)["done"] == 2


def test_a_process_compiles_as_one_that_is_new_does(tmp_path: Path) -> None:
    sources = [f"def main(private field a, field b) {{ assert(a ** {n} == b); }}" for n in (2, 5, 2)]
    found = []
    for i, source in enumerate(sources):
        folder = tmp_path / str(i)
        folder.mkdir()
        found.append([path.read_bytes() for path in compile_raw(source, folder)])
    assert found[0] == found[2] != found[1]


@pytest.mark.parametrize("source", ["def main(", "def main(field a) { assert(a == b); }"])
def test_source_that_zokrates_refuses(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = node.packages()
    monkeypatch.setattr(node, "packages", lambda: installed)
    monkeypatch.setenv("ZKQL_CACHE", str(tmp_path))
    with pytest.raises(ToolchainError) as caught:
        compile_source(source)
    assert code_of(caught.value) == "ZKQL0906"
    assert str(caught.value).startswith("error[ZKQL0906]: compiling the circuit: circuit.zok:")
    assert list((tmp_path / "circuits").iterdir()) == []


def test_the_time_that_jobs_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZKQL_TIMEOUT", raising=False)
    assert node.job_timeout(60) == 60
    monkeypatch.setenv("ZKQL_TIMEOUT", "2.5")
    assert node.job_timeout(60) == 2.5
    monkeypatch.setenv("ZKQL_TIMEOUT", "soon")
    assert node.job_timeout(60) == 60
