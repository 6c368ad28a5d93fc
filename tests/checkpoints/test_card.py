from __future__ import annotations

import io
import json

import pytest
import torch
from PIL import Image

from engine.checkpoints import read_examples
from engine.checkpoints.card import readme, traversal_rows
from engine.checkpoints.config import axes_of_config, read_config
from engine.interfaces import Space
from engine.metrics import METRICS as TABLE
from tests.checkpoints.small import METRICS


def test_the_card_has_what_the_hub_and_a_reader_need(make):
    folder, _ = make("mnist/ss5", metrics={**METRICS, "mig": {"value": 0.123456, "paper_value": None}})
    text = (folder / "README.md").read_text()
    front, body = text.split("---\n")[1:]
    assert "library_name: latent-explorer" in front
    assert "- mnist\n" in front
    assert body.startswith("\n# mnist: Small mnist/ss5\n")
    assert "| Network | `factor-vae-28` (num_latents 2, num_classes 10, width 2, hidden 8) |" in body
    assert "| mse | 1.5 | 2 | squared error | A test. |" in body
    assert "| mig | 0.1235 | – | | |" in " ".join(body.split("  "))
    assert "mi_matrix" not in body
    assert 'engine.load("mnist/ss5")' in body
    assert "![Held-out examples" in body


def test_faces_may_not_travel_and_their_terms_are_on_the_card(make):
    folder, _ = make("celeba/vae")
    text = (folder / "README.md").read_text()
    assert "license: other\n" in text
    assert "non-commercial research only" in text and "No picture of it travels with this model" in text
    assert not (folder / "reconstructions.png").exists() and (folder / "traversal.png").exists()


def test_the_code_of_a_card_runs(make):
    for name in ("mnist/ss5", "mnist/digits", "sinelines/gt"):
        folder, _ = make(name)
        code = (folder / "README.md").read_text().split("```python\n")[1].split("```")[0]
        exec(compile(code, name, "exec"), {})


@pytest.mark.parametrize(("name", "size"), [("mnist/ss5", 28), ("dsprites/vae", 64)])
def test_pictures(make, name, size):
    folder, _ = make(name)
    reconstructions = Image.open(io.BytesIO((folder / "reconstructions.png").read_bytes()))
    assert reconstructions.size == (8 * (size + 2) - 2, 4 * (size + 2) - 2)
    axes = len(json.loads((folder / "config.json").read_text())["axes"])
    traversal = Image.open(folder / "traversal.png")
    assert traversal.size == (11 * (size + 2) - 2, axes * (size + 2) - 2)


@pytest.mark.parametrize("name", ["mnist/ss5", "mnist/ig5"])
def test_every_code_of_the_traversal_has_one_category_and_the_category_shows_each_once(make, name):
    folder, _ = make(name)
    axes = axes_of_config(read_config(folder))
    codes = read_examples(folder / "samples.safetensors", Space(kind="image", shape=(1, 28, 28))).codes
    rows = traversal_rows(axes, codes)
    assert len(rows) == min(8, len(axes)) and any(axis.kind == "category" for axis in axes)
    for axis, row in zip(axes, rows, strict=False):
        assert row[:, :10].sum(dim=1).eq(1).all() and row[:, :10].max(dim=1).values.eq(1).all()
        if axis.kind == "category":
            assert row[:, :10].equal(torch.eye(10))
        else:
            assert len(row) == 11 and row[:, :10].unique(dim=0).shape[0] == 1


@pytest.mark.parametrize("name", ["sinelines/vae", "mnist/digits"])
def test_no_pictures_where_nothing_is_drawn(make, name):
    folder, _ = make(name)
    assert not list(folder.glob("*.png"))


def test_a_card_without_metrics_says_so(make):
    folder, _ = make("sinelines/vae")
    config = json.loads((folder / "config.json").read_text())
    assert "None was measured." in readme(config, {})


def test_text_cannot_break_the_table(make):
    folder, _ = make("sinelines/vae")
    config = json.loads((folder / "config.json").read_text()) | {"source": "a | b\nc"}
    assert r"| Source | a \| b c |" in readme(config, {})
    row = {"value": 0.5, "unit": "a|b", "definition": TABLE["ece"].definition}
    (line,) = [line for line in readme(config, {"ece": row}).splitlines() if line.startswith("| ece ")]
    assert line.replace(r"\|", "").count("|") == 6, "five cells"
    assert r"\|accuracy - confidence\|" in line
