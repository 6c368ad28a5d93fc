"""The whole job on a small StyleGAN2: directions of a style, stored once and shown over all layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.checkpoints import read_directions
from engine.explain.directions import (
    AttributeDirections,
    Job,
    Labelling,
    PrincipalDirections,
    Sweeping,
    draw_codes,
    run,
)
from engine.interfaces import Space
from engine.models.stylegan2 import StyleGAN2
from engine.models.walk import walk


class Brightness(nn.Module):
    """Says how bright a picture is."""

    id, classes, exclusive, readout = "toy/brightness", ("Bright",), False, None
    space = Space(kind="image", shape=(1, 8, 8))

    def logits(self, x):
        return 20 * (x.mean(dim=(1, 2, 3), keepdim=False)[:, None] - 0.5)


@pytest.fixture(scope="module")
def model():
    generator = torch.Generator().manual_seed(0)
    network = StyleGAN2(resolution=8, channels=1, z_dim=8, w_dim=8, mapping_layers=1, channel_base=64, channel_max=8,
                        discriminator=False, training=False)  # fmt: skip
    network.reset_parameters(generator)
    network.mapping.w_avg.copy_(network.map(torch.randn(2000, 8, generator=generator), psi=1.0).mean(dim=0))
    network.id, network.axes = "toy/stylegan2", ()
    return network.eval().requires_grad_(False)


def test_codes_are_truncated_towards_the_mean_style(model):
    near, far = (draw_codes(model, 3, psi=psi, generator=torch.Generator().manual_seed(1)) for psi in (0.5, 1.0))
    mean = model.repeated(model.w_mean[None])
    torch.testing.assert_close(near - mean, 0.5 * (far - mean))


def test_a_direction_of_styles_moves_all_layers_alike_and_the_classifier_with_it(model, tmp_path):
    finders = (AttributeDirections(), PrincipalDirections(count=1, groups=2))
    job = Job(model=model, classifier=Brightness(), finders=finders,
              labelling=Labelling(train=200, held_out=100, psi=1.0), sweeping=Sweeping(codes=4, count=5))  # fmt: skip
    found = run(job, tmp_path)
    bright, whole, *groups = found.directions
    assert bright.about["held_out"]["accuracy"] > max(0.8, bright.about["held_out"]["majority"] - 0.05)
    assert found.effects.monotonicity[0][0] > 0.8
    assert found.effects.change[0][0] > 0
    assert {len(one.vector) for one in found.directions} == {8}
    assert len(groups) == 2
    assert all(torch.equal(one.vector, whole.vector) for one in groups)  # a drawn code has one style in all layers
    stored, axes = read_directions(tmp_path, model.layout)
    assert torch.equal(stored[0].vector, bright.vector)
    codes = walk(axes[0], model.repeated(model.w_mean[None])[0], torch.tensor([0.0, 1.0])).codes
    torch.testing.assert_close((codes[1] - codes[0]).unflatten(0, (-1, 8)), bright.vector.expand(model.num_ws, 8))
