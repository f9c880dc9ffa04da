"""The functions for readers: behind ``zkql functions``, ``zkql.functions()`` and ``docs/functions.md``."""
