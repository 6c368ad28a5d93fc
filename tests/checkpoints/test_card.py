from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from engine.checkpoints.card import readme
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
    assert "| Source | a / b c |" in readme(config, {})
