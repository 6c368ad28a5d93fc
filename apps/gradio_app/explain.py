"""What the Explain workspace asks, as plain functions: classifiers, pictures, maps that go out as they are finished."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from apps import fields as read
from apps.explaining import (
    DEFAULT_METHODS,
    Question,
    answers,
    caption,
    classifier,
    describe_methods,
    read_methods,
    read_target,
    resolved,
    spoken,
)
from apps.gradio_app.browser import grouped
from apps.gradio_app.traverse import Answer, pictures
from apps.plain_numbers import short
from apps.refusals import RefusedError
from apps.shelf import Shelf
from apps.streaming import Channel
from engine.checkpoints import CheckpointError, read_card
from engine.explain import decode_in_batches
from engine.explain.heatmaps import (
    Attribution,
    CancelledError,
    Failure,
    HeatmapCache,
    Method,
    feature_maps,
    name_of,
    normalise,
)
from engine.figures.palette import DIVERGING, sampled
from engine.images import from_uint8, to_uint8
from engine.models.predictions import predictions
from engine.models.target_words import target_words

MAX_PICTURES = 16
MAX_THUMBNAILS = 120
_EVERY_S = 0.1  # between two pieces of progress


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question, and the names under which its pictures are shown."""

    question: Question
    names: tuple[str, ...]
    logits: Tensor

    @property
    def words(self) -> tuple[str, ...]:
        """What is explained of each picture, in words that name the classifier's outputs as it does."""
        return self._words(self.question.model.classes)

    @property
    def spoken_words(self) -> tuple[str, ...]:
        """The same for the eye."""
        return self._words([spoken(name) for name in self.question.model.classes])

    @property
    def said(self) -> list[dict[str, Any]]:
        """What the classifier says of each picture, as `predictions`, for the eye."""
        found = predictions(self.question.model, self.logits)
        return [{**one, "top": [[spoken(name), value] for name, value in one["top"]]} for one in found]

    def _words(self, classes: Sequence[str]) -> tuple[str, ...]:
        return tuple(target_words(self.question.target.of_row(row), classes) for row in range(len(self.names)))


def choices(shelf: Shelf) -> Answer:
    """What the workspace draws its controls from: classifiers, models that draw, methods with options, colours.

    Classifiers come twice: with what is needed to ask them, and in `groups` as the column at the left lists them.
    """
    classifiers = [entry for entry in shelf.entries() if entry.kind == "classifier"]
    return {
        "classifiers": [_row(entry) for entry in classifiers],
        "groups": grouped(classifiers),
        "models": [_row(entry) for entry in shelf.entries() if entry.kind not in ("classifier", "damaged")],
        "methods": describe_methods(),
        "defaults": list(DEFAULT_METHODS),
        "colors": sampled(DIVERGING, 255),
        "most": MAX_PICTURES,
    }


def facts(shelf: Shelf, name: str) -> Answer:
    """What is known of a classifier once it is loaded."""
    model = classifier(shelf, name)
    return {
        "model": name,
        "title": model.title,
        "classes": list(model.classes),
        "names": [spoken(name) for name in model.classes],
        "exclusive": bool(model.exclusive),
        "space": {"kind": "image", "shape": list(model.space.shape)},
        "examples": len(model.examples),
        "layers": [one.name for one in feature_maps(model, torch.zeros(1, *model.space.shape))],
    }


def examples(shelf: Shelf, name: str, start: int, count: int) -> Answer:
    """Held-out examples of a classifier from number `start` on, small, with what is known of each."""
    model = classifier(shelf, name)
    stop = min(len(model.examples), start + min(count, MAX_THUMBNAILS))
    captions = [caption(model, index) for index in range(start, stop)]
    small = pictures(model.examples.x[start:stop].cpu(), model.space, longest=64)
    return {"start": start, "total": len(model.examples), "captions": captions, **small}


def read_question(shelf: Shelf, fields: Mapping[str, Any]) -> Asked:
    """A question from what a page sends: `classifier`, `pictures`, `methods`, `target`.

    Raises:
        RefusedError: If something in it is not as it should be; the message names it.
        UnknownModelError: If there is no such classifier, or no such model behind a code.
    """
    methods = read_methods(fields.get("methods"))
    model = classifier(shelf, read.text(fields, "classifier"))
    target = read_target(fields.get("target"), model.classes)
    x, names = read_pictures(shelf, fields.get("pictures"), model)
    with torch.no_grad():
        logits = model.logits(x.to(model.device)).float().cpu()
    question = Question(model=model, x=x, methods=methods, target=resolved(target, logits))
    return Asked(question=question, names=names, logits=logits)


