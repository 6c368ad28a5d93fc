from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.interfaces import Part, Space
from engine.metrics.encodings import encode_batches
from engine.metrics.inference import batches
from engine.metrics.reconstruction import reconstruction_error
from engine.models import MODELS


class Pixels(nn.Module):
    """Linear logits of a 2 x 2 picture; with or without the logits to be seen."""

    latent_dim, layout, space = 3, (Part("latent", 3),), Space(kind="image", shape=(1, 2, 2))

    def __init__(self, show_logits=True):
        super().__init__()
        self.weight = nn.Parameter(torch.arange(12.0).reshape(3, 4) / 10)
        self.dropout = nn.Dropout(0.5)
        if show_logits:
            self.logits = self._logits

    def _logits(self, z):
        return self.dropout(z @ self.weight).reshape(-1, 1, 2, 2)

    def decode(self, z):
        return self._logits(z).sigmoid()


@pytest.fixture
def pictures(seeded):
    return torch.rand(7, 1, 2, 2, generator=seeded())


@pytest.fixture
def codes(seeded):
    return torch.randn(7, 3, generator=seeded(1))


@pytest.mark.parametrize("show_logits", [True, False])
@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_sums_over_pixels_and_averages_over_examples(array_split, pictures, codes, show_logits, batch_size):
    model = Pixels(show_logits)
    error = reconstruction_error(model, batches(array_split(pictures), batch_size=batch_size), codes)
    p = (codes @ model.weight).sigmoid().reshape(7, 1, 2, 2)
    squared = sum(((pictures[i] - p[i]) ** 2).sum() for i in range(7)) / 7
    nats = -sum((pictures[i] * p[i].log() + (1 - pictures[i]) * (1 - p[i]).log()).sum() for i in range(7)) / 7
    assert error.mse == pytest.approx(squared.item())
    assert error.nll == pytest.approx(nats.item())
    assert error.num_examples == 7


def test_the_model_is_left_in_the_mode_it_was_in(array_split, pictures, codes):
    model = Pixels().train()
    model.dropout.eval()
    reconstruction_error(model, batches(array_split(pictures)), codes)
    assert (model.training, model.dropout.training) == (True, False)


def test_logits_keep_what_a_saturated_sigmoid_loses(array_split):
    model = Pixels()
    codes = torch.tensor([[0.0, 0.0, 200.0]])  # logits of 160 and more: sigmoid rounds to 1
    error = reconstruction_error(model, batches(array_split(torch.zeros(1, 1, 2, 2))), codes)
    assert error.nll == pytest.approx(200 * (0.8 + 0.9 + 1.0 + 1.1))


def test_a_series_has_no_cross_entropy_and_its_own_formula_no_error(array_split, seeded):
    formula = MODELS.build("sinelines-formula")
    factors = formula.sample(20, generator=seeded())
    error = reconstruction_error(formula, batches(array_split(formula.decode(factors))), factors)
    assert (error.mse, error.nll) == (0, None)


def test_one_code_per_example(array_split, pictures, codes):
    for wrong in (codes[:5], torch.cat([codes, codes]), codes[:0]):
        with pytest.raises(ValueError, match=f"one row per example; got {len(wrong)} codes"):
            reconstruction_error(Pixels(), batches(array_split(pictures), batch_size=2), wrong)
    with pytest.raises(ValueError, match="at least one"):
        reconstruction_error(Pixels(), [], codes[:0])


@pytest.fixture
def vae(seeded):
    model = MODELS.build("dense", length=8, num_latents=2, hidden=16)
    model.reset_parameters(seeded())
    return model


@pytest.fixture
def series(seeded):
    return torch.randn(50, 8, generator=seeded(2))


def test_a_variational_model_decodes_one_sample_not_the_mean(array_split, vae, series, seeded):
    encodings = encode_batches(vae, batches(array_split(series), batch_size=16))
    sampled = encodings.sampled_codes(generator=seeded())
    noise = torch.randn(50, 2, generator=seeded())
    with torch.no_grad():
        mean, log_var = vae.posterior(series)
    torch.testing.assert_close(encodings.mean, mean)
    torch.testing.assert_close(sampled, mean + (log_var / 2).exp() * noise)
    torch.testing.assert_close(sampled, encodings.sampled_codes(generator=seeded()))
    assert not torch.allclose(sampled, encodings.sampled_codes(generator=seeded(1)))


def test_a_plain_autoencoder_decodes_its_mean(array_split, series, seeded):
    model = MODELS.build("dense", length=8, num_latents=2, hidden=16, variational=False)
    encodings = encode_batches(model, batches(array_split(series)))
    assert encodings.log_var is None
    torch.testing.assert_close(encodings.sampled_codes(generator=seeded()), encodings.mean)


def test_a_conditional_model_is_told_the_true_label(array_split, vae, series, seeded):
    labels = torch.arange(50) % 3
    encodings = encode_batches(vae, batches(array_split(series, labels), batch_size=20))
    codes = encodings.sampled_codes(generator=seeded(), num_classes=3)
    assert codes.shape == (50, 5)
    torch.testing.assert_close(codes[:, :3], torch.eye(3)[labels])
    with pytest.raises(ValueError, match="told one of 3 categories, but the data have no labels"):
        encode_batches(vae, batches(array_split(series))).sampled_codes(generator=seeded(), num_classes=3)


def test_nothing_to_encode(vae):
    with pytest.raises(ValueError, match="nothing to encode"):
        encode_batches(vae, [])
