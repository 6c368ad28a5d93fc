"""A model's codes as points: where they lie along each axis, their colours, and the picture behind each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from apps.refusals import RefusedError
from engine.checkpoints import Examples
from engine.data import find_dataset, value_names
from engine.explain import decode_in_batches
from engine.figures import atlas, category_colors, data_uri, picture_png, plane
from engine.figures.palette import CYCLIC, SEQUENTIAL, sampled

_ANGLES = ("orientation", "phase")  # factors whose two ends are the same
_LEVELS = 64  # colours of a map that are sent to the page


@dataclass(frozen=True)
class Points:
    """All codes of a checkpoint: held-out examples first, then codes without a stored picture.

    Attributes:
        codes: (N, D), float32, on the CPU.
        labels: (N,) or None.
        factors: (N, F) or None.
        pictured: How many of the first rows have a picture.
    """

    codes: Tensor
    labels: Tensor | None
    factors: Tensor | None
    pictured: int


def points_of(examples: Examples) -> Points:
    """Puts the examples and the further codes for scatter plots into one table.

    Raises:
        RefusedError: If the checkpoint carries no codes, as a classifier's.
    """
    if examples.codes is None:
        raise RefusedError("This model has no codes: a classifier maps pictures to classes.")
    extra: Mapping[str, Tensor] = examples.extra
    more = extra.get("scatter_codes")
    if more is None or more.shape[1] != examples.codes.shape[1]:
        more = examples.codes[:0]
    return Points(
        codes=torch.cat([examples.codes.cpu().float(), more.cpu().float()]),
        labels=_joined(examples.labels, extra.get("scatter_labels"), len(more)),
        factors=_joined(examples.factors, extra.get("scatter_factors"), len(more)),
        pictured=len(examples),
    )


def scatter_state(model: Any) -> dict[str, Any]:  # noqa: ANN401 - a loaded decoder
    """What `page/scatter.js` draws: axes and colours to choose from, and one sheet of pictures to cut from.

    `axes` [{name, values}], principal components first; `colors` [{name, classes | low, high, numbers, map, values}]
    with values that number the classes or the colours of the map; `atlas` {uri, columns, width, height, count}.
    """
    points = points_of(model.examples)
    sheet = atlas(model.examples.x.cpu(), model.space)
    return {
        "model": model.id,
        "axes": _axes(model, points.codes),
        "colors": [*_labels(model.dataset, points.labels), *_factors(model.dataset, points.factors)],
        "atlas": {
            "uri": data_uri(sheet.png),
            "columns": sheet.columns,
            "width": sheet.width,
            "height": sheet.height,
            "count": sheet.count,
        },
    }


def code_of_row(model: Any, row: object) -> list[float]:  # noqa: ANN401
    """The code of a point, ready for the sliders.

    Raises:
        RefusedError: If there is no such point.
    """
    codes = points_of(model.examples).codes
    if type(row) is not int or not 0 <= row < len(codes):
        asked = str(row)[:20]
        raise RefusedError(f"The scatter of {model.id} has the points 0 to {len(codes) - 1}; asked for {asked}.")
    code: list[float] = codes[row].tolist()
    return code


def picture_of_row(model: Any, row: object) -> str:  # noqa: ANN401
    """What the model draws at a point, as a data URI; for points whose own picture is not stored."""
    code = torch.tensor([code_of_row(model, row)])
    return data_uri(picture_png(decode_in_batches(model, code).x[0], model.space))


def _axes(model: Any, codes: Tensor) -> list[dict[str, Any]]:  # noqa: ANN401
    rows = []
    if codes.shape[1] > 1:
        seen = plane(codes)
        for title, values in zip((seen.x_title, seen.y_title), seen.points.T, strict=True):
            rows.append({"name": title[0].upper() + title[1:].replace(" of variance", ""), "values": _short(values)})
    rows += [
        {"name": axis.name, "values": _short(codes[:, axis.indices[0]].numpy())}
        for axis in model.axes
        if axis.kind == "continuous"
    ]
    return rows


def _labels(dataset: str, labels: Tensor | None) -> list[dict[str, Any]]:
    if labels is None:
        return []
    found = find_dataset(dataset)
    known = () if found is None else found.classes
    count = max(int(labels.max()) + 1, len(known))
    names = [known[k] if k < len(known) else str(k) for k in range(count)]
    return [{"name": "label", "classes": names, "map": list(category_colors(count)), "values": labels.tolist()}]


def _factors(dataset: str, factors: Tensor | None) -> list[dict[str, Any]]:
    if factors is None:
        return []
    found = find_dataset(dataset)
    known = () if found is None else found.factor_names
    names = [known[k] if k < len(known) else f"factor {k + 1}" for k in range(factors.shape[1])]
    said = value_names(found)
    columns = zip(names, factors.T, strict=True)
    return [_factor(name, column.double().numpy(), said.get(name, {})) for name, column in columns]


def _factor(name: str, values: npt.NDArray[np.float64], said: Mapping[float, str]) -> dict[str, Any]:
    levels = np.unique(values)
    if len(levels) <= 3:  # kinds rather than amounts
        places = np.searchsorted(levels, values)
        return {
            "name": name,
            "classes": [said.get(float(level), f"{level:g}") for level in levels],
            "map": list(category_colors(len(levels))),
            "values": places.tolist(),
        }
    # Between percentiles: a heavy tail would leave one colour for nearly all points.
    low, high = (float(v) for v in np.percentile(values, (1, 99)))
    share = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    colors = sampled(CYCLIC if name in _ANGLES else SEQUENTIAL, _LEVELS)
    places = np.rint(share * (_LEVELS - 1)).astype(int)
    return {
        "name": name,
        "low": _plain(low),
        "high": _plain(high),
        "map": colors,
        "values": places.tolist(),
        "numbers": [float(f"{value:.3g}") for value in values],
    }


def _joined(first: Tensor | None, second: Tensor | None, count: int) -> Tensor | None:
    """Both parts of a column; None unless every row has its value."""
    if first is None or (count and second is None):
        return None
    return first.cpu() if second is None or not count else torch.cat([first.cpu(), second.cpu().to(first.dtype)])


def _short(values: Sequence[float] | npt.NDArray[np.floating]) -> list[float]:
    return [round(float(value), 4) for value in values]


def _plain(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else ""
