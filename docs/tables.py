"""Fills the tables of README.md: shipped models from the checkpoints, heatmap methods from their registry.

    python docs/tables.py            # writes README.md
    python docs/tables.py --check    # only tells whether it is up to date
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # to run as a script from anywhere

from engine.checkpoints import Entry, catalog
from engine.explain.heatmaps import HEATMAPS
from engine.metrics import METRICS, headline, number

ROOT = Path(__file__).resolve().parents[1]
_BOT = "bot_solved"  # has a column of its own


def main(arguments: Sequence[str] = ()) -> int:
    """Writes the table, or compares it with `--check`; returns the exit code."""
    readme = ROOT / "README.md"
    before = readme.read_text(encoding="utf-8")
    after = filled(filled(before, "models", models_table(catalog())), "methods", methods_table())
    if "--check" in arguments:
        print("README.md is up to date." if before == after else "README.md is out of date: run `make tables`.")
        return int(before != after)
    readme.write_text(after, encoding="utf-8")
    return 0


def models_table(entries: Sequence[Entry]) -> str:
    """One Markdown row a checkpoint, in the order of the catalogue; published figures in brackets.

    Raises:
        ValueError: If a checkpoint is damaged; the message says which and why.
    """
    damaged = [f"{entry.id}: {entry.error}" for entry in entries if entry.error]
    if damaged:
        raise ValueError(f"These checkpoints cannot be read; mend or remove them: {'; '.join(damaged)}")
    bot = METRICS[_BOT].heading.lower()
    lines = [f"| model | what it is | latents | quality | MIG | {bot} | MB |", "|---|---|---:|---|---|---|---:|"]
    return "\n".join([*lines, *(_row(entry) for entry in entries)])


def methods_table() -> str:
    """One Markdown row a heatmap method, by title."""
    rows = sorted((HEATMAPS[name].title, name, HEATMAPS[name]) for name in HEATMAPS)
    lines = ["| name | method | what it shows | paper |", "|---|---|---|---|"]
    for title, name, kind in rows:
        shows = (kind.__doc__ or "").partition("\n")[0]
        lines.append(f"| `{name}` | {title} | {shows} | {_paper(kind.paper)} |")
    return "\n".join(lines)


def filled(text: str, name: str, table: str) -> str:
    """`text` with `table` between the two marks of this name.

    Raises:
        ValueError: If a mark is missing or they are in the wrong order.
    """
    first, last = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, begin, rest = text.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"README.md should hold {first} and, after it, {last}; put them where the table belongs.")
    return f"{head}{first}\n{table}\n{last}{tail}"


def _paper(text: str) -> str:
    authors, comma, address = text.rpartition(", http")
    return f"[{authors}](http{address})" if comma else "–"


def _row(entry: Entry) -> str:
    first = headline(entry.metrics)
    quality = "–" if first is None else f"{METRICS[first[0]].title} {_figure(first[1])}"
    mig, bot = (_figure(entry.metrics[name]) if name in entry.metrics else "–" for name in ("mig", _BOT))
    link = f"[`{entry.id}`](checkpoints/{entry.id}/README.md)"
    size = f"{entry.bytes / 1e6:.1f}"
    return f"| {link} | {entry.title} | {entry.latents or '–'} | {quality} | {mig} | {bot} | {size} |"


def _figure(metric: Mapping[str, Any]) -> str:
    published = metric.get("paper_value")
    return number(metric["value"]) + ("" if published is None else f" ({number(published)})")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
