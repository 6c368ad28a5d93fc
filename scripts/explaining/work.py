"""One picture from file to figure and arrays, and all pictures of a folder one after the other."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from engine.checkpoints import LoadedClassifier
from engine.data.picture_file import Fit, Invert, PictureError
from engine.explain.heatmaps import (
    HEATMAPS,
    Attribution,
    Failure,
    HeatmapCache,
    Method,
    Precision,
    Sign,
    Target,
    attribute_all,
    name_of,
    normalise,
    values_of,
)
from engine.explain.heatmaps.archive import heatmaps_npz
from engine.figures import heatmap_sheet, row_words
from engine.files import write_atomically
from engine.metrics import agreement
from engine.metrics.judgement import judge
from engine.models.predictions import prediction_words, predictions
from engine.models.target_words import target_words
from engine.training.local_workers import describe
from scripts.explaining.pictures import prepare, printable, read
from scripts.explaining.record import Record, Records, key_of

Format = Literal["png", "jpg", "pdf"]
DPI = 300
Report = Callable[[int, int, int], None]  # place of the method, rows done, rows in all


@dataclass(frozen=True, kw_only=True)
class Job:
    """A classifier and how pictures are explained by it.

    Attributes:
        model: The classifier.
        methods: In the order of the figure's panels.
        target: What is explained.
        seed: Chance starts from here.
        chunk_size: Rows that go through the model at once, at most.
        precision: `fp32` or `bf16`.
        sign: Which side of the maps figures show.
        smooth: Whether figures are interpolated, as published, instead of showing real pixels.
        form: Of figures.
        fit: How a picture comes to the model's proportions.
        invert: Whether light and dark are exchanged.
        judge: Whether maps are judged as well.
        cache: Where maps are kept between jobs; None keeps none.
    """

    model: LoadedClassifier
    methods: tuple[Method, ...]
    target: Target
    seed: int = 0
    chunk_size: int = 32
    precision: Precision = "fp32"
    sign: Sign = "all"
    smooth: bool = False
    form: Format = "png"
    fit: Fit = "pad"
    invert: Invert = "auto"
    judge: bool = False
    cache: HeatmapCache | None = None

    def made_by(self, data: bytes) -> dict[str, Any]:
        """All that decides the results of a picture, as JSON values."""
        config, target = self.model.card.config, self.target
        return {
            "picture": hashlib.sha256(data).hexdigest(),
            "network": config["network"],  # one file of weights may serve several heads
            "weights": config["weights"]["sha256"],
            "examples": config["examples"]["sha256"],  # some methods compare with them
            "methods": {name_of(method): dict(values_of(method)) for method in self.methods},
            "target": [list(target.classes), list(target.against), target.negated],
            "seed": self.seed,
            "precision": self.precision,
            "figure": [self.form, self.sign, self.smooth],
            "prepared": [self.fit, self.invert],
            "judged": self.judge,
        }

    def files(self, picture: str) -> tuple[str, str]:
        """The figure and the arrays of a picture, relative to the folder of results: its whole name and an ending."""
        return f"{self.model.id}/{picture}.{self.form}", f"{self.model.id}/{picture}.npz"


def explain_all(
    job: Job,
    folder: Path,
    pictures: Sequence[str],
    records: Records,
    report: Report,
) -> Iterator[tuple[Record, bool]]:
    """Explains the pictures that are not complete; what is wrong with one stays with it.

    Args:
        job: How.
        folder: Where pictures lie.
        pictures: Files, relative to it.
        records: What became of them so far, open for writing.
        report: Told of progress within a picture.

    Yields:
        What became of each, and whether it was there already.
    """
    for picture in pictures:
        record, data = look_at(job, folder, picture, records)
        there = record is not None and record.status != "failed"
        if record is None:
            record = _explained(job, picture, data, records.folder, report)
        if not there:
            records.add(record)
        yield record, there


def look_at(job: Job, folder: Path, picture: str, records: Records) -> tuple[Record | None, bytes]:
    """What a picture comes to before any work: its record if it is complete, or cannot be read; and its content."""
    try:
        data = read(folder / picture)
    except (PictureError, OSError) as error:
        return Record(model=job.model.id, picture=picture, status="failed", reasons={"": describe(error)}), b""
    return records.complete(job.model.id, picture, key_of(job.made_by(data))), data


def _explained(job: Job, picture: str, data: bytes, out: Path, report: Report) -> Record:
    made_by = job.made_by(data)
    about: dict[str, Any] = {"model": job.model.id, "picture": picture, "key": key_of(made_by), "made_by": made_by}
    try:
        prepared = prepare(data, job.model.space, fit=job.fit, invert=job.invert)
        return _written(job, prepared.x, {**about, "notes": prepared.notes}, out, report)
    except Exception as error:  # whatever is wrong with a picture is told in its line, and the others go on
        return Record(**about, status="failed", reasons={"": describe(error)})


def _written(job: Job, x: Tensor, about: Mapping[str, Any], out: Path, report: Report) -> Record:
    maps, failures = _maps(job, x, report)
    reasons = {one.method: one.reason for one in failures}
    logits = _logits(job.model, x)
    if not maps:
        return Record(**about, status="failed", reasons=reasons)
    record = Record(
        **about,
        status="partly" if failures else "done",
        reasons=reasons,
        files=job.files(about["picture"]),
        predicted=job.model.classes[int(logits.argmax())],
        judged=_judged(job, x, maps) if job.judge else {},
        seconds={one.method: round(one.seconds, 4) for one in maps},
    )
    more = {"file": record.picture, "classes": list(job.model.classes), "predicted": record.predicted}
    archive = heatmaps_npz(x, maps, **more, inputs=record.made_by, judged=record.judged)
    figure = _figure(job, x, maps, _words(job, logits, record.picture))
    for name, content in zip(record.files, (figure, archive), strict=True):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    return record


def _maps(job: Job, x: Tensor, report: Report) -> tuple[list[Attribution], list[Failure]]:
    results = attribute_all(
        job.model, x, job.methods, target=job.target, seed=job.seed, chunk_size=job.chunk_size,
        precision=job.precision, cache=job.cache, on_progress=report,
    )  # fmt: skip
    maps, failures = [], []
    for one in results:
        maps.append(one) if isinstance(one, Attribution) else failures.append(one)
    return maps, failures


def _logits(model: LoadedClassifier, x: Tensor) -> Tensor:
    with torch.no_grad():
        return model.logits(x.to(model.device)).float().cpu()


def _words(job: Job, logits: Tensor, picture: str) -> str:
    """What stands beside the picture: its name, what the model says of it, what is explained."""
    [said] = predictions(job.model, logits)
    target = replace(job.target, classes=job.target.classes or (int(logits.argmax()),))
    return row_words(printable(picture), prediction_words(said), target_words(target, job.model.classes))


def _judged(job: Job, x: Tensor, maps: Sequence[Attribution]) -> dict[str, dict[str, float | None]]:
    """Faithfulness of each map, and its mean rank correlation with the others."""
    alike = agreement({one.method: one.values for one in maps}).matrix
    rows: dict[str, dict[str, float | None]] = {}
    for place, one in enumerate(maps):
        found = judge(job.model, x, one.values, signed=one.signed, target=job.target, chunk_size=job.chunk_size)
        others = float(torch.cat([alike[place, :place], alike[place, place + 1 :]]).nanmean())
        rows[one.method] = {**found.numbers(0), "agreement": None if others != others else others}
    return rows


def _figure(job: Job, x: Tensor, maps: Sequence[Attribution], words: str) -> bytes:
    from PIL import Image

    turn = -1 if job.sign == "negative" else 1  # what speaks against the target is blue
    shown = {HEATMAPS[one.method].title: turn * normalise(one.values, sign=job.sign) for one in maps}
    png = heatmap_sheet(x, shown, names=[words], heading=job.model.id, sign=job.sign, smooth=job.smooth, dpi=DPI)
    if job.form == "png":
        return png
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as sheet:
        if job.form == "jpg":
            sheet.save(buffer, format="JPEG", quality=95, subsampling=0, dpi=(DPI, DPI))
        else:
            sheet.save(buffer, format="PDF", resolution=DPI, quality=95)
    return buffer.getvalue()
