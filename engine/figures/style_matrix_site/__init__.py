"""A style matrix as plain files: every picture it can show, drawn and rated before, and a page that needs no server.

index.html and page.js are the page; data.js is made with the pictures and holds the matrix and all ratings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from engine.explain.progress import Progress, ShouldStop
from engine.explain.readouts import Gauge
from engine.explain.style_matrix import (
    Bank,
    Configuration,
    Mixed,
    Rater,
    State,
    export_configurations,
    export_count,
    to_text,
)
from engine.explain.style_matrix.export_count import LIMIT
from engine.figures.palette import DIVERGING, SEQUENTIAL, sampled
from engine.images import encode_jpeg, encode_png, to_uint8

STEPS = (1.0, 0.5, 0.25, 0.2, 0.1)  # each divides 1, so that both ends of a slider are styles alone
_PAGE = ("index.html", "page.js")
_BATCH = 64
_COLORS = 65
_SMALL = 128  # pixels of a side up to which pictures are kept without loss
_HERE = Path(__file__).parent


def site_files(
    rater: Rater,
    bank: Bank,
    state: State,
    *,
    step: float,
    gauge: Gauge | None = None,
    limit: int = LIMIT,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Iterator[tuple[str, bytes]]:
    """All files of the site, path and bytes: pictures first, the page last.

    Args:
        rater: Draws and rates.
        bank: The state's.
        state: Its pictures, order, view and selection; mixes are rounded to the steps.
        step: Of the shares, one of `STEPS`.
        gauge: What rates the pictures, if anything does.
        limit: More pictures than this are refused.
        progress: Told how many pictures are done.
        should_stop: Asked between batches.

    Raises:
        ValueError: If there would be too many pictures, the step is another, or the model draws series.
        CancelledError: If `should_stop` said so.
    """
    if step not in STEPS:
        raise ValueError(f"A static export goes in steps of {list(STEPS)}; got {step}.")
    if rater.renderer.model.space.kind != "image":
        raise ValueError(f"{rater.renderer.model.id} draws series; a static export is of pictures.")
    count = export_count(state.slots, state.styles, step, limit=limit)
    return _files(rater, bank, state, step, count, gauge, progress, should_stop)


def write_site(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Writes a site's files and returns how many.

    Args:
        folder: Made where it is missing; nothing may be in it: it is never emptied here.
        files: Of `site_files`.

    Raises:
        ValueError: If there is something in the folder.
        OSError: If it cannot be written to.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not an empty folder; name another: nothing is ever deleted here.")
    (folder / "pictures").mkdir(parents=True)
    count = 0
    for name, data in files:
        (folder / name).write_bytes(data)
        count += 1
    return count


def _files(
    rater: Rater,
    bank: Bank,
    state: State,
    step: float,
    count: int,
    gauge: Gauge | None,
    progress: Progress | None,
    should_stop: ShouldStop | None,
) -> Iterator[tuple[str, bytes]]:
    every = export_configurations(state.slots, state.styles, step)
    kind = "png" if max(rater.renderer.model.space.shape[1:]) <= _SMALL else "jpg"
    ratings: dict[str, float] = {}
    done = 0
    while batch := list(islice(every, _BATCH)):
        if gauge is not None:
            values = rater.ratings(bank, batch, gauge, step=step, should_stop=should_stop).tolist()
            ratings |= {_name(one, step): round(value, 4) for one, value in zip(batch, values, strict=True)}
        pixels = to_uint8(rater.renderer.pictures(bank, batch, step=step, should_stop=should_stop))
        for one, picture in zip(batch, pixels, strict=True):
            encoded = encode_png(picture) if kind == "png" else encode_jpeg(picture.repeat(4 - picture.shape[2], 2))
            yield f"pictures/{_name(one, step)}.{kind}", encoded
        done += len(batch)
        if progress is not None:
            progress(done, count)
    data = _data(rater, bank, state, step, gauge) | {"kind": kind, "ratings": ratings}
    yield "data.js", f"const MATRIX = {json.dumps(data, separators=(',', ':'))};\n".encode()
    for name in _PAGE:
        yield name, (_HERE / name).read_bytes()


def _data(rater: Rater, bank: Bank, state: State, step: float, gauge: Gauge | None) -> dict[str, object]:
    rating = None
    if gauge is not None:
        rating = {
            "name": gauge.name, "unit": gauge.unit, "low": gauge.low, "high": gauge.high, "center": gauge.center,
            "classifier": gauge.classifier,
            "colors": sampled(SEQUENTIAL if gauge.center is None else DIVERGING, _COLORS),
        }  # fmt: skip
    return {
        "model": rater.renderer.model.id,
        "slots": [slot.name for slot in bank.slots.slots],
        "styles": state.styles,
        "parts": round(1 / step),
        "order": [list(column) for column in state.order],
        "references": [_name(picture, step).removeprefix("a-").split("-") for picture in state.references],
        "selected": state.selected,
        "view": state.view,
        "note": bank.slots.note,
        "rating": rating,
    }


def _name(configuration: Configuration, step: float) -> str:
    """`a-1_0_25-2` or `s-4-1`: the published grammar without the generator, which is the same for all."""
    normal = configuration.normal(step) if isinstance(configuration, Mixed) else configuration
    return to_text("m", normal, step=step).removeprefix("m-")
