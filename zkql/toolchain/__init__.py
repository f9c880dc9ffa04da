"""Tools outside the compiler: ZoKrates, snarkjs, the native witness, Groth16 keys and proofs."""
