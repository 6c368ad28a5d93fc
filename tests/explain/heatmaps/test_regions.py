"""Pieces of pictures."""

from __future__ import annotations

import torch

from engine.explain.heatmaps.regions import num_regions, regions
from tests.explain.heatmaps.nets import pictures


def test_a_grid_is_cut_evenly():
    pieces = regions(pictures(1), "grid", 4)[0, 0]
    assert pieces[:4, :4].eq(0).all() and pieces[4:, 4:].eq(3).all()
    assert num_regions(8, 8, 4) == 4 and num_regions(10, 40, 16) == 16 and num_regions(1, 3, 400) == 3


def test_superpixels_follow_colours():
    x = torch.zeros(1, 3, 16, 16)
    x[:, :, :, 6:] = 1.0  # an edge that no grid of four has
    pieces = regions(x, "superpixels", 4)[0, 0]
    left, right = set(pieces[:, :6].flatten().tolist()), set(pieces[:, 6:].flatten().tolist())
    assert not left & right and len(left | right) >= 2


def test_superpixels_do_not_depend_on_company():
    x = pictures(3, side=12)
    assert torch.equal(regions(x, "superpixels", 9)[1:2], regions(x[1:2], "superpixels", 9))
    assert int(regions(x, "superpixels", 9).max()) < num_regions(12, 12, 9)
