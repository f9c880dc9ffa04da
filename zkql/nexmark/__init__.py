"""NEXMark, the online-auction benchmark for streaming SQL: its three input streams."""

from zkql.nexmark.generator import MONEY, STREAMS, Config, Record, generate

__all__ = ["MONEY", "STREAMS", "Config", "Record", "generate"]
