"""What a classifier says of a generator's pictures, other sizes and channels too."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

import engine
from engine.explain.readouts import adapted, gauge_named, gauges
from engine.interfaces import Readout, Space


class Mean:
    """Logits 4 (mean - 0.5) of each half of the picture; what it was shown is kept."""

    def __init__(self, shape=(1, 4, 4), *, exclusive=False, readout=None, classes=("left", "right")):
        self.id, self.space, self.classes, self.exclusive = (
            "toy/mean",
            Space(kind="image", shape=shape),
            classes,
            exclusive,
        )
        self.readout, self.seen = readout, []

    def logits(self, x):
        self.seen.append(x)
        halves = torch.stack([half.flatten(1).mean(dim=1) for half in x.chunk(2, dim=3)], dim=1)
        return 4 * (halves[:, : len(self.classes)] - 0.5)

    def probabilities_of(self, logits):
        return torch.sigmoid(logits)


def pictures(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def space(*shape):
    return Space(kind="image", shape=shape)


def test_one_gauge_an_output_each_a_probability():
    left, right = gauges(Mean(), space(1, 4, 4))
    assert (left.name, left.output, left.classifier, left.unit) == ("P(left)", "left", "toy/mean", "")
    assert (left.low, left.high, left.center, left.note) == (0.0, 1.0, 0.5, "")
    x = pictures(5, 1, 4, 4)
    torch.testing.assert_close(right(x), torch.sigmoid(4 * (x[..., 2:].mean(dim=(1, 2, 3)) - 0.5)))
    assert torch.equal(left.panel(x), torch.stack([left(x), right(x)], dim=1))


def test_a_readout_keeps_its_scale():
    years = Readout(name="age", unit="years", low=1.0, high=75.0, center=None)
    (age,) = gauges(Mean(readout=years, classes=("age",)), space(1, 4, 4))
    assert (age.name, age.output, age.unit, age.low, age.high, age.center) == ("age", "age", "years", 1.0, 75.0, None)
    x = pictures(3, 1, 4, 4)
    torch.testing.assert_close(age(x), 4 * (x[..., :2].mean(dim=(1, 2, 3)) - 0.5))


@pytest.mark.parametrize(
    ("drawn", "read", "note"),
    [
        ((1, 4, 4), (1, 4, 4), ""),
        ((3, 4, 4), (1, 4, 4), "Pictures are turned into grey for toy/mean."),
        ((1, 4, 4), (3, 4, 4), "Pictures are given three equal colours for toy/mean."),
        ((1, 8, 8), (1, 4, 4), "Pictures are resized from 8 x 8 to 4 x 4 pixels with antialiasing for toy/mean."),
        ((3, 6, 8), (1, 4, 4),
         "Pictures are turned into grey and resized from 8 x 6 to 4 x 4 pixels with antialiasing for toy/mean."),
    ],
)  # fmt: skip
def test_other_pictures_are_adapted_and_a_note_says_so(drawn, read, note):
    classifier = Mean(read)
    gauge = gauges(classifier, space(*drawn))[0]
    assert gauge.note == note
    gauge(pictures(2, *drawn))
    assert classifier.seen[0].shape == (2, *read)


def test_resizing_averages_and_grey_is_luma():
    x = pictures(2, 3, 8, 8)
    expected = functional.interpolate(x, (4, 4), mode="bilinear", antialias=True)
    torch.testing.assert_close(adapted(x, (3, 4, 4)), expected)
    grey = (0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2])[:, None]
    torch.testing.assert_close(adapted(x, (1, 8, 8)), grey)
    torch.testing.assert_close(adapted(adapted(grey, (3, 8, 8)), (1, 8, 8)), grey)
    checkerboard = (torch.arange(8)[:, None] + torch.arange(8)).remainder(2).float()[None, None]
    assert (adapted(checkerboard, (1, 4, 4)) - 0.5).abs().max() < 0.2  # without antialiasing it would be 0 or 1
    assert adapted(x, (3, 8, 8)) is x


def test_gauges_are_differentiable():
    x = pictures(2, 3, 8, 8).requires_grad_()
    gauges(Mean(), space(3, 8, 8))[0](x).sum().backward()
    assert (x.grad[..., :3] != 0).all()


def test_what_cannot_be_read_is_refused_in_words():
    series = Space(kind="series", shape=(64,))
    with pytest.raises(ValueError, match=r"toy/mean reads pictures, and this model draws a series of shape \(64,\)"):
        gauges(Mean(), series)
    with pytest.raises(ValueError, match="2 channels cannot be shown to a classifier of 1"):
        gauges(Mean(), space(2, 4, 4))
    with pytest.raises(ValueError, match="is no classifier"):
        gauges(object(), space(1, 4, 4))
    with pytest.raises(ValueError, match=r"pictures of shape \(N, 1, 4, 4\); got \(2, 1, 5, 4\)"):
        gauges(Mean(), space(1, 4, 4))[0](pictures(2, 1, 5, 4))


def test_gauges_are_found_by_name():
    dials = gauges(Mean(), space(1, 4, 4))
    assert gauge_named(dials, "right") is dials[1]
    with pytest.raises(ValueError, match="No output 'rigth'; did you mean 'right'"):
        gauge_named(dials, "rigth")


def test_a_shipped_classifier_says_the_same_as_without_a_gauge():
    digits = engine.load("mnist/digits", device="cpu")
    x = digits.examples.x[:6]
    dials = gauges(digits, digits.space)
    assert [gauge.name for gauge in dials] == [f"P({digit})" for digit in range(10)]
    torch.testing.assert_close(dials[0].panel(x), digits.probabilities(x))
