"""Files to take away: a walk between two codes as film, strip of pictures or table of codes."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps import fields as read
from apps.gradio_app.traverse import line_codes
from engine.explain import decode_in_batches
from engine.figures import traversal_strip
from engine.figures.film import film_gif


@dataclass(frozen=True)
class Download:
    """A file for the browser."""

    name: str
    media_type: str
    data: bytes


def download(model: Any, fields: Mapping[str, Any]) -> Download:  # noqa: ANN401 - a LoadedDecoder
    """The walk from `a` to `b` in `count` steps, `as` a `gif`, a `png` strip or a `csv` of its codes."""
    kind = read.text(fields, "as", options=("gif", "png", "csv"))
    codes = line_codes(model, fields)
    stem = f"{model.id.replace('/', '-')}-a-to-b"
    if kind == "csv":
        return Download(f"{stem}.csv", "text/csv", code_table(codes.tolist(), model.layout).encode())
    x = decode_in_batches(model, codes).x
    if kind == "gif":
        return Download(f"{stem}.gif", "image/gif", film_gif(x, model.space))
    return Download(f"{stem}.png", "image/png", traversal_strip(x, model.space, size=96))


def code_table(codes: list[list[float]], layout: Any) -> str:  # noqa: ANN401 - engine.interfaces.Layout
    """Codes as CSV: one row a code, one column an entry, named by part and place."""
    names = [f"{part.name} {k + 1}" if part.size > 1 else part.name for part in layout for k in range(part.size)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", *names])
    writer.writerows([step, *(f"{value:.6g}" for value in code)] for step, code in enumerate(codes))
    return text.getvalue()
