"""Progress of long steps, on standard error, so that standard output stays data.

The command line installs a reporter; as a library zkql is silent.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Reporter = Callable[[str], AbstractContextManager[object]]


class _State:
    reporter: Reporter | None = None


def set_reporter(reporter: Reporter | None) -> None:
    """Show steps with ``reporter(text)``, a context manager around the step."""
    _State.reporter = reporter


def progress(text: str) -> AbstractContextManager[object]:
    """Show ``text`` while the block runs."""
    return _State.reporter(text) if _State.reporter else nullcontext()
