// On standard input JSON, on standard output JSON. { source } is compiled: what the compiler says, the code of the
// contract Verifier, and the first bytes of a call of its function verify. { code, selector, calls: [hex] } is
// deployed in an Ethereum machine, and called with these arguments: the size of the code in bytes, and of each
// call what it returned (hex), how it failed, and its gas: of execution, and of a transaction with this calldata.
import { readFileSync } from "node:fs";

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");
const BASE = 21_000n; // of a transaction, and of its calldata by byte (EIP-2028)
const calldata = (data) => data.reduce((sum, byte) => sum + (byte ? 16n : 4n), BASE);
const gasLimit = 30_000_000n;

async function compile({ source }) {
  const { default: solc } = await import("solc");
  const settings = {
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.methodIdentifiers"] } },
  };
  const sources = { "Verifier.sol": { content: source } };
  const compiled = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings })));
  const messages = (compiled.errors ?? []).map((error) => error.formattedMessage);
  const built = compiled.contracts?.["Verifier.sol"]?.Verifier;
  if (!built) throw new Error(messages.join("\n"));
  const [verify] = Object.entries(built.evm.methodIdentifiers).filter(([name]) => name.startsWith("verify("));
  return { messages, code: built.evm.bytecode.object, selector: verify[1] };
}

async function run({ code, selector, calls }) {
  const { createEVM } = await import("@ethereumjs/evm");
  const evm = await createEVM();
  const deployed = await evm.runCall({ data: bytes(code), gasLimit });
  if (deployed.execResult.exceptionError) throw new Error(deployed.execResult.exceptionError.error);
  const results = [];
  for (const call of calls) {
    const data = bytes(selector + call);
    const { execResult } = await evm.runCall({ to: deployed.createdAddress, data, gasLimit });
    results.push({
      returned: hex(execResult.returnValue),
      failed: execResult.exceptionError?.error ?? null,
      gas: Number(execResult.executionGasUsed),
      transaction: Number(execResult.executionGasUsed + calldata(data)),
    });
  }
  return { size: deployed.execResult.returnValue.length, results };
}

const request = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(await ("source" in request ? compile(request) : run(request))));
