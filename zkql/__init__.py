"""zkql: windowed streaming SQL, compiled to zero-knowledge proofs.

``import zkql; q = zkql.compile(sql); q.run(rows)``. In a notebook: ``%load_ext zkql``, then ``%%zkql``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zkql.errors import InputError, QueryError, ZkqlError
    from zkql.library.functions import functions
    from zkql.library.notebook import load_ipython_extension
    from zkql.library.query import Query, compile  # noqa: A004  # its name
    from zkql.library.result import Result

__version__ = "0.1.0"

__all__ = [
    "InputError",
    "Query",
    "QueryError",
    "Result",
    "ZkqlError",
    "__version__",
    "compile",
    "functions",
    "load_ipython_extension",
]

_HOMES = {
    "InputError": "errors",
    "Query": "library.query",
    "QueryError": "errors",
    "Result": "library.result",
    "ZkqlError": "errors",
    "compile": "library.query",
    "functions": "library.functions",
    "load_ipython_extension": "library.notebook",
}


def __getattr__(name: str) -> Any:
    """Public names are loaded when they are first used: the command line does without most of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
