from __future__ import annotations

import pytest
import torch

from engine.interfaces import Part, Space
from engine.metrics.category_purity import category_purity
from engine.models import MODELS


class Painter:
    """Codes [2 noise, 3 categories]; paints the category's number, or the last when the first noise is high."""

    latent_dim, space = 5, Space(kind="image", shape=(1, 1, 1))
    layout = (Part("noise", 2), Part("category", 3, "onehot"))

    def sample(self, n, *, generator):
        return torch.cat([torch.rand(n, 2, generator=generator), torch.eye(3)[torch.zeros(n, dtype=torch.long)]], dim=1)

    def decode(self, z):
        number = torch.where(z[:, 0] > 0.75, 2, z[:, 2:].argmax(dim=1))
        return (number / 10).reshape(-1, 1, 1, 1)


class Reader:
    classes = ("zero", "one", "two", "three")

    def probabilities(self, x):
        return torch.eye(4)[(x.flatten() * 10).round().long()]


def test_counts_what_the_classifier_reads_in_every_category(seeded):
    purity = category_purity(Painter(), Reader(), generator=seeded(), samples_per_category=2000, batch_size=700)
    assert purity.counts.sum(dim=1).tolist() == [2000] * 3
    assert purity.majority.tolist() == [0, 1, 2]
    assert purity.agreement.tolist() == pytest.approx([0.75, 0.75, 1], abs=0.03)
    assert purity.mean_agreement == pytest.approx(2.5 / 3, abs=0.02)
    assert purity.num_distinct == 3
    assert purity.classes == Reader.classes


def test_batches_and_seeds(seeded):
    one, same, other = (
        category_purity(Painter(), Reader(), generator=seeded(seed), samples_per_category=50, batch_size=size)
        for seed, size in ((0, 7), (0, 150), (1, 150))
    )
    assert torch.equal(one.counts, same.counts)
    assert not torch.equal(one.counts, other.counts)


def test_works_on_an_untrained_info_gan(seeded):
    class Shade:
        classes = ("dark", "light")

        def probabilities(self, x):
            light = x.mean(dim=(1, 2, 3))
            return torch.stack([1 - light, light], dim=1)

    model = MODELS.build("info-gan-28", width=2, hidden=8)
    model.reset_parameters(seeded())
    purity = category_purity(model, Shade(), generator=seeded(), samples_per_category=5)
    assert purity.counts.shape == (10, 2)
    assert 0.5 <= purity.mean_agreement <= 1


def test_says_what_is_wrong(seeded):
    class Plain(Painter):
        layout = (Part("latent", 5),)

    with pytest.raises(ValueError, match=r"one-hot part; got the parts \[\('latent', 'continuous'\)\]"):
        category_purity(Plain(), Reader(), generator=seeded())
    with pytest.raises(ValueError, match="samples_per_category should be at least 1; got 0"):
        category_purity(Painter(), Reader(), generator=seeded(), samples_per_category=0)
