"""Files to take away from Explain: a sheet for print, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from apps.gradio_app import fields as read
from apps.gradio_app.downloads import Download
from apps.gradio_app.explain import Asked
from apps.refusals import RefusedError
from engine.explain.heatmaps import SIGNS, Attribution, Failure, HeatmapCache, Sign, attribute_all, normalise
from engine.explain.heatmaps.archive import heatmaps_npz
from engine.figures import heatmap_sheet, row_words
from engine.models.predictions import prediction_words, predictions

MOST_CLASSIFIERS = 8


def export(asked: Sequence[Asked], fields: Mapping[str, Any], maps: HeatmapCache | None) -> Download:
    """What the grid shows, as `png` or `npz`.

    Args:
        asked: A question for each classifier; several of them share one picture and become the sheet's rows.
        fields: `as`; for a sheet also `sign` and `opacity`, in percent.
        maps: Where maps are kept.

    Raises:
        RefusedError: If no method has a map, or numbers of several classifiers are asked for at once.
    """
    kind = read.text(fields, "as", options=("png", "npz"))
    stem = f"{asked[0].question.model.id.replace('/', '-')}-heatmaps"
    results = [_results(one, maps) for one in asked]
    if kind == "npz":
        if len(asked) > 1:
            raise RefusedError("A file of numbers belongs to one classifier; ask for each of them.")
        one = asked[0]
        data = heatmaps_npz(one.question.x, results[0], names=list(one.names), targets=list(one.words))
        return Download(f"{stem}.npz", "application/zip", data)
    sign: Sign = read.text(fields, "sign", options=SIGNS, default="all")  # type: ignore[assignment] # one of SIGNS
    opacity = read.whole(fields, "opacity", 0, 100, default=100) / 100
    data = heatmap_sheet(
        _stacked(asked), _columns(asked, results, sign), names=_names(asked), heading=_heading(asked), sign=sign,
        opacity=opacity,
    )  # fmt: skip
    return Download(f"{stem}.png", "image/png", data)


def seen(values: Tensor, sign: Sign) -> Tensor:
    """Normalised maps, (N, H, W), with what speaks against the target below zero whatever is shown: it stays blue."""
    shown = normalise(values, sign=sign)
    return -shown if sign == "negative" else shown


def _results(one: Asked, maps: HeatmapCache | None) -> list[Attribution]:
    question = one.question
    found = list(attribute_all(question.model, question.x, question.methods, target=question.target, cache=maps))
    able = [result for result in found if not isinstance(result, Failure)]
    if not able:
        reasons = " ".join(result.reason for result in found if isinstance(result, Failure))
        raise RefusedError(f"There is no map to keep. {reasons}")
    return able


def _columns(asked: Sequence[Asked], results: Sequence[Sequence[Attribution]], sign: Sign) -> dict[str, Tensor]:
    """By title, a map for every row: empty where a method cannot explain one of the classifiers."""
    from engine.explain.heatmaps import HEATMAPS, name_of

    columns = {}
    for method in asked[0].question.methods:
        name = name_of(method)
        rows = [next((one for one in able if one.method == name), None) for able in results]
        if any(rows):
            empty = [torch.zeros(len(one.question.x), *one.question.x.shape[2:]) for one in asked]
            maps = [blank if row is None else seen(row.values, sign) for row, blank in zip(rows, empty, strict=True)]
            columns[HEATMAPS[name].title] = torch.cat(maps)
    return columns


def _stacked(asked: Sequence[Asked]) -> Tensor:
    shapes = {tuple(one.question.x.shape[1:]) for one in asked}
    if len(shapes) > 1:
        raise RefusedError("The classifiers take pictures of different shapes; compare those that share one.")
    return torch.cat([one.question.x for one in asked])


def _heading(asked: Sequence[Asked]) -> str:
    return asked[0].question.model.id if len(asked) == 1 else ""  # else each row begins with its own


def _names(asked: Sequence[Asked]) -> list[str]:
    rows = []
    for one in asked:
        model = one.question.model
        before = f"{model.id}\n" if len(asked) > 1 else ""
        said = map(prediction_words, predictions(model, one.logits))
        rows += [before + row_words(*words) for words in zip(one.names, said, one.words, strict=True)]
    return rows
