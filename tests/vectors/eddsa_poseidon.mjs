// Makes eddsa_poseidon.json with circomlibjs 0.1.7, an independent implementation, in a folder of its own:
//
//     npm install circomlibjs@0.1.7
//     python -m tests.vectors.ours | node eddsa_poseidon.mjs > eddsa_poseidon.json
//
// "theirs" are keys and signatures that it makes; "ours" are those that zkql makes (from standard input), with
// what circomlibjs says of them. Points are as packPoint gives them, signatures as packSignature does, in hex.
import { buildEddsa } from "circomlibjs";

const eddsa = await buildEddsa();
const { F, babyJub: curve } = eddsa;
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const text = (element) => F.toObject(element).toString();

const P = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const messages = [0n, 1n, 1234n, 2n ** 253n, P - 1n];
const theirs = [];
for (let number = 0; number < 10; number++) {
  const seed = Buffer.alloc(32, 17 * number + 1);
  const message = messages[number % messages.length] + (number === 8 ? 5n : 0n);
  const key = eddsa.prv2pub(seed);
  const signature = eddsa.signPoseidon(seed, F.e(message));
  if (!eddsa.verifyPoseidon(F.e(message), signature, key)) throw new Error("it refuses its own");
  theirs.push({
    message: message.toString(),
    key: hex(curve.packPoint(key)),
    key_x: text(key[0]),
    key_y: text(key[1]),
    signature: hex(eddsa.packSignature(signature)),
    r_x: text(signature.R8[0]),
    r_y: text(signature.R8[1]),
    s: signature.S.toString(),
  });
}

let given = "";
for await (const part of process.stdin) given += part;
const ours = JSON.parse(given).map((own) => {
  const key = [F.e(own.key_x), F.e(own.key_y)];
  const signature = { R8: [F.e(own.r_x), F.e(own.r_y)], S: BigInt(own.s) };
  const packed = hex(curve.packPoint(key)) === own.key && hex(eddsa.packSignature(signature)) === own.signature;
  return { ...own, packed, accepted: eddsa.verifyPoseidon(F.e(BigInt(own.message)), signature, key) };
});
console.log(JSON.stringify({ theirs, ours }, null, 1));
process.exit(0);
