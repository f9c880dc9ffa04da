"""What every diagnostic means: the catalogue behind ``zkql explain-error`` and ``docs/errors.md``."""
