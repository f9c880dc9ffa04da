// What zkql asks of Node: one job per process, described by a JSON file (argv[2]), whose result
// is written to the files it names. Node finds the packages by the folder this file is copied to.
//
// jobs: {job: "compile", source, program, r1cs}        ZoKrates source -> compiled program, R1CS
//       {job: "witness", program, abi, inputs, wtns}   zokrates-js' own witness (tests compare)
//       {job: "hash", inputs}                          standard library Poseidon (tests compare)
//       {job: "setup", r1cs, ptau, zkey, entropy}      Groth16 phase 2 by snarkjs, one contribution
//       {job: "ptau", power, ptau, entropy}            a small powers-of-tau file (tests)
//       {job: "verify", vk, proof, inputs}             snarkjs as a second verifier (tests)
import { readFileSync, writeFileSync } from "node:fs";

const request = JSON.parse(readFileSync(process.argv[2], "utf8"));
const reply = (value) => process.stdout.write(JSON.stringify(value) + "\n");

async function zokrates() {
  const { initialize } = await import("zokrates-js");
  const provider = await initialize();
  return provider.withOptions({ backend: "ark", curve: "bn128", scheme: "g16" });
}

const jobs = {
  async compile() {
    const provider = await zokrates();
    const artifacts = provider.compile(readFileSync(request.source, "utf8"), {
      location: "circuit.zok",
      snarkjs: true,
      resolveCallback: () => null,
    });
    writeFileSync(request.program, artifacts.program);
    writeFileSync(request.r1cs, artifacts.snarkjs.program);
    return { constraints: artifacts.constraintCount };
  },

  async witness() {
    const provider = await zokrates();
    const program = readFileSync(request.program);
    const result = provider.computeWitness(program, request.inputs, { snarkjs: true });
    writeFileSync(request.wtns, result.snarkjs.witness);
    return { output: JSON.parse(result.output) };
  },

  async hash() {
    const provider = await zokrates();
    const count = request.inputs.length;
    const artifacts = provider.compile(
      `import "hashes/poseidon/poseidon" as poseidon;
       def main(field[${count}] inputs) -> field { return poseidon(inputs); }`,
    );
    const result = provider.computeWitness(artifacts, [request.inputs]);
    return { output: JSON.parse(result.output) };
  },

  async setup() {
    const snarkjs = await import("snarkjs");
    const first = request.zkey + ".0";
    await snarkjs.zKey.newZKey(request.r1cs, request.ptau, first);
    await snarkjs.zKey.contribute(first, request.zkey, "zkql setup", request.entropy);
    return { vk: await snarkjs.zKey.exportVerificationKey(request.zkey) };
  },

  async ptau() {
    const snarkjs = await import("snarkjs");
    const curve = await snarkjs.curves.getCurveFromName("bn128");
    const [first, second] = [request.ptau + ".0", request.ptau + ".1"];
    await snarkjs.powersOfTau.newAccumulator(curve, request.power, first);
    await snarkjs.powersOfTau.contribute(first, second, "zkql", request.entropy);
    await snarkjs.powersOfTau.preparePhase2(second, request.ptau);
    return {};
  },

  async verify() {
    const snarkjs = await import("snarkjs");
    return { verified: await snarkjs.groth16.verify(request.vk, request.inputs, request.proof) };
  },
};

try {
  reply({ ok: await jobs[request.job]() });
  process.exit(0);
} catch (error) {
  reply({ error: String(error?.message ?? error) });
  process.exit(1);
}
