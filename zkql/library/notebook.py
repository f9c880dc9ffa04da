"""zkql in IPython and Jupyter: ``%load_ext zkql``, then cells of SQL under ``%%zkql``.

``%%zkql`` compiles the cell and shows the query; ``%%zkql market`` also binds it to the variable
``market``; ``%%zkql market --run bids --prove`` binds it, runs it over the variable ``bids``, and shows the
result. Errors are the compiler's messages, without a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from zkql.errors import did_you_mean
from zkql.library import query as library

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from zkql.library.query import Query
    from zkql.library.result import Result


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%load_ext zkql`` calls."""
    shell.register_magics(ZkqlMagics)


@magics_class
class ZkqlMagics(Magics):
    """The cell magic."""

    @magic_arguments()
    @argument("name", nargs="?", help="the variable to bind the query to")
    @argument(
        "--run",
        metavar="DATA",
        help="run the query over this variable; over several tables: bid=bids,auction=auctions",
    )
    @argument(
        "--prove", action="store_true", help="with --run: prove and verify, with INSECURE development keys"
    )
    @cell_magic
    def zkql(self, line: str, cell: str) -> Query | Result:
        """Compile the SQL of the cell and show the query, or with --run its result."""
        arguments = parse_argstring(self.zkql, line)
        if arguments.name is not None and not arguments.name.isidentifier():
            raise UsageError(f"{arguments.name!r} cannot be the name of a variable")
        if arguments.prove and arguments.run is None:
            raise UsageError("--prove needs data: --run DATA")
        data = None if arguments.run is None else self._data(arguments.run)
        query = library.compile(cell, name="cell")
        if arguments.name is not None:
            self._variables[arguments.name] = query
        return query if arguments.run is None else query.run(data, prove=arguments.prove)

    @property
    def _variables(self) -> dict[str, Any]:
        assert self.shell is not None
        variables: dict[str, Any] = self.shell.user_ns
        return variables

    def _data(self, text: str) -> object:
        """``bids``, or ``bid=bids,auction=auctions``."""
        if "=" not in text:
            return self._variable(text)
        pairs = (part.partition("=") for part in text.split(","))
        return {table.strip(): self._variable(name) for table, _, name in pairs}

    def _variable(self, name: str) -> object:
        name = name.strip()
        if name not in self._variables:
            known = (n for n in self._variables if not n.startswith("_"))
            raise UsageError("; ".join((f"there is no variable {name!r}", *did_you_mean(name, known)[:1])))
        return self._variables[name]
