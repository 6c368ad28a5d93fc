"""What a classifier says of each picture, as numbers and in words."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def predictions(model: Any, logits: Tensor, *, most: int = 3) -> list[dict[str, Any]]:  # noqa: ANN401
    """What a classifier says of each picture: {top: [[name, number], ...], unit}, the likeliest first.

    Args:
        model: A classifier.
        logits: Its output, (N, M).
        most: How many outputs are named.
    """
    readout = getattr(model, "readout", None)
    if readout is not None and readout.unit != "log-odds":
        return [{"top": [[readout.name, float(row[0])]], "unit": readout.unit} for row in logits]
    likely = probabilities_of(model, logits)
    values, places = likely.topk(min(most, likely.shape[1]), dim=1)
    rows = zip(values.tolist(), places.tolist(), strict=True)
    return [{"top": [[model.classes[k], v] for v, k in zip(*row, strict=True)], "unit": "%"} for row in rows]


def probabilities_of(model: object, logits: Tensor) -> Tensor:
    """What logits, (N, M), say as probabilities, (N, M): a classifier of this project knows; others have classes."""
    own = getattr(model, "probabilities_of", None)
    if own is not None:
        found: Tensor = own(logits)
        return found
    # A network that does not say so has classes of which one applies, as published networks have; one output says yes.
    return torch.softmax(logits, dim=1) if logits.shape[1] > 1 else torch.sigmoid(logits)


def prediction_words(prediction: dict[str, Any]) -> str:
    """The likeliest output of one of `predictions`, for the eye: `7, 98%`; `age, 41.7 years`."""
    name, value = prediction["top"][0]
    return f"{name}, {value:.0%}" if prediction["unit"] == "%" else f"{name}, {value:.3g} {prediction['unit']}"
