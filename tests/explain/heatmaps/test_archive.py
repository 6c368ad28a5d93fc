"""Maps in a file: what was put in comes out, with what made it, and nothing is unpickled."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import torch

from engine.explain.heatmaps import Saliency, attribute
from engine.explain.heatmaps.archive import heatmaps_npz
from tests.explain.heatmaps.nets import linear, pictures


def test_a_file_gives_back_maps_pictures_and_what_made_them():
    x = pictures(2)
    results = [attribute(linear(), x, Saliency(absolute=False), target=1, seed=4)]
    with np.load(io.BytesIO(heatmaps_npz(x, results, picture="söl.png")), allow_pickle=False) as file:
        assert set(file.files) == {"pictures", "made_by", "saliency"}
        torch.testing.assert_close(torch.from_numpy(file["saliency"]), results[0].values)
        torch.testing.assert_close(torch.from_numpy(file["pictures"]), x)
        made_by = json.loads(str(file["made_by"]))
    assert made_by["target"] == {"classes": [1], "against": [], "negated": False}
    assert (made_by["seed"], made_by["precision"], made_by["picture"]) == (4, "fp32", "söl.png")
    assert made_by["methods"]["saliency"]["options"] == {"absolute": False}


def test_nothing_makes_no_file():
    with pytest.raises(ValueError, match="no maps to keep"):
        heatmaps_npz(pictures(1), [])
