"""Tuples nested so deep that hashing one would end the process, found in a pickle before it is read."""

from __future__ import annotations

import io
import pickletools

from engine.checkpoints.errors import CorruptError

DEEPEST = 1000  # torch.save writes five; Python's hash of a tuple 100,000 deep still works
_DEEPER = ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "REDUCE", "NEWOBJ")  # a call may return what it is given, nested
_PUTS, _GETS = ("PUT", "BINPUT", "LONG_BINPUT"), ("GET", "BINGET", "LONG_BINGET")


def check_nesting(data: bytes, *, pickles: int = 1) -> None:
    """Goes through pickles without making anything of them, and counts how deep tuples lie within each other.

    Where one is damaged it goes no further, and neither does a reader.

    Args:
        data: Begins with the first of them.
        pickles: How many to look at, one after the other.

    Raises:
        CorruptError: If one nests deeper than `DEEPEST`.
    """
    stream = io.BytesIO(data)
    try:
        for _ in range(pickles):
            _check(stream)
    except (ValueError, IndexError, KeyError):
        return


def _check(stream: io.BytesIO) -> None:
    stack: list[int] = []  # how deep each object on the reader's stack is
    below: list[list[int]] = []  # its parts under each mark
    memo: dict[int, int] = {}
    for code, argument, _ in pickletools.genops(stream):
        if code.name == "MARK":
            below.append(stack)
            stack = []
        elif code.name in _PUTS:
            memo[int(argument or 0)] = stack[-1]
        elif code.name in _GETS:
            stack.append(memo[int(argument or 0)])
        else:
            wanted, taken = len(code.stack_before), [0]
            if pickletools.markobject in code.stack_before:
                wanted = code.stack_before.index(pickletools.markobject)
                taken, stack = [*taken, *stack], below.pop()
            taken += [stack.pop() for _ in range(wanted)]
            depth = max(taken) + (code.name in _DEEPER)
            if depth > DEEPEST:
                raise CorruptError(f"nests tuples more than {DEEPEST} deep, as no program does. Get it again.")
            stack += [depth] * len(code.stack_after)
