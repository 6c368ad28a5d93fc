"""What the style matrix asks, as plain functions: states from commands, pictures with ratings, grids, files."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from apps import fields as read
from apps.gradio_app.style_matrix_banks import Ateliers, Matrix, fitting, named
from apps.gradio_app.traverse import Answer, pictures
from apps.hypothesising import refusing
from apps.plain_numbers import short
from apps.refusals import RefusedError
from apps.streaming import Channel
from engine.explain.progress import CancelledError
from engine.explain.readouts import Gauge
from engine.explain.style_matrix import (
    BankSettings,
    Configuration,
    Mix,
    Session,
    State,
    commands,
    load_session,
    mix_grid,
    save_session,
    sensitivity,
    state_from_json,
    state_to_json,
    tiles,
)
from engine.explain.style_matrix.bank import MOST_SLOTS, MOST_STYLES
from engine.explain.style_matrix.rendering import reduced
from engine.explain.style_matrix.state import MOST_REFERENCES
from engine.figures.palette import DIVERGING, DIVERGING_ON_DARK, SEQUENTIAL, sampled
from engine.images import to_uint8
from engine.interfaces import Space

MOST_SEED = 2**31 - 1
MOST_PICTURES = MOST_SLOTS * MOST_STYLES + MOST_REFERENCES + 1  # of one request: all that one view shows
SIZE = (16, 1024)  # pixels of a longer side that may be asked for
GRID = (1, 12)  # rows or columns of a style-mix grid
_AT_ONCE = 12  # pictures a piece: the first ones are there early
_EVERY_S = 0.1
_COLORS = 65

Fields = Mapping[str, Any]


# ------------------------------------------------------------------------------------------------- states


def start(ateliers: Ateliers, fields: Fields) -> Answer:
    """A new matrix of a `model`: `styles`, `columns` (or null), `shared`, `seed` of the bank, `count` pictures."""
    atelier, settings = ateliers.of(fields), read_settings(fields)
    count = read.whole(fields, "count", 1, 64, default=commands.FIRST_IMAGES)
    bank = atelier.bank(settings)
    with refusing():
        state = commands.start(len(bank.slots), settings, generator=_generator(settings.seed), count=count)
        if fields.get("view") is not None:
            state = commands.show(state, _view_of(fields))
    return view(Matrix(atelier, bank, state))


def do(ateliers: Ateliers, fields: Fields) -> Answer:
    """The view after a `command` (see `COMMANDS`) on a `state` of a `model`; its arguments are fields, too."""
    matrix = ateliers.matrix(fields)
    command = COMMANDS[read.text(fields, "command", options=tuple(COMMANDS))]
    with refusing():
        state = command(matrix, fields)
    return view(fitting(matrix.atelier, state))


def view(matrix: Matrix) -> Answer:
    """What a page shows of a matrix: its state, and the names of all pictures by which it asks for them."""
    state, slots = matrix.state, matrix.bank.slots
    return {
        "model": matrix.atelier.model.id,
        "state": state_to_json(state),
        "bank": matrix.bank.id,
        "slots": [{"name": slot.name, "mixing": slot.mixing} for slot in slots.slots],
        "note": slots.note,
        "space": {"kind": matrix.atelier.model.space.kind, "shape": list(matrix.atelier.model.space.shape),
                  "limits": matrix.atelier.model.space.limits},
        "picture": matrix.key(state.picture),
        "references": [matrix.key(one) for one in state.references],
        "tiles": [[matrix.key(tile) for tile in column] for column in tiles(state)],
        "positions": list(state.positions),
        "words": [_words(mix) for mix in state.picture.mixes],
        "copied": [slots.slots[k].name for k, mix in enumerate(state.copied) if mix is not None],
    }  # fmt: skip


def _place(fields: Fields, state: State) -> float:
    """`place`, a position in a column."""
    place = fields.get("place")
    if isinstance(place, bool) or not isinstance(place, int | float) or not 0 <= place <= state.styles - 1:
        raise RefusedError(f"place should be a number from 0 to {state.styles - 1}; got {short(place)}.")
    return float(place)


def _slot(matrix: Matrix, fields: Fields) -> int:
    return read.whole(fields, "slot", 0, matrix.state.slots - 1)


def _tile(matrix: Matrix, fields: Fields, name: str) -> int:
    return read.whole(fields, name, 0, matrix.state.styles - 1)


def _reference(matrix: Matrix, fields: Fields) -> int:
    return read.whole(fields, "number", 0, len(matrix.state.references) - 1)


def _seeded(fields: Fields) -> torch.Generator:
    return _generator(read.whole(fields, "seed", 0, MOST_SEED))


def _mix(matrix: Matrix, fields: Fields) -> State:
    return commands.mix(matrix.state, _slot(matrix, fields), _place(fields, matrix.state))


def _apply(matrix: Matrix, fields: Fields) -> State:
    return commands.set_mix(matrix.state, _slot(matrix, fields), Mix(_tile(matrix, fields, "style")))


def _move(matrix: Matrix, fields: Fields) -> State:
    ends = (_tile(matrix, fields, "source"), _tile(matrix, fields, "target"))
    return commands.move_tile(matrix.state, _slot(matrix, fields), *ends)


def _shuffled(matrix: Matrix, fields: Fields) -> State:
    count = read.whole(fields, "count", 1, 64, default=commands.SHUFFLED_IMAGES)
    return commands.shuffle_images(matrix.state, generator=_seeded(fields), count=count)


def _copied(matrix: Matrix, fields: Fields) -> State:
    chosen = None if fields.get("slot") is None else [_slot(matrix, fields)]
    return commands.copy(matrix.state, chosen)


def _restyled(matrix: Matrix, fields: Fields) -> State:
    settings = read_settings(fields)
    slots = len(matrix.atelier.slots(settings.columns))
    return commands.shuffle_styles(matrix.state, settings, slots=slots, generator=_generator(settings.seed))


# What a page may do, by name; each takes the matrix and the request's fields.
COMMANDS: Mapping[str, Callable[[Matrix, Fields], State]] = MappingProxyType(
    {
        "look": lambda matrix, fields: matrix.state,
        "mix": _mix,  # slot, place
        "apply": _apply,  # slot, style
        "move": _move,  # slot, source, target
        "select": lambda matrix, fields: commands.select(matrix.state, _reference(matrix, fields)),  # number
        "pictures": _shuffled,  # seed, count
        "styles": _restyled,  # styles, columns, shared, seed
        "copy": _copied,  # slot or null for all
        "paste": lambda matrix, fields: commands.paste(matrix.state, _reference(matrix, fields)),  # number
        "add": lambda matrix, fields: commands.add(matrix.state),
        "delete": lambda matrix, fields: commands.delete(matrix.state, _reference(matrix, fields)),  # number
        "show": lambda matrix, fields: commands.show(matrix.state, _view_of(fields)),  # view
    }
)


# ------------------------------------------------------------------------------------------------- pictures


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
    step = _step(fields)
    wanted = named(bank, fields.get("keys"), most=MOST_PICTURES, step=step)
    gauge, size = ateliers.gauge(fields), _size(fields)

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
    size, gauge = _size(fields), ateliers.gauge(fields)
    with refusing():
        picture = _mix(matrix, fields).picture
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
        rated, chance = [] if gauge is None else [gauge], _generator(0)
        try:
            with refusing():
                found = sensitivity(atelier.renderer, bank, rated, generator=chance, progress=report,
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
    slots = atelier.slots(_columns(fields, "parts"))
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


# ------------------------------------------------------------------------------------------------- files


def save(ateliers: Ateliers, fields: Fields) -> Answer:
    """The session file of a `state` and its `bookmarks`, [{name, state}], rated by `rating`: name and text."""
    matrix, marks = ateliers.matrix(fields), fields.get("bookmarks", [])
    if not isinstance(marks, list) or not all(isinstance(mark, Mapping) for mark in marks):
        raise RefusedError("bookmarks should be a list of objects with name and state.")
    rating = fields.get("rating", "")
    if not isinstance(rating, str) or len(rating) > 400:
        raise RefusedError("rating should be a text of at most 400 characters.")
    with refusing():
        session = Session(state=commands.rate_by(matrix.state, rating))
        for mark in marks:
            name = read.text(mark, "name")
            session = session.move_to(state_from_json(mark.get("state"))).bookmark(name)
        session = Session(state=commands.rate_by(matrix.state, rating), bookmarks=session.bookmarks)
        model = matrix.atelier.model.id
        text = save_session(session, model=model, bank=matrix.bank.id)
    return {"name": f"style-matrix-{model.replace('/', '-')}.json", "text": text}


def load(ateliers: Ateliers, fields: Fields) -> Answer:
    """The views of a session file's `text`: where it stood and its bookmarks; `note` where pictures may differ."""
    text = fields.get("text")
    if not isinstance(text, str):
        raise RefusedError("text should be what a session's file holds.")
    with refusing():
        saved = load_session(text)
    atelier = ateliers.of({"model": saved.model})
    now = view(fitting(atelier, saved.session.state))
    marks = [{"name": one.name, "view": view(fitting(atelier, one.state))} for one in saved.session.bookmarks]
    other = "" if now["bank"] == saved.bank else (
        f"{saved.model} is not the model that this session was saved with: its styles look different now.")  # fmt: skip
    return {"view": now, "bookmarks": marks, "rating": saved.session.state.rating, "note": other}


