"""Real checkpoint folders of small networks; every test has its own folder of checkpoints as the catalogue."""

from __future__ import annotations

import pytest

from engine.checkpoints import write_checkpoint
from tests.checkpoints.small import METRICS, TRAINING, examples_of, recipe


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    """The catalogue's folder, empty at first."""
    folder = tmp_path / "checkpoints"
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(folder))
    return folder


@pytest.fixture
def make(root):
    """Writes one of the small networks; returns its folder and the network."""

    def write(name="sinelines/vae", *, seed=3, to=root, network=None, needs=None, metrics=METRICS, **options):
        row = recipe(name, needs=tuple(needs or ()))
        model = row.network.build(seed=seed).eval()
        examples, axes = examples_of(model)
        folder = write_checkpoint(
            to, model, recipe=row, axes=axes, examples=examples, metrics=metrics, training=TRAINING,
            network=network, needs=needs or {}, **options,
        )  # fmt: skip
        return folder, model

    return write
