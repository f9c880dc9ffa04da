"""The command line. Every verb takes ``--json``; exit codes are those of :class:`ExitCode`."""

from zkql.cli.app import main

__all__ = ["main"]
