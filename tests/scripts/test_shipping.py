"""What travels with a classifier: as many examples as fit, and none that must not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from engine.checkpoints import CheckpointError, Examples
from engine.checkpoints.examples import fitting
from engine.data import load_dataset
from engine.models import MODELS
from engine.training import RECIPES, Network
from scripts.training import needs
from scripts.training.needs import needed, start_of
from scripts.training.shipping import shipment
from tests.training.toys import small, split_for

FACES = RECIPES["celeba/attributes"]


def faces():
    """The face data set's facts over random pictures."""
    known, split = load_dataset(FACES.dataset), split_for(FACES, n=5)
    facts = {name: getattr(known, name) for name in ("title", "space", "shareable", "classes", "factor_names")}
    return SimpleNamespace(**facts, split=lambda name: split)


def generator():
    model = MODELS.build("burgess", num_latents=4, channels=3, width=2, hidden=4)
    model.sample = lambda n, *, generator: torch.randn(n, 4, generator=generator)
    return model.eval()


def classifier():
    return Network("resnet-classifier", {**FACES.network.options, "width": 2, "layers": (1,)}).build(seed=0).eval()


def test_pictures_that_may_not_travel_are_replaced_by_drawn_ones():
    dataset, drawn = faces(), generator()
    examples = shipment(classifier(), FACES, dataset, {}, drawn).examples
    assert examples.x.shape == (64, 3, 128, 128)
    assert examples.labels is None and examples.factors is None
    with torch.no_grad():
        code = drawn.sample(64, generator=torch.Generator().manual_seed(7))
        torch.testing.assert_close(
            torch.nn.functional.avg_pool2d(examples.x, 2), drawn.decode(code), rtol=0, atol=0.05
        )
    photographs = dataset.split("test").batch(range(5)).x
    assert (examples.x[:, None] - photographs[None]).abs().amax(dim=(2, 3, 4)).min() > 0.1


def test_without_a_generator_they_are_not_shipped_at_all():
    with pytest.raises(ValueError, match="pictures of CelebA may not travel; its recipe should name `pictures`"):
        shipment(classifier(), FACES, faces(), {})


def test_an_autoencoder_ships_what_it_makes_of_such_pictures():
    row = replace(RECIPES["celeba/vae"], dataset="celeba")
    dataset = faces()
    dataset.space = replace(dataset.space, shape=(3, 64, 64))
    split = split_for(RECIPES["celeba/vae"], n=40)
    dataset.split = lambda name: split
    model = Network("burgess", {"num_latents": 4, "channels": 3, "width": 2, "hidden": 4}).build(seed=0).eval()
    examples = shipment(model, row, dataset, {}).examples
    with torch.no_grad():
        torch.testing.assert_close(examples.x, model.decode(examples.codes))


def test_samples_travel_with_a_generator_and_the_learner_stays_behind():
    row = small("mnist/stylegan2")
    model = row.network.build(seed=0).eval()
    parcel = shipment(model, row, load_split(row), {})
    assert parcel.axes == ()
    shipped = parcel.network.build()
    names = {name.partition(".")[0] for name in shipped.state_dict()}
    assert names == {"mapping", "synthesis", "discriminator"}
    shipped.load_state_dict({name: value for name, value in model.state_dict().items() if name in shipped.state_dict()})
    with torch.no_grad():
        torch.testing.assert_close(shipped.decode(parcel.examples.codes), parcel.examples.x)


def load_split(row):
    dataset = load_dataset(row.dataset)
    dataset.split = lambda name: split_for(row)
    return dataset


def test_as_many_examples_travel_as_fit():
    noise = torch.rand(256, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    kept = fitting(Examples(x=noise, labels=torch.arange(256)), load_dataset("flowers@96").space)
    assert 8 < len(kept) < 256
    assert kept.labels.tolist() == list(range(len(kept)))


def test_what_draws_the_examples_comes_first():
    assert needed(FACES) == ("celeba/vae",)
    assert RECIPES["celeba/vae"].id == "celeba/vae"


def test_weights_that_cannot_be_had_are_said_and_done_without(monkeypatch, capsys):
    row = RECIPES["flowers/daisy-sunflowers-paper"]

    def offline(reference):
        raise CheckpointError("The Hub does not answer.")

    monkeypatch.setattr(needs, "fetch", offline)
    assert start_of(row) is None
    assert f"starts from scratch, as {row.start} cannot be had: The Hub" in capsys.readouterr().err
    assert start_of(FACES) is None
