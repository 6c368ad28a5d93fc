"""How much slots matter, and the grid of styles by seeds, on a model known in closed form."""

from __future__ import annotations

import pytest
import torch

from engine.explain.style_matrix import Renderer, coarse, mix_grid, sensitivity
from engine.models.slots import slots_of
from tests.explain.style_matrix.toys import Entry, Plain, Readable, bank_of


def measured(model, ratings=(), batch_size=64, **more):
    bank, generator = bank_of(model, seed=3), torch.Generator().manual_seed(0)
    found = sensitivity(Renderer(model, batch_size=batch_size), bank, ratings, generator=generator, **more)
    return found, bank.codes[0]


def test_every_swap_counts_alike():
    found, codes = measured(Plain(), [Entry(1)])
    apart = (codes[:, None] - codes[None]).abs().sum(dim=(0, 1)) / 12  # mean over the twelve ordered pairs of styles
    assert found.swaps == 12
    torch.testing.assert_close(found.pixels, apart / 3)
    torch.testing.assert_close(found.ratings[:, 0], torch.tensor([0.0, float(apart[1]), 0.0]))
    assert found.order == tuple(apart.argsort(descending=True).tolist())
    assert found.leakage is None


@pytest.mark.parametrize("batch_size", [1, 9])
def test_the_size_of_batches_changes_nothing(batch_size):
    told = []
    one, _ = measured(Readable(), [Entry(0)])
    other, _ = measured(Readable(), [Entry(0)], batch_size, progress=lambda *numbers: told.append(numbers))
    for name in ("pixels", "ratings", "leakage"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name))
    assert told[-1] == (12, 12)


def test_leakage_is_what_other_slots_are_read_to_change():
    found, codes = measured(Readable())
    space = slots_of(Readable(), draws=200).space
    step = ((codes[:, None] - codes[None]).square().sum(dim=(0, 1)) / 12).sqrt()
    wanted = torch.diag(step / space.scale)
    wanted[2, 1] = 0.5 * step[2] / space.scale[1]
    torch.testing.assert_close(found.leakage, wanted, atol=1e-5, rtol=1e-4)


def test_fewer_swaps_are_drawn_by_the_generator():
    one, again = measured(Plain(), swaps=5)[0], measured(Plain(), swaps=5)[0]
    assert one.swaps == 5 and torch.equal(one.pixels, again.pixels)
    with pytest.raises(ValueError, match="at least 1 swap; got 0"):
        measured(Plain(), swaps=0)


def test_a_grid_takes_some_slots_from_the_columns_picture():
    grid = mix_grid(Plain(), slots_of(Plain(), draws=50), [1, 2], [3, 4, 5], replaced=(0, 2))
    rows, columns = grid.rows.flatten(1), grid.columns.flatten(1)
    wanted = rows[:, None].repeat(1, 3, 1)
    wanted[:, :, [0, 2]] = columns[None, :, [0, 2]].expand(2, -1, -1)
    torch.testing.assert_close(grid.cells.flatten(2), wanted)
    alone = mix_grid(Plain(), slots_of(Plain(), draws=50), [2], [5], replaced=(0, 2))
    torch.testing.assert_close(alone.cells[0, 0], grid.cells[1, 2])


@pytest.mark.parametrize(("layers", "wanted"), [(18, 7), (8, 3), (1, 1)])
def test_the_grid_replaces_the_published_share_of_slots(layers, wanted):
    class Counted:
        def __len__(self):
            return layers

    assert coarse(Counted()) == tuple(range(wanted))


@pytest.mark.parametrize(
    ("rows", "replaced", "message"),
    [([], (0,), "1 to 400 cells"), (range(401), (0,), "1 to 400 cells"), ([1], (), "slots to replace"),
     ([1], (3,), "from 0 to 2; got .3.")],
)  # fmt: skip
def test_mistakes_are_named(rows, replaced, message):
    with pytest.raises(ValueError, match=message):
        mix_grid(Plain(), slots_of(Plain(), draws=50), rows, [1], replaced)
