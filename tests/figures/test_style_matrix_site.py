"""A style matrix as plain files: every picture and rating that the page can ask for, and nothing else, is there."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from engine.explain.readouts import gauges
from engine.explain.style_matrix import Rater, Renderer, commands, export_count
from engine.figures.style_matrix_site import site_files, write_site
from engine.images import to_uint8
from engine.interfaces import Space
from tests.explain.style_matrix.toys import Plain, bank_of


class Drawing(Plain):
    """Pictures of 2 x 2 pixels in grey."""

    space = Space(kind="image", shape=(1, 2, 2))

    def decode(self, z):
        return torch.sigmoid(z[:, [0, 1, 2, 0]]).reshape(-1, 1, 2, 2)


class Reader:
    """How light the first pixel is."""

    id, classes, exclusive, space = "toy/reader", ("light",), False, Space(kind="image", shape=(1, 2, 2))

    def logits(self, x):
        return torch.logit(x[:, 0, 0, :1])


@pytest.fixture
def made():
    model = Drawing()
    bank = bank_of(model, styles=3)
    state = commands.start(len(bank.slots), bank.settings, generator=torch.Generator().manual_seed(1))
    return Rater(Renderer(model)), bank, state


def data_of(files):
    return json.loads(files["data.js"].decode().removeprefix("const MATRIX = ").rstrip(";\n"))


def test_all_that_the_page_may_ask_for_is_there(made):
    rater, bank, state = made
    [gauge] = gauges(Reader(), Drawing.space)
    seen = []
    files = dict(site_files(rater, bank, state, step=0.5, gauge=gauge, progress=lambda *done: seen.append(done)))
    count = export_count(3, 3, 0.5)
    assert len(files) == count + 3 and seen[-1] == (count, count)
    data = data_of(files)
    assert {f"pictures/{name}.png" for name in data["ratings"]} == {name for name in files if name.startswith("p")} - {
        "page.js"
    }
    picture = Image.open(io.BytesIO(files["pictures/a-2_1_1-0-2.png"]))
    values = bank.values  # (S, V)
    owner = [next(iter(slot.indices)) for slot in bank.slots.slots]
    mixed = torch.empty(3)
    mixed[owner[0]] = 0.5 * (values[2, owner[0]] + values[1, owner[0]])
    mixed[owner[1]], mixed[owner[2]] = values[0, owner[1]], values[2, owner[2]]
    x = Drawing().decode(bank.slots.to_codes(mixed[None]))
    np.testing.assert_allclose(np.asarray(picture)[..., None], to_uint8(x)[0], atol=1)
    assert data["ratings"]["a-2_1_1-0-2"] == pytest.approx(float(gauge(x)[0]), abs=1e-3)
    references = [f"a-{'-'.join(texts)}" for texts in data["references"]]
    assert set(references) <= data["ratings"].keys() and len(references) == len(state.references)


def test_without_a_classifier_there_are_no_ratings(made):
    rater, bank, state = made
    data = data_of(dict(site_files(rater, bank, state, step=1.0)))
    assert (data["rating"], data["ratings"], data["parts"]) == (None, {}, 1)


def test_too_many_pictures_and_other_steps_are_refused_before_any_is_drawn(made):
    rater, bank, state = made
    with pytest.raises(ValueError, match=r"3 slots of 3 styles in steps of 0.5 has 225 pictures; at most 100"):
        site_files(rater, bank, state, step=0.5, limit=100)
    with pytest.raises(ValueError, match=r"steps of .*; got 0.3"):
        site_files(rater, bank, state, step=0.3)
    assert rater.renderer.model.batches == []


def test_series_are_refused(made):
    _, bank, state = made
    series = Drawing()
    series.space = replace(Drawing.space, kind="series", shape=(4,))
    with pytest.raises(ValueError, match="toy/plain draws series"):
        site_files(Rater(Renderer(series)), bank, state, step=1.0)


def test_a_folder_with_something_in_it_is_left_alone(made, tmp_path):
    rater, bank, state = made
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ValueError, match="is not an empty folder; name another"):
        write_site(tmp_path, site_files(rater, bank, state, step=1.0))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert write_site(tmp_path / "new", site_files(rater, bank, state, step=1.0)) == export_count(3, 3, 1.0) + 3
    assert (tmp_path / "new" / "pictures" / "a-0-1-2.png").is_file()
