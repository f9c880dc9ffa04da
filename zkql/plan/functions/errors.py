"""What is wrong with a function call: a message, the operand it is about, and what to do about it."""

from __future__ import annotations


class FunctionError(ValueError):
    """A call that no rule allows. ``operand`` is the index of the one at fault, None for the whole call."""

    def __init__(self, message: str, operand: int | None = None, notes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.operand = operand
        self.notes = notes


def here(count: int) -> str:
    """How many operands were written, in a message that says how many there should be."""
    return "here is 1" if count == 1 else f"here are {count or 'none'}"
