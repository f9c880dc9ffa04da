"""Poseidon, commitments, signatures, canonical bytes. Nothing here is our own invention."""