# ------------------------------------------------------------------------------------------------- fields


def read_settings(fields: Fields) -> BankSettings:
    """A bank's `styles`, `columns` (or null), `shared` and `seed`.

    Raises:
        RefusedError: If one is not what it should be.
    """
    shared = fields.get("shared", True)
    if not isinstance(shared, bool):
        raise RefusedError(f"shared should be true or false; got {short(shared)}.")
    return BankSettings(
        styles=read.whole(fields, "styles", 2, MOST_STYLES, default=8),
        columns=_columns(fields, "columns"),
        shared=shared,
        seed=read.whole(fields, "seed", 0, MOST_SEED, default=0),
    )


def _columns(fields: Fields, name: str) -> int | None:
    return None if fields.get(name) is None else read.whole(fields, name, 1, MOST_SLOTS)


def _view_of(fields: Fields) -> Any:  # noqa: ANN401 - View, by its options
    return read.text(fields, "view", options=("style", "result"))


def _size(fields: Fields) -> int | None:
    return None if fields.get("size") is None else read.whole(fields, "size", *SIZE)


def _step(fields: Fields) -> float:
    step = fields.get("step", 0.01)
    if isinstance(step, bool) or not isinstance(step, int | float) or not 1e-6 < step <= 1:
        raise RefusedError(f"step should be a number above 0 and up to 1; got {short(step)}.")
    return float(step)


def _words(mix: Mix) -> str:
    if mix.second is None:
        return f"style {mix.first + 1}"
    return f"{mix.share:.0%} of {mix.first + 1}, {1 - mix.share:.0%} of {mix.second + 1}"


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def reporting(channel: Channel) -> Callable[[int, int], None]:
    """Sends the share that is done, a few times a second."""
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY_S:
            last = time.monotonic()
            channel.send("progress", share=round(done / max(total, 1), 4))

    return report