def read_pictures(shelf: Shelf, value: object, model: Any) -> tuple[Tensor, tuple[str, ...]]:  # noqa: ANN401
    """Pictures from {example, of}, {code, model} or {data, name} each: (N, C, H, W) on the CPU, and their names.

    An example may be that of another classifier, so that several are asked about one picture.

    Raises:
        RefusedError: If one is not as it should be, or they are too many.
    """
    if not isinstance(value, list) or not 0 < len(value) <= MAX_PICTURES:
        got = f"{len(value)}" if isinstance(value, list) else short(value)
        raise RefusedError(f"pictures should be a list of 1 to {MAX_PICTURES}; got {got}.")
    found = [_picture(shelf, one, model) for one in value]
    return torch.cat([x for x, _ in found]), tuple(name for _, name in found)


def send_maps(asked: Asked, channel: Channel, maps: HeatmapCache | None) -> None:
    """Sends the pictures with what the classifier says of them, then maps as they are finished, then `done`."""
    started, question = time.perf_counter(), asked.question
    rows = [{**one, "target": word} for one, word in zip(asked.said, asked.spoken_words, strict=True)]
    pixels = to_uint8(question.x)
    channel.send("pictures", pixels.tobytes(), shape=list(pixels.shape), names=list(asked.names), rows=rows)
    try:
        for numbers, one in answers(
            question, maps=maps, should_stop=channel.stopped,
            on_progress=reporting(channel),
        ):  # fmt: skip
            _send_map(channel, numbers, one, question.methods)
    except CancelledError:
        return
    channel.send("done", seconds=time.perf_counter() - started)


def reporting(channel: Channel) -> Callable[[int, float], None]:
    """Sends pieces of progress, a few a second: the number of the method at work, and the share that is done."""
    last = 0.0

    def report(method: int, share: float) -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY_S:
            last = time.monotonic()
            channel.send("progress", method=method, share=round(share, 4))

    return report


def _send_map(channel: Channel, numbers: range, one: Attribution | Failure, methods: Sequence[Method]) -> None:
    """Sums over colours as float32, then three normalised views of them, from -127 to 127, that the page colours."""
    if isinstance(one, Failure):
        channel.send("failure", method=one.method, pictures=list(numbers), reason=one.reason)
        return
    sums = one.values.sum(dim=1).numpy().astype("<f4")
    views = [normalise(one.values, sign=sign) for sign in ("all", "positive", "negative")]
    nothing = next(method.zero for method in methods if name_of(method) == one.method)
    planes = np.stack([(127 * view).round().numpy().astype(np.int8) for view in views])
    channel.send(
        "map", sums.tobytes() + planes.tobytes(), method=one.method, pictures=list(numbers), shape=list(sums.shape),
        seconds=one.seconds, cached=one.cached, signed=one.signed, notes=list(one.notes),
        zero=[None if bool(values.any()) else nothing for values in one.values],
    )  # fmt: skip


def _picture(shelf: Shelf, value: object, model: Any) -> tuple[Tensor, str]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        kinds = "{example, of}, {model, code} or {data, name}"
        raise RefusedError(f"A picture should be {kinds}; got {short(value)}.")
    if "example" in value:
        return _example(shelf, value, model)
    if "code" in value:
        return _decoded(shelf, value, model), read.text(value, "model")
    channels, height, width = model.space.shape
    data = read.raw(value, "data", channels * height * width)
    pixels = np.frombuffer(data, dtype=np.uint8).reshape(1, height, width, channels).copy()
    return from_uint8(pixels), read.text(value, "name", default="uploaded picture")


def _example(shelf: Shelf, value: Mapping[str, Any], model: Any) -> tuple[Tensor, str]:  # noqa: ANN401
    owner = classifier(shelf, read.text(value, "of", default=model.id))
    _check_shape(owner, model)
    index = read.whole(value, "example", 0, len(owner.examples) - 1)
    return owner.examples.x[index : index + 1].cpu(), f"example {caption(owner, index).removeprefix('number ')}"


def _decoded(shelf: Shelf, value: Mapping[str, Any], model: Any) -> Tensor:  # noqa: ANN401
    drawing = shelf.latent_model(read.text(value, "model"))
    _check_shape(drawing, model)
    code = read.code(value, "code", drawing.latent_dim)
    x = decode_in_batches(drawing, code[None]).x.cpu()
    if not bool(torch.isfinite(x).all()):
        raise RefusedError("The model decodes this code to values that are not finite; move the sliders back.")
    return x.clamp(0, 1)


def _row(entry: Any) -> Answer:  # noqa: ANN401 - an Entry
    row = {"id": entry.id, "title": entry.title, "dataset": entry.dataset, "error": entry.error, "shape": None}
    if entry.error:
        return row
    try:
        config = read_card(entry.folder).config
    except CheckpointError as error:
        return {**row, "error": str(error)}
    return {**row, "shape": list(config["space"]["shape"])}


def _check_shape(source: Any, model: Any) -> None:  # noqa: ANN401
    if tuple(source.space.shape) != tuple(model.space.shape):
        raise RefusedError(
            f"Pictures of {source.id} are {_size(source.space.shape)} and {model.id} takes {_size(model.space.shape)}: "
            "choose two whose pictures have one shape."
        )


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
