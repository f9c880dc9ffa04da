// On standard input JSON: { source, calls: [hex] }. The contract Verifier of the source is deployed in an Ethereum
// machine, and its function verify called with these arguments. On standard output JSON: what the compiler says,
// the size of the code in bytes, and of each call what it returned (hex), how it failed, and its gas: of
// execution, and of a transaction with this calldata.
import { readFileSync } from "node:fs";
import { createEVM } from "@ethereumjs/evm";
import solc from "solc";

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");
const BASE = 21_000n; // of a transaction, and of its calldata by byte (EIP-2028)
const calldata = (data) => data.reduce((sum, byte) => sum + (byte ? 16n : 4n), BASE);

const { source, calls } = JSON.parse(readFileSync(0, "utf8"));
const compiled = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources: { "Verifier.sol": { content: source } },
      settings: {
        optimizer: { enabled: true, runs: 200 },
        outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.methodIdentifiers"] } },
      },
    }),
  ),
);
const messages = (compiled.errors ?? []).map((error) => error.formattedMessage);
const built = compiled.contracts?.["Verifier.sol"]?..Verifier;
if (!built) throw new Error(messages.join("\n"));

const evm = await createEVM();
const deployed = await evm.runCall({ data: bytes(built.evm.bytecode.object), gasLimit: 30_000_000n });
if (deployed.execResult.exceptionError) throw new Error(deployed.execResult.exceptionError.error);
const [selector] = Object.entries(built.evm.methodIdentifiers)
  .filter(([name]) => name.startsWith("verify("))
  .map(([, four]) => four);
const results = [];
for (const call of calls) {
  const data = bytes(selector + call);
  const { execResult } = await evm.runCall({ to: deployed.createdAddress, data, gasLimit: 30_000_000n });
  results.push({
    returned: hex(execResult.returnValue),
    failed: execResult.exceptionError?.error ?? null,
    gas: Number(execResult.executionGasUsed),
    transaction: Number(execResult.executionGasUsed + calldata(data)),
  });
}
const size = deployed.execResult.returnValue.length;
console.log(JSON.stringify({ messages, size, results }));
