"""zkql from Python: queries, data frames in and out, trial proofs, rich display."""
