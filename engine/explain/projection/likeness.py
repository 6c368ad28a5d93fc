"""How unlike two pictures look: by a discriminator's or a classifier's features, else by colours at many scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.interfaces import Decoder
from engine.models.adapted_pictures import adapted
from engine.models.private_copy import private_copy

_COARSEST = 4  # pixels a side
_PYRAMID_SHARE = 0.1
Features: TypeAlias = Callable[[Tensor], Sequence[Tensor]]
Unlike: TypeAlias = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Likeness:
    """A stated substitute for LPIPS (Zhang et al., 2018), whose weights do not travel with this program.

    Attributes:
        name: What it measures, in words: for results and notes.
        features: Pictures in [0, 1] to maps (N, C, H, W) each; none for colours alone.
    """

    name: str
    features: Features | None = None

    def to(self, target: Tensor) -> Unlike:
        """A function from pictures to how unlike these targets they look, (N, ...) -> (N,).

        Feature maps have length one over channels at every place and are scaled by 1 / sqrt(C H W); their squared
        differences are added up, and a tenth of `pyramid`'s colours, as features may miss them.

        Args:
            target: (N, *space.shape).
        """
        if self.features is None:
            return lambda x: pyramid(x, target)
        read = self.features
        with torch.no_grad():
            goal = [_scaled(value) for value in read(target)]

        def unlike(x: Tensor) -> Tensor:
            total = _PYRAMID_SHARE * pyramid(x, target)
            for value, wanted in zip(read(x), goal, strict=True):
                total = total + (_scaled(value) - wanted).flatten(1).square().sum(dim=1)
            return total

        return unlike


def likeness_for(model: Decoder, name: str = "auto", *, classifier: Any | None = None) -> Likeness:  # noqa: ANN401
    """The likeness of that name.

    Args:
        model: Whose pictures are compared.
        name: `discriminator` for the model's own, `classifier`, `colours`, or `auto` for the first of these there is.
        classifier: For `classifier`; other sizes and channels are adapted.

    Raises:
        ValueError: If the model has no discriminator, no classifier is given, or the name is another.
    """
    discriminator = getattr(getattr(model, "network", model), "discriminator", None)
    if name == "auto":
        name = "discriminator" if discriminator is not None else "classifier" if classifier is not None else "colours"
    if name == "discriminator" and discriminator is not None:
        return Likeness("features of the discriminator, and colours at all scales", _discriminating(discriminator))
    if name == "classifier" and classifier is not None:
        words = f"features of {getattr(classifier, 'id', '') or 'a classifier'}, and colours at all scales"
        return Likeness(words, ClassifierFeatures(classifier))
    if name == "colours":
        return Likeness("colours at all scales")
    raise ValueError(
        f"A likeness is auto, discriminator (of a model that has one), classifier (with one given) or colours; got "
        f"{name!r} for a model {'with' if discriminator is not None else 'without'} a discriminator and "
        f"{'a' if classifier is not None else 'no'} classifier."
    )


def pyramid(x: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference at full size and at every halved size down to 4 values a side, added up, (N,)."""
    series = x.ndim == 2
    x, target = (x[:, None], target[:, None]) if series else (x, target)
    half = functional.avg_pool1d if series else functional.avg_pool2d
    total = (x - target).abs().flatten(1).mean(dim=1)
    while min(x.shape[2:]) // 2 >= _COARSEST:
        x, target = half(x, 2), half(target, 2)
        total = total + (x - target).abs().flatten(1).mean(dim=1)
    return total


class ClassifierFeatures:
    """The last convolution's output at every size a classifier works at.

    Args:
        classifier: Reads pictures; it is copied, so that nobody's network is hooked.

    Raises:
        ValueError: If it has no convolutions.
    """

    def __init__(self, classifier: Any) -> None:  # noqa: ANN401 - as `engine.load` returns one
        self._twin: Any = private_copy(classifier)
        self._shape = classifier.space.shape
        self._seen: dict[tuple[int, ...], Tensor] = {}
        convolutions = [module for module in self._twin.modules() if isinstance(module, nn.Conv2d)]
        if not convolutions:
            raise ValueError("This classifier has no convolutions whose features could be compared; use colours.")
        for module in convolutions:
            module.register_forward_hook(self._keep)

    def __call__(self, x: Tensor) -> list[Tensor]:
        """Pictures (N, C, H, W) in [0, 1] -> one map a size, finest first."""
        self._seen.clear()
        self._twin.logits(adapted(x, self._shape))
        found = [self._seen[size] for size in sorted(self._seen, reverse=True)]
        self._seen.clear()
        return found

    def _keep(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self._seen[tuple(output.shape[2:])] = output


def _discriminating(discriminator: Any) -> Features:  # noqa: ANN401 - of a StyleGAN2
    return lambda x: discriminator.features(2 * x - 1)


def _scaled(value: Tensor) -> Tensor:
    length = value.square().sum(dim=1, keepdim=True).add(1e-10).sqrt()
    return value / length / value[0].numel() ** 0.5
