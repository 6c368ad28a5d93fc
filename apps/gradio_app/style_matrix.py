"""What the style matrix asks, as plain functions: a state in, the state after a command and its page out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch

from apps import fields as read
from apps.gradio_app.style_matrix_banks import Ateliers, Matrix, fitting
from apps.gradio_app.style_matrix_fields import MOST_SEED, Fields, chance, read_settings, read_view
from apps.gradio_app.traverse import Answer
from apps.hypothesising import refusing
from apps.plain_numbers import short
from apps.refusals import RefusedError
from engine.explain.style_matrix import Mix, State, commands, state_to_json, tiles


def start(ateliers: Ateliers, fields: Fields) -> Answer:
    """A new matrix of a `model`: `styles`, `columns` (or null), `shared`, `seed` of the bank, `count` pictures."""
    atelier, settings = ateliers.of(fields), read_settings(fields)
    count = read.whole(fields, "count", 1, 64, default=commands.FIRST_IMAGES)
    bank = atelier.bank(settings)
    with refusing():
        state = commands.start(len(bank.slots), settings, generator=chance(settings.seed), count=count)
        if fields.get("view") is not None:
            state = commands.show(state, read_view(fields))
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
    return chance(read.whole(fields, "seed", 0, MOST_SEED))


def mixed(matrix: Matrix, fields: Fields) -> State:
    """After the mix of `slot` went to `place`."""
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
    return commands.shuffle_styles(matrix.state, settings, slots=slots, generator=chance(settings.seed))


# What a page may do, by name; each takes the matrix and the request's fields.
COMMANDS: Mapping[str, Callable[[Matrix, Fields], State]] = MappingProxyType(
    {
        "look": lambda matrix, fields: matrix.state,
        "mix": mixed,  # slot, place
        "apply": _apply,  # slot, style
        "move": _move,  # slot, source, target
        "select": lambda matrix, fields: commands.select(matrix.state, _reference(matrix, fields)),  # number
        "pictures": _shuffled,  # seed, count
        "styles": _restyled,  # styles, columns, shared, seed
        "copy": _copied,  # slot or null for all
        "paste": lambda matrix, fields: commands.paste(matrix.state, _reference(matrix, fields)),  # number
        "add": lambda matrix, fields: commands.add(matrix.state),
        "delete": lambda matrix, fields: commands.delete(matrix.state, _reference(matrix, fields)),  # number
        "show": lambda matrix, fields: commands.show(matrix.state, read_view(fields)),  # view
    }
)


def _words(mix: Mix) -> str:
    if mix.second is None:
        return f"style {mix.first + 1}"
    return f"{mix.share:.0%} of {mix.first + 1}, {1 - mix.share:.0%} of {mix.second + 1}"
