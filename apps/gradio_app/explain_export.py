"""Files to take away from Explain: a sheet for print, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from apps import fields as read
from apps.gradio_app.downloads import Download
from apps.gradio_app.explain import Asked, reporting
from apps.refusals import RefusedError
from apps.streaming import Channel
from engine.explain.heatmaps import (
    SIGNS,
    Attribution,
    CancelledError,
    Failure,
    HeatmapCache,
    Sign,
    attribute_all,
    normalise,
)
from engine.explain.heatmaps.archive import heatmaps_npz
from engine.figures import heatmap_sheet, row_words
from engine.models.predictions import prediction_words

MOST_CLASSIFIERS = 8
_PART = 2**20  # bytes: a page that reads puts small pieces together faster than one that is large


class Export:
    """What the grid shows, as a file that goes out in parts.

    Args:
        asked: A question for each classifier; several of them share one picture and become the sheet's rows.
        fields: `as`, png or npz; for a sheet also `sign` and `opacity`, in percent.
        maps: Where maps are kept.

    Raises:
        RefusedError: If numbers of several classifiers are asked for at once, or their pictures differ in shape.
    """

    def __init__(self, asked: Sequence[Asked], fields: Mapping[str, Any], maps: HeatmapCache | None) -> None:
        self.asked, self.maps = asked, maps
        self.kind = read.text(fields, "as", options=("png", "npz"))
        self.sign: Sign = read.text(fields, "sign", options=SIGNS, default="all")  # type: ignore[assignment] # one of SIGNS
        self.opacity = read.whole(fields, "opacity", 0, 100, default=100) / 100
        if self.kind == "npz" and len(asked) > 1:
            raise RefusedError("A file of numbers belongs to one classifier; ask for each of them.")
        if len({tuple(one.question.x.shape[1:]) for one in asked}) > 1:
            raise RefusedError("The classifiers take pictures of different shapes; compare those that share one.")

    def run(self, channel: Channel) -> None:
        """Sends progress while maps are missing, then `file` with its name, its bytes in parts, and `done`.

        Raises:
            RefusedError: If no method has a map.
        """
        try:
            results = [self._results(place, channel) for place in range(len(self.asked))]
        except CancelledError:
            return
        channel.send("progress", share=None)  # what is left is not counted
        file = self._file(results)
        channel.send("file", name=file.name, media_type=file.media_type)
        for start in range(0, len(file.data), _PART):
            channel.send("part", file.data[start : start + _PART])
        channel.send("done")

    def _file(self, results: Sequence[Sequence[Attribution]]) -> Download:
        first = self.asked[0]
        stem = f"{first.question.model.id.replace('/', '-')}-heatmaps"
        if self.kind == "npz":
            data = heatmaps_npz(first.question.x, results[0], names=list(first.names), targets=list(first.words))
            return Download(f"{stem}.npz", "application/zip", data)
        data = heatmap_sheet(
            torch.cat([one.question.x for one in self.asked]), _columns(self.asked, results, self.sign),
            names=_names(self.asked), heading=_heading(self.asked), sign=self.sign, opacity=self.opacity,
        )  # fmt: skip
        return Download(f"{stem}.png", "image/png", data)

    def _results(self, place: int, channel: Channel) -> list[Attribution]:
        question, report = self.asked[place].question, reporting(channel)

        def told(method: int, done: int, total: int) -> None:
            share = (method + done / max(1, total)) / len(question.methods)
            report(method, (place + share) / len(self.asked))

        settings: dict[str, Any] = {"target": question.target, "cache": self.maps, "should_stop": channel.stopped}
        found = list(attribute_all(question.model, question.x, question.methods, on_progress=told, **settings))
        able = [result for result in found if not isinstance(result, Failure)]
        if not able:
            reasons = " ".join(result.reason for result in found if isinstance(result, Failure))
            raise RefusedError(f"There is no map to keep. {reasons}")
        return able


def seen(values: Tensor, sign: Sign) -> Tensor:
    """Normalised maps, (N, H, W), with what speaks against the target below zero whatever is shown: it stays blue."""
    shown = normalise(values, sign=sign)
    return -shown if sign == "negative" else shown


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


def _heading(asked: Sequence[Asked]) -> str:
    return asked[0].question.model.id if len(asked) == 1 else ""  # else each row begins with its own


def _names(asked: Sequence[Asked]) -> list[str]:
    rows = []
    for one in asked:
        model = one.question.model
        before = f"{model.id}\n" if len(asked) > 1 else ""
        said = map(prediction_words, one.said)
        rows += [before + row_words(*words) for words in zip(one.names, said, one.spoken_words, strict=True)]
    return rows
