"""Explanation panels of the single-dial tasks: codes of the pictures that show what a dial does."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from engine.interfaces import Axis, LatentModel
from engine.study.sessions.dials import Range, clamped, stands, turned
from engine.study.sessions.levels import LEVELS, level_value, percentile
from engine.study.sessions.question_codes import question_codes
from engine.study.steps import Choice

_EXEMPLARS, _ROWS, _COLUMNS = 8, 5, 7
_LADDER = (3, 50, 97)  # percentiles at the left, in the middle and at the right of a traversal


@dataclass(frozen=True)
class Panel:
    """A table of pictures.

    Attributes:
        codes: Codes of the pictures, (rows, columns, D).
        rows: Titles of the rows; empty where they have none.
        columns: Titles of the columns; empty where they have none.
    """

    codes: Tensor
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def panel(model: LatentModel, choice: Choice, number: int = 0, *, span: Range = "percentile") -> Panel | None:
    """What explains the dial of a question; None for the task `none`, which has no explanation.

    Args:
        model: The question's model.
        choice: The question.
        number: 0 for the first panel, n for the n-th "show more"; the seed and this decide everything in it.
        span: What sliders span in the study; other dials stand within that.

    Raises:
        ValueError: If the number is negative.
    """
    if number < 0:
        raise ValueError(f"Panels are numbered from 0; got {number}.")
    axis, generator = model.axes[choice.axis], torch.Generator().manual_seed(choice.seed + number)

    def bases(rows: int, columns: int) -> Tensor:
        codes = clamped(model.axes, question_codes(model, rows * columns, generator=generator), span)
        return codes.unflatten(0, (rows, columns))

    if choice.task == "exemplars":
        options = axis.options or LEVELS
        return Panel(_exemplars(axis, bases(len(options), _EXEMPLARS), generator), rows=options)
    if choice.task == "traversals":
        values = _traversal(axis)
        codes = turned(axis, bases(_ROWS, 1), values)
        return Panel(codes, columns=axis.options or _titles(len(values)))
    if choice.task == "samples":
        codes = bases(_ROWS, _COLUMNS).flatten(0, 1)
        order = stands(axis, codes).argsort(stable=True)
        # down the columns: every column stands higher than the one before it, as in a traversal
        sorted_codes = codes[order].unflatten(0, (_COLUMNS, _ROWS)).transpose(0, 1)
        return Panel(sorted_codes, columns=() if axis.options else _titles(_COLUMNS))
    return None


def _exemplars(axis: Axis, bases: Tensor, generator: Generator) -> Tensor:
    rows, columns = bases.shape[:2]
    shares = torch.rand(rows, columns, generator=generator)
    values = torch.stack([level_value(axis, option, shares[option]) for option in range(rows)])
    return turned(axis, bases, values)


def _traversal(axis: Axis) -> Tensor:
    """Every option of a category; else from the 3rd percentile to the median and on to the 97th, straight in between.

    The published grid ran straight from Low to High, so that its middle was not what the question calls Medium.
    """
    if axis.kind == "category":
        return torch.arange(len(axis.options), dtype=torch.float32)
    low, middle, high = (percentile(axis, p) for p in _LADDER)
    half = _COLUMNS // 2 + 1
    return torch.cat([torch.linspace(low, middle, half), torch.linspace(middle, high, half)[1:]])


def _titles(columns: int) -> tuple[str, ...]:
    """Low, Medium and High above the first, middle and last column."""
    titles = [""] * columns
    titles[0], titles[columns // 2], titles[-1] = LEVELS
    return tuple(titles)
