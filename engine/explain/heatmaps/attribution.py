"""Explaining pictures: one method, or several whose results arrive as they are finished."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.explain.heatmaps.cache import HeatmapCache, picture_keys
from engine.explain.heatmaps.method import Method, build_method, name_of
from engine.explain.heatmaps.options import values_of
from engine.explain.heatmaps.subject import Precision, Subject, UnsuitableModelError
from engine.explain.progress import Progress
from engine.models.target import Target, as_target


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """Maps of one method, and what made them.

    Attributes:
        values: (N, C, H, W) float32 on the CPU, before any normalisation.
        method: Name in `HEATMAPS`.
        options: The method's options.
        signed: Whether values below zero speak against the target; else all are magnitudes.
        model_id: The model's id; its class's name for one without.
        target: What was explained.
        seed: Chance started from here.
        precision: `fp32` or `bf16`.
        seconds: What it took; near zero when all maps came from the cache.
        cached: How many pictures' maps came from the cache.
        notes: What the reader should know, in sentences.
    """

    values: Tensor
    method: str
    options: Mapping[str, Any]
    signed: bool
    model_id: str
    target: Target
    seed: int
    precision: Precision
    seconds: float
    cached: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A method that cannot explain a model; the others can.

    Attributes:
        method: Name in `HEATMAPS`.
        reason: One sentence for the user.
    """

    method: str
    reason: str


def attribute(
    model: nn.Module,
    x: Tensor,
    method: Method | str,
    *,
    target: Target | str | int | Sequence[int] = "predicted",
    seed: int = 0,
    chunk_size: int = 32,
    precision: Precision = "fp32",
    background: Tensor | None = None,
    cache: HeatmapCache | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Attribution:
    """Explains pictures by one method.

    A picture's map does not depend on the other pictures of the batch, nor on `chunk_size`, but for the last digits.
    The model is not changed: methods work on a private copy that shares its weights.

    Args:
        model: A classifier whose forward maps pictures in [0, 1] to logits (N, M), or to one number each.
        x: Pictures, (N, C, H, W), values in [0, 1]; on any device.
        method: A method, or the name of one that keeps its defaults.
        target: What is explained: `predicted`, a class, one for each picture, or a `Target`.
        seed: Where chance starts; the same seed gives the same maps.
        chunk_size: Rows that go through the model at once, at most: memory is bounded by the activations of so many
            pictures (some methods need two rows for a picture), whatever N and the number of samples are.
        precision: `bf16` runs the network under autocast; `fp32` is the default.
        background: Pictures to compare with, (B, C, H, W), for DeepLiftSHAP and GradientSHAP; by default the model's
            own examples, if it has any.
        cache: Where maps are kept; None keeps none.
        on_progress: Called with (rows done, rows in all), from the calling thread.
        should_stop: Asked before each chunk; True ends the work.

    Raises:
        CancelledError: If `should_stop` said so.
        UnsuitableModelError: If the method cannot explain this model.
        ValueError: If pictures, target or options are not as described.
        KeyError: If there is no such method.
    """
    started = time.perf_counter()
    method = build_method(method) if isinstance(method, str) else method
    target = as_target(target)
    _check(x, target, chunk_size, precision)
    background = _background(model, x) if background is None else background
    keys = [] if cache is None else picture_keys(model, x, method, target, seed, precision, background)
    known = {row: kept for row, key in enumerate(keys) if cache is not None and (kept := cache.get(key)) is not None}
    rows = [row for row in range(len(x)) if row not in known]
    notes: tuple[str, ...] = ()
    values = torch.empty(x.shape, dtype=torch.float32)
    if rows:
        missing = Target(_rows_of(target.classes, rows), _rows_of(target.against, rows), target.negated)
        with torch.inference_mode(False):
            subject = Subject(
                model, x[rows], target=missing, seed=seed, chunk_size=chunk_size, precision=precision,
                background=background, progress=on_progress, should_stop=should_stop,
            )  # fmt: skip
            fresh = _maps(method, subject)
        notes = tuple(dict.fromkeys(subject.notes))
        values[rows] = fresh
        if cache is not None:
            for row, one in zip(rows, fresh, strict=True):
                cache.put(keys[row], one, notes)
    for row, kept in known.items():
        values[row] = kept.values
        notes = tuple(dict.fromkeys((*notes, *kept.notes)))
    return Attribution(
        values=values,
        method=name_of(method),
        options=values_of(method),
        signed=method.signed,
        model_id=str(getattr(model, "id", type(model).__name__)),
        target=target,
        seed=seed,
        precision=precision,
        seconds=time.perf_counter() - started,
        cached=len(known),
        notes=notes,
    )


def attribute_all(
    model: nn.Module,
    x: Tensor,
    methods: Sequence[Method | str],
    *,
    on_progress: Callable[[int, int, int], None] | None = None,
    **settings: Any,  # noqa: ANN401 - those of `attribute`
) -> Iterator[Attribution | Failure]:
    """Explains pictures by several methods, one after the other.

    Args:
        model: As in `attribute`.
        x: As in `attribute`.
        methods: In the order to run.
        on_progress: Called with (number of the method, rows done, rows in all).
        settings: The other arguments of `attribute`.

    Yields:
        Each method's result as soon as it is finished; a `Failure` for one that cannot explain this model.

    Raises:
        CancelledError: If `should_stop` said so; what was yielded before stays valid.
        ValueError: If pictures, target or options are not as described.
    """
    built = [build_method(method) if isinstance(method, str) else method for method in methods]
    for place, method in enumerate(built):
        progress = None if on_progress is None else _numbered(on_progress, place)
        try:
            yield attribute(model, x, method, on_progress=progress, **settings)
        except UnsuitableModelError as error:
            yield Failure(name_of(method), str(error))


def _numbered(report: Callable[[int, int, int], None], place: int) -> Progress:
    return lambda done, total: report(place, done, total)


def _maps(method: Method, subject: Subject) -> Tensor:
    subject.total = method.rows(subject) * len(subject.x)
    maps = method.maps(subject).detach().float().cpu()
    if not bool(torch.isfinite(maps).all()):
        raise UnsuitableModelError(f"{method.title} gave values that are not finite; choose other options.")
    subject.finish()
    return maps


def _background(model: nn.Module, x: Tensor) -> Tensor | None:
    examples = getattr(getattr(model, "examples", None), "x", None)
    if examples is None or examples.shape[1:] != x.shape[1:] or not len(examples):
        return None
    step = max(1, len(examples) // 32)
    return examples[::step][:32]


def _rows_of(classes: tuple[int, ...], rows: list[int]) -> tuple[int, ...]:
    return classes if len(classes) < 2 else tuple(classes[row] for row in rows)


def _check(x: Tensor, target: Target, chunk_size: int, precision: str) -> None:
    if x.ndim != 4 or not len(x):
        raise ValueError(f"x should be a batch of pictures (N, C, H, W), N at least 1; got shape {tuple(x.shape)}.")
    if not x.is_floating_point() or not bool(torch.isfinite(x).all()):
        raise ValueError(f"x should hold finite floating-point numbers in [0, 1]; got {x.dtype}.")
    wrong = [len(part) for part in (target.classes, target.against) if len(part) not in (0, 1, len(x))]
    if wrong:
        raise ValueError(f"target should name one class for all {len(x)} pictures or one each; got {wrong[0]}.")
    if isinstance(chunk_size, bool) or chunk_size < 1:
        raise ValueError(f"chunk_size should be at least 1; got {chunk_size}.")
    if precision not in ("fp32", "bf16"):
        raise ValueError(f"precision should be 'fp32' or 'bf16'; got {precision!r}.")
