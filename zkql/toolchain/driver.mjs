// What zkql asks of Node: on standard input a line for each job, JSON with its "id" and the "file" that
// describes it; on standard output a line for each, JSON with that id and "ok" or "error". Results are written
// to the files that a job names. Node finds the packages by the folder this file is copied to. One process does
// many jobs, because V8 needs seconds until WebAssembly runs fast; "last" says that it ends now: after an error,
// which may leave a broken instance, with much memory, which WebAssembly never gives back, or with a secret in it.
//
// jobs: {job: "compile", source, modules, program, r1cs}  ZoKrates text -> compiled program; R1CS if asked for
//       {job: "witness", program, abi, inputs, wtns}   zokrates-js' own witness (tests compare)
//       {job: "hash", inputs}                          standard library Poseidon (tests compare)
//       {job: "start", r1cs, ptau, zkey}               Groth16 phase 2 by snarkjs: a key before contributions,
//       {job: "contribute", zkey, next, name}          one more contribution,
//       {job: "beacon", zkey, next, name, hash, iterations}  one from a random beacon,
//       {job: "check", r1cs, ptau, zkey}               and all of them verified
//       {job: "powers", ptau}                          a powers-of-tau file verified
//       {job: "ptau", power, curve, ptau, entropy}     a small powers-of-tau file (tests)
//       {job: "hashes", initial, ptau, zkey}           what snarkjs prints of contributions (tests compare)
//       {job: "verify", vk, proof, inputs}             snarkjs as a second verifier (tests)
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const MOST_MEMORY = 2 ** 30; // bytes, of a process that goes on
const MOST_IDLE = 60_000; // milliseconds

let zokratesOnce;
async function zokrates() {
  const { initialize } = await import("zokrates-js");
  zokratesOnce ??= (await initialize()).withOptions({ backend: "ark", curve: "bn128", scheme: "g16" });
  return zokratesOnce;
}

// What snarkjs returns, and what it says of errors; some of that it prints.
async function listened(call) {
  const said = [];
  const keep = (text) => said.push(String(text).trim());
  const print = console.log;
  console.log = keep;
  try {
    const result = await call({ debug() {}, info() {}, warn() {}, error: keep });
    return [result, said.join("; ") || "snarkjs gives no reason"];
  } finally {
    console.log = print;
  }
}

// A file that snarkjs cannot even read is no more valid than one that it refuses.
async function verdict(call) {
  try {
    const [valid, reason] = await listened(call);
    return { valid: valid === true, reason };
  } catch (error) {
    return { valid: false, reason: String(error?.message ?? error) };
  }
}

const jobs = {
  async compile(request) {
    const compiler = await zokrates();
    const modules = request.modules ?? {};
    const artifacts = compiler.compile(request.source, {
      location: "circuit.zok",
      snarkjs: Boolean(request.r1cs),
      resolveCallback: (_, path) => {
        const name = path.replace("./", "");
        return name in modules ? { source: modules[name], location: name } : null;
      },
    });
    writeFileSync(request.program, artifacts.program);
    if (request.r1cs) writeFileSync(request.r1cs, artifacts.snarkjs.program);
    return { constraints: artifacts.constraintCount };
  },

  async witness(request) {
    const compiler = await zokrates();
    const program = readFileSync(request.program);
    const result = compiler.computeWitness(program, request.inputs, { snarkjs: true });
    writeFileSync(request.wtns, result.snarkjs.witness);
    return { output: JSON.parse(result.output) };
  },

  async hash(request) {
    const compiler = await zokrates();
    const count = request.inputs.length;
    const artifacts = compiler.compile(
      `import "hashes/poseidon/poseidon" as poseidon;
       def main(field[${count}] inputs) -> field { return poseidon(inputs); }`,
    );
    const result = compiler.computeWitness(artifacts, [request.inputs]);
    return { output: JSON.parse(result.output) };
  },

  async start(request) {
    const snarkjs = await import("snarkjs");
    const [hash, said] = await listened((log) =>
      snarkjs.zKey.newZKey(request.r1cs, request.ptau, request.zkey, log),
    );
    if (!(hash instanceof Uint8Array)) throw new Error(said);
    return {};
  },

  // Secrets are drawn here and nowhere written. snarkjs mixes them with random bytes of its own.
  async contribute(request) {
    const snarkjs = await import("snarkjs");
    const entropy = randomBytes(64).toString("hex");
    await snarkjs.zKey.contribute(request.zkey, request.next, request.name, entropy);
    return {};
  },

  async beacon(request) {
    const snarkjs = await import("snarkjs");
    const { zkey, next, name, hash, iterations } = request;
    const [done, said] = await listened((log) => snarkjs.zKey.beacon(zkey, next, name, hash, iterations, log));
    if (!done) throw new Error(said);
    return {};
  },

  async check(request) {
    const snarkjs = await import("snarkjs");
    return verdict((log) => snarkjs.zKey.verifyFromR1cs(request.r1cs, request.ptau, request.zkey, log));
  },

  async powers(request) {
    const snarkjs = await import("snarkjs");
    return verdict((log) => snarkjs.powersOfTau.verify(request.ptau, log));
  },

  async ptau(request) {
    const snarkjs = await import("snarkjs");
    const curve = await snarkjs.curves.getCurveFromName(request.curve ?? "bn128");
    const [first, second] = [request.ptau + ".0", request.ptau + ".1"];
    await snarkjs.powersOfTau.newAccumulator(curve, request.power, first);
    await snarkjs.powersOfTau.contribute(first, second, "zkql", request.entropy);
    await snarkjs.powersOfTau.preparePhase2(second, request.ptau);
    return {};
  },

  async hashes(request) {
    const snarkjs = await import("snarkjs");
    const said = [];
    const log = { debug() {}, warn() {}, error() {}, info: (text) => said.push(text) };
    await snarkjs.zKey.verifyFromInit(request.initial, request.ptau, request.zkey, log);
    return { said };
  },

  async verify(request) {
    const snarkjs = await import("snarkjs");
    return { verified: await snarkjs.groth16.verify(request.vk, request.inputs, request.proof) };
  },
};

const reply = (value) => new Promise((done) => process.stdout.write(JSON.stringify(value) + "\n", done));
const leave = () => process.exit(0);

let idle = setTimeout(leave, MOST_IDLE);
for await (const line of createInterface({ input: process.stdin })) {
  clearTimeout(idle);
  const { id, file } = JSON.parse(line);
  const answer = { id, last: false };
  try {
    const request = JSON.parse(readFileSync(file, "utf8"));
    answer.ok = await jobs[request.job](request);
    answer.last = request.job === "contribute" || process.memoryUsage().rss > MOST_MEMORY;
  } catch (error) {
    answer.error = String(error?.message ?? error);
    answer.last = true;
  }
  await reply(answer);
  if (answer.last) break;
  idle = setTimeout(leave, MOST_IDLE);
}
leave();
