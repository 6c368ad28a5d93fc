"""Pictures of the style matrix with what a classifier says of them: all that a view shows, one under a hand, grids."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from apps import fields as read
from apps.gradio_app.style_matrix import mixed
from apps.gradio_app.style_matrix_banks import Ateliers, Matrix, named
from apps.gradio_app.style_matrix_fields import MOST_SEED, Fields, chance, read_columns, read_size, read_step
from apps.gradio_app.traverse import Answer, pictures
from apps.hypothesising import refusing
from apps.refusals import RefusedError
from apps.streaming import Channel
from engine.explain.progress import CancelledError
from engine.explain.readouts import Gauge
from engine.explain.style_matrix import Configuration, mix_grid, sensitivity
from engine.explain.style_matrix.bank import MOST_SLOTS, MOST_STYLES
from engine.explain.style_matrix.rendering import reduced
from engine.explain.style_matrix.state import MOST_REFERENCES
from engine.figures.palette import DIVERGING, DIVERGING_ON_DARK, SEQUENTIAL, sampled
from engine.images import to_uint8
from engine.interfaces import Space

MOST_PICTURES = MOST_SLOTS * MOST_STYLES + MOST_REFERENCES + 1  # of one request: all that one view shows
GRID = (1, 12)  # rows or columns of a style-mix grid
_AT_ONCE = 12  # pictures a piece: the first ones are there early
_EVERY_S = 0.1
_COLORS = 65


def scale(ateliers: Ateliers, fields: Fields) -> Answer:
    """How ratings by a readout are drawn: its range, and colours that colour-blind readers tell apart, too."""
    gauge = ateliers.gauge(fields)
    if gauge is None:
        raise RefusedError("classifier should name what rates the pictures.")
    signed = gauge.center is not None
    return {
        "name": gauge.name,
        "unit": gauge.unit,
        "low": gauge.low,
        "high": gauge.high,
        "center": gauge.center,
        "colors": {
            "light": sampled(DIVERGING if signed else SEQUENTIAL, _COLORS),
            "dark": sampled(DIVERGING_ON_DARK if signed else SEQUENTIAL, _COLORS),
        },
    }


def read_pictures(ateliers: Ateliers, fields: Fields) -> Callable[[Channel], None]:
    """The work of sending the pictures that `keys` name, in this order, with their ratings where asked for."""
    atelier, bank = ateliers.bank(fields)
    step = read_step(fields)
    wanted = named(bank, fields.get("keys"), most=MOST_PICTURES, step=step)
    gauge, size = ateliers.gauge(fields), read_size(fields)

    def send(channel: Channel) -> None:
        settings: dict[str, Any] = {"step": step, "should_stop": channel.stopped}
        with refusing():
            for begin in range(0, len(wanted), _AT_ONCE):
                batch = wanted[begin : begin + _AT_ONCE]
                try:
                    ratings = None if gauge is None else atelier.rater.ratings(bank, batch, gauge, **settings)
                    x = atelier.renderer.pictures(bank, batch, size=size, **settings)
                except CancelledError:
                    return
                shape, data = raw(x, atelier.model.space)
                numbers = None if ratings is None else ratings.tolist()
                channel.send("pictures", data, first=begin, shape=shape, ratings=numbers)
        channel.send("done")

    return send


def live(ateliers: Ateliers, fields: Fields) -> tuple[tuple[int, ...], bytes, float | None]:
    """The selected picture of a `state` with its slot `slot` at `place`, `size` pixels: shape, bytes, rating."""
    matrix = ateliers.matrix(fields)
    size, gauge = read_size(fields), ateliers.gauge(fields)
    with refusing():
        picture = mixed(matrix, fields).picture
        x, rating = _drawn(matrix, [picture], gauge, size)
    shape, data = raw(x, matrix.atelier.model.space)
    return tuple(shape[1:]), data, rating


def _drawn(
    matrix: Matrix, wanted: Sequence[Configuration], gauge: Gauge | None, size: int | None
) -> tuple[Tensor, float | None]:
    atelier, step = matrix.atelier, matrix.state.step
    with atelier.drawing.drawing(atelier.model):  # whole where it is to be read, too
        x = atelier.renderer.pictures(matrix.bank, wanted, step=step, size=size if gauge is None else None)
    if gauge is None:
        return x, None
    with atelier.reading.drawing(atelier.model):
        rating = float(atelier.rater.ratings(matrix.bank, wanted, gauge, step=step)[0])
    return reduced(x, size), rating


def raw(x: Tensor, space: Space) -> tuple[list[int], bytes]:
    """Pictures as uint8 (N, H, W, C), series as little-endian float32 (N, T): the shape and the bytes."""
    found = x.numpy().astype("<f4") if space.kind == "series" else to_uint8(x)
    return list(found.shape), found.tobytes()


def send_sensitivity(ateliers: Ateliers, fields: Fields) -> Callable[[Channel], None]:
    """The work of measuring how much each column of a bank changes the picture, and the rating where asked for."""
    (atelier, bank), gauge = ateliers.bank(fields), ateliers.gauge(fields)

    def send(channel: Channel) -> None:
        report = reporting(channel)
        rated, swaps = [] if gauge is None else [gauge], chance(0)
        try:
            with refusing():
                found = sensitivity(atelier.renderer, bank, rated, generator=swaps, progress=report,
                                    should_stop=channel.stopped)  # fmt: skip
        except CancelledError:
            return
        ratings = None if gauge is None else found.ratings[:, 0].tolist()
        channel.send("sensitivity", pixels=found.pixels.tolist(), ratings=ratings, swaps=found.swaps)
        channel.send("done")

    return send


def grid(ateliers: Ateliers, fields: Fields) -> Answer:
    """A style-mix grid: `rows` and `columns` pictures by seeds from `seed` on, columns' parts `first` to `last`."""
    atelier = ateliers.of(fields)
    rows, columns = (read.whole(fields, name, *GRID, default=4) for name in ("rows", "columns"))
    seed = read.whole(fields, "seed", 0, MOST_SEED - 2 * GRID[1], default=0)
    slots = atelier.slots(read_columns(fields, "parts"))
    last = read.whole(fields, "last", 0, len(slots) - 1, default=(len(slots) - 1) // 2)
    first = read.whole(fields, "first", 0, last, default=0)
    seeds = range(seed, seed + rows + columns)
    with refusing():
        made = mix_grid(atelier.model, slots, seeds[:rows], seeds[rows:], range(first, last + 1))
    x = torch.cat([made.rows, made.columns, made.cells.flatten(0, 1)])
    return {
        "slots": [slot.name for slot in slots.slots],
        "first": first,
        "last": last,
        "seeds": list(seeds),
        "rows": rows,
        "columns": columns,
        **pictures(x, atelier.model.space, longest=128),
    }


def reporting(channel: Channel) -> Callable[[int, int], None]:
    """Sends the share that is done, a few times a second."""
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY_S:
            last = time.monotonic()
            channel.send("progress", share=round(done / max(total, 1), 4))

    return report
