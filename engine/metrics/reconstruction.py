"""Reconstruction error as the study defines it: squared error and cross-entropy, summed over an example."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from engine.data import Batch
from engine.interfaces import Decoder
from engine.metrics.inference import device_of, evaluating


@dataclass(frozen=True)
class ReconstructionError:
    """Means over a data set.

    Attributes:
        mse: Squared error summed over the values of an example.
        nll: Bernoulli cross-entropy in nats summed over the pixels of an example; None for series.
        num_examples: Over how many examples.
    """

    mse: float
    nll: float | None
    num_examples: int


def reconstruction_error(decoder: Decoder, batches: Iterable[Batch], codes: Tensor) -> ReconstructionError:
    """Decodes one given code per example and compares.

    Ross et al. (2021), https://arxiv.org/abs/2102.01264: variational models decode one *sample* of the posterior,
    `Encodings.sampled_codes`; decoders of factors decode the true factors.

    Args:
        decoder: Its `logits`, where it has them, give the cross-entropy without rounding.
        batches: Examples, see `inference.batches`.
        codes: (N, D), one row per example of all batches, in their order.

    Raises:
        ValueError: If there are more or fewer codes than examples, or none.
    """
    device, images = device_of(decoder), decoder.space.kind == "image"
    squared, nats, done = 0.0, 0.0, 0
    with evaluating(decoder):
        for batch in batches:
            x, z = batch.x.to(device), codes[done : done + len(batch)].to(device)
            if len(z) < len(x):
                break
            done += len(x)
            x_hat, cross_entropy = _decode(decoder, z, x, images)
            squared += squared_error(x, x_hat).double().sum().item()
            nats += cross_entropy.double().sum().item() if cross_entropy is not None else 0.0
        else:
            if done == len(codes) and done:
                return ReconstructionError(squared / done, nats / done if images else None, done)
    raise ValueError(
        f"codes should have one row per example; got {len(codes)} codes, which the batches do not match (at {done}). "
        "Encode the same rows that are compared, and at least one."
    )


def squared_error(x: Tensor, x_hat: Tensor) -> Tensor:
    """Sum over all values of (x - x_hat)^2, (N, ...) and (N, ...) -> (N,)."""
    return (x - x_hat).flatten(1).square().sum(dim=1)


def bernoulli_nll(x: Tensor, logits: Tensor) -> Tensor:
    """Sum over all pixels of the cross-entropy in nats between x in [0, 1] and sigmoid(logits), -> (N,)."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)


def _decode(decoder: Decoder, z: Tensor, x: Tensor, images: bool) -> tuple[Tensor, Tensor | None]:
    """Reconstruction and, for images, the cross-entropy of each example."""
    if not images:
        return decoder.decode(z), None
    logits = getattr(decoder, "logits", None)
    if logits is not None:
        raw = logits(z).float()
        return raw.sigmoid(), bernoulli_nll(x, raw)
    x_hat = decoder.decode(z).float()
    return x_hat, F.binary_cross_entropy(x_hat, x, reduction="none").flatten(1).sum(dim=1)
