"""NEXMark, the online-auction benchmark for streaming SQL: its three input streams."""

from zkql.nexmark.generator import STREAMS, Config, Record, generate

__all__ = ["STREAMS", "Config", "Record", "generate"]
