"""What the Traverse workspace asks of a model, as plain functions: a model and a request in, JSON-able answers out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from apps import fields as read
from apps.canvas import describe
from apps.refusals import RefusedError
from engine.explain import codes_of, decode_in_batches, interpolate, nearest, walks
from engine.images import from_uint8, to_uint8
from engine.interfaces import Encoder, Space

MAX_PICTURES = 600  # decoded for one request of strips
MAX_THUMBNAILS = 120
Answer = dict[str, Any]


def facts(model: Any) -> Answer:  # noqa: ANN401 - a LoadedDecoder, or anything with its attributes
    """All the page needs to show a model: the canvas's description with its first picture, and what it can do."""
    return {
        **describe(model, first_frame=True),
        "label": f"{model.title}",
        "dataset": model.dataset,
        "encodes": isinstance(model, Encoder),
        "examples": len(model.examples),
        "classes": list(_classes(model.dataset)),
        "factorNames": list(_factor_names(model.dataset)),
    }


def strips(model: Any, fields: Mapping[str, Any]) -> Answer:  # noqa: ANN401
    """Small pictures along every axis through a code, decoded together.

    Args:
        model: Any latent model.
        fields: `code`, `range` (`percentile` or `full`), `count` (pictures on a continuous axis, 3 to 21).
    """
    z = read.code(fields, "code", model.latent_dim)
    span = read.text(fields, "range", options=("percentile", "full"), default="percentile")
    count = read.whole(fields, "count", 3, 21, default=11)
    count = max(3, min(count, MAX_PICTURES // max(1, len(model.axes))))
    rows = walks(model, z, count=count, span="full" if span == "full" else "percentile")
    decoded = decode_in_batches(model, torch.cat([row.codes for row in rows]))
    return {
        "strips": [{"axis": place, "values": row.values.tolist()} for place, row in enumerate(rows)],
        "note": decoded.note,
        **pictures(decoded.x, model.space, longest=48),
    }


def jump(model: Any, fields: Mapping[str, Any]) -> Answer:  # noqa: ANN401
    """Another code: `to` is `random` (with `seed`), `median`, `nearest` (to `code`) or `example` (number `index`)."""
    to = read.text(fields, "to", options=("random", "median", "nearest", "example"))
    if to == "random":
        generator = torch.Generator().manual_seed(read.whole(fields, "seed", 0, 2**53))
        return {"code": model.sample(1, generator=generator)[0].tolist(), "note": ""}
    if to == "median":
        return {"code": model.mean_code.tolist(), "note": "The middle of the data: the median of every axis."}
    codes = model.examples.codes.cpu()
    if to == "nearest":
        index = nearest(codes, read.code(fields, "code", model.latent_dim), axes=model.axes)
    else:
        index = read.whole(fields, "index", 0, len(codes) - 1)
    note = f"{'Nearest held-out example' if to == 'nearest' else 'Held-out example'}: {caption(model, index)}."
    return {
        "code": codes[index].tolist(),
        "index": index,
        "note": note,
        "input": picture(model.examples.x[index], model.space),
    }


def thumbnails(model: Any, start: int, count: int) -> Answer:  # noqa: ANN401
    """Held-out examples from number `start` on, with what is known of each."""
    stop = min(len(model.examples), start + min(count, MAX_THUMBNAILS))
    x = model.examples.x[start:stop].cpu()
    captions = [caption(model, index) for index in range(start, stop)]
    return {"start": start, "total": len(model.examples), "captions": captions, **pictures(x, model.space, longest=64)}


def caption(model: Any, index: int) -> str:  # noqa: ANN401
    """What is known of one held-out example, in a few words."""
    examples, classes = model.examples, _classes(model.dataset)
    if examples.labels is not None:
        label = int(examples.labels[index])
        return f"number {index}, label {classes[label] if label < len(classes) else label}"
    if examples.factors is not None:
        names = _factor_names(model.dataset)
        values = [float(value) for value in examples.factors[index]]
        if len(names) == len(values):
            said = _value_names(model.dataset)
            words = [said.get(n, {}).get(v, f"{v:.3g}") for n, v in zip(names, values, strict=True)]
            return f"number {index}, " + ", ".join(f"{n} {word}" for n, word in zip(names, words, strict=True))
    return f"number {index}"


def encode(models: Mapping[str, Any], fields: Mapping[str, Any]) -> Answer:
    """Codes of one input, {shape, data}, by each of the models; those without an encoder search for one."""
    space = next(iter(models.values())).space
    x = read_input(fields, space)
    codes, notes = {}, []
    for name, model in models.items():
        if model.space.shape != space.shape:
            raise RefusedError(f"{name} takes {model.space.shape}, not {space.shape}: compare models of one data set.")
        found = codes_of(model, x.to(model.device))
        codes[name] = found[0].tolist()
        if not isinstance(model, Encoder):
            error = float((model.decode(found) - x.to(model.device)).square().sum())
            notes.append(f"{name} has no encoder: its code was searched (squared error {error:.3g}).")
    return {"codes": codes, "note": " ".join(notes)}


def line(model: Any, fields: Mapping[str, Any]) -> Answer:  # noqa: ANN401
    """Codes from `a` to `b`, `count` of them, with small pictures of `thumbnails` of them, both ends included."""
    codes = line_codes(model, fields)
    shown = torch.linspace(0, len(codes) - 1, read.whole(fields, "thumbnails", 2, 31, default=11)).round().long()
    decoded = decode_in_batches(model, codes[shown])
    small = pictures(decoded.x, model.space, longest=64)
    return {"codes": codes.tolist(), "shown": shown.tolist(), "note": decoded.note, **small}


def line_codes(model: Any, fields: Mapping[str, Any]) -> Tensor:  # noqa: ANN401
    """The codes of `line` as a tensor, (count, D)."""
    a, b = (read.code(fields, name, model.latent_dim) for name in ("a", "b"))
    return interpolate(a, b, layout=model.layout, count=read.whole(fields, "count", 2, 121, default=31))


def read_input(fields: Mapping[str, Any], space: Space) -> Tensor:
    """The input a page sends back as it got it from `picture`: (1, *space.shape)."""
    if space.kind == "series":
        return torch.tensor([read.numbers(fields, "series", space.shape[0])])
    channels, height, width = space.shape
    data = read.raw(fields, "data", channels * height * width)
    return from_uint8(np.frombuffer(data, dtype=np.uint8).reshape(1, height, width, channels).copy())


def picture(x: Tensor, space: Space) -> Answer:
    """One example in full size: {shape, data} of an image, {shape, data, series} of a series."""
    if space.kind == "series":
        return {**pictures(x[None], space), "series": x.tolist()}
    return pictures(x[None], space)


def pictures(x: Tensor, space: Space, *, longest: int | None = None) -> Answer:
    """Examples as bytes: uint8 (N, H, W, C) for images, little-endian float32 (N, T) for series.

    Args:
        x: (N, *space.shape).
        space: What they are.
        longest: Images larger than this are averaged down to it.
    """
    if space.kind == "series":
        values = x.detach().cpu().numpy().astype("<f4")
        return {"shape": list(values.shape), "data": read.packed(values.tobytes())}
    factor = math.ceil(max(x.shape[-2:]) / longest) if longest else 1
    small = torch.nn.functional.avg_pool2d(x, factor, ceil_mode=True) if factor > 1 else x
    pixels = to_uint8(small)
    return {"shape": list(pixels.shape), "data": read.packed(pixels.tobytes())}


def _classes(dataset: str) -> tuple[str, ...]:
    return _about(dataset, "classes")


def _factor_names(dataset: str) -> tuple[str, ...]:
    return _about(dataset, "factor_names")


def _value_names(dataset: str) -> Mapping[str, Mapping[float, str]]:
    from engine.data import find_dataset, value_names

    return value_names(find_dataset(dataset))


def _about(dataset: str, name: str) -> tuple[str, ...]:
    from engine.data import find_dataset

    return tuple(getattr(find_dataset(dataset), name, ()))
