from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.data import Split
from engine.interfaces import Space
from engine.metrics import sample_quality
from engine.models.classifier import ImageClassifier
from tests.training.toys import Pictures


class Bright(nn.Module):
    """Draws pictures as bright as its code says, up to `most`."""

    latent_dim, space = 1, Space(kind="image", shape=(1, 4, 4))

    def __init__(self, most):
        super().__init__()
        self.most = most

    def decode(self, z):
        return (self.most * z)[:, :, None, None].expand(-1, 1, 4, 4)

    def sample(self, n, *, generator):
        return torch.rand(n, 1, generator=generator)


class Rows(Pictures):
    def __init__(self, n):
        self.x = torch.rand(n, 1, generator=torch.Generator().manual_seed(9))[:, :, None, None].expand(-1, 1, 4, 4)


def classifier(*, exclusive=True, steep=100.0):
    """Says `dark` below and `bright` above a half, or nearly so."""
    dense = nn.Linear(16, 2)
    with torch.no_grad():
        dense.weight.copy_(torch.stack([-torch.ones(16), torch.ones(16)]) * steep / 16)
        dense.bias.copy_(torch.tensor([steep / 2, -steep / 2]))
    network = nn.Sequential(nn.Flatten(), dense)
    space = Space(kind="image", shape=(1, 4, 4))
    return ImageClassifier(network, classes=("dark", "bright"), space=space, exclusive=exclusive).eval()


def real(n=400):
    rows = Rows(n)
    labels = (rows.x[:, 0, 0, 0] > 0.5).long()
    return Split("test", rows, labels=labels, factors=torch.stack([1 - labels, labels], dim=1).float())


def quality(most, **options):
    return sample_quality(Bright(most), classifier(**options), real(), generator=torch.Generator().manual_seed(0))


def test_samples_like_the_data_are_as_near_as_real_ones():
    found = quality(1.0)
    assert found.distance < 5 * found.distance_of_real
    assert found.sure > 0.9
    torch.testing.assert_close(found.shares, torch.tensor([0.5, 0.5]).double(), atol=0.1, rtol=0)
    torch.testing.assert_close(found.shares_of_real, found.shares, atol=0.1, rtol=0)


def test_dark_samples_are_far_off_and_all_of_one_class():
    found = quality(0.4)
    assert found.distance > 50 * found.distance_of_real
    assert found.shares.tolist() == [1.0, 0.0]
    assert found.distance == pytest.approx(16 * (0.5 - 0.2) ** 2 + 16 * (12**-0.5 * 0.6) ** 2, rel=0.2)  # by hand


def test_a_classifier_that_doubts_is_not_sure():
    assert quality(1.0, steep=0.1).sure == 0


def test_attributes_are_questions_of_their_own():
    found = quality(1.0, exclusive=False)
    assert found.sure is None
    assert found.shares.sum() == pytest.approx(1.0, abs=0.05)
    assert found.shares_of_real.sum() == pytest.approx(1.0)


def test_progress_counts_all_pictures():
    seen = []
    sample_quality(
        Bright(1.0), classifier(), real(8), generator=torch.Generator(), progress=lambda *now: seen.append(now)
    )
    assert seen[-1] == (12, 12)


def test_three_pictures_make_no_halves():
    with pytest.raises(ValueError, match="At least four real pictures"):
        sample_quality(Bright(1.0), classifier(), real(3), generator=torch.Generator())
