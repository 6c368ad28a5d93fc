"""What is wrong with a study, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]

_MOST = 50  # problems in one message


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        field: Where in the study: ("contrasts", 0, "first"); empty for the study as a whole.
        message: What is wrong and what would be right.
        line: Line in the file, from 1; None for a study that was not read from text.
        column: Column in that line, from 1.
    """

    field: Path
    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}, column {self.column}"
        where = ", ".join(part for part in (place, field_name(self.field)) if part)
        return f"{where}: {self.message}" if where else self.message


class StudyFileError(ValueError):
    """A study that cannot be used.

    Attributes:
        problems: All that is wrong with it, in the order of the file.
    """

    def __init__(self, problems: Sequence[Problem], source: str = "The study") -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
        count = "one problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        lines = [f"{source} has {count}:", *(f"- {problem}" for problem in self.problems[:_MOST])]
        more = [f"- and {len(self.problems) - _MOST} more."] if len(self.problems) > _MOST else []
        super().__init__("\n".join(lines + more))


def short(value: object, most: int = 60) -> str:
    """A value as messages show it, cut where it is long."""
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def field_name(path: Path) -> str:
    """("contrasts", 0, "first") as people write it: `contrasts[0].first`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
