"""zkql: windowed streaming SQL, compiled to zero-knowledge proofs."""

__version__ = "0.1.0"
