"""What the pages ask of classifiers and heatmap methods, read from JSON, and their answers a few pictures at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from torch import Tensor

from apps.plain_numbers import short
from apps.refusals import RefusedError, UnknownModelError
from apps.shelf import Shelf
from engine.explain.heatmaps import (
    HEATMAPS,
    PREDICTED,
    Attribution,
    Failure,
    HeatmapCache,
    Method,
    Target,
    attribute_all,
    build_method,
    default_cache,
    options_of,
)

# The four that the published system shows; on a small network the first map of each takes well below five seconds.
DEFAULT_METHODS = ("integrated-gradients", "smoothgrad-squared", "guided-backprop", "guided-grad-cam")
PICTURES_AT_ONCE = 4  # so that the first rows of a set are there early


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be explained, and how.

    Attributes:
        model: A classifier.
        x: Pictures, (N, C, H, W).
        methods: In the order to run.
        target: What is explained.
    """

    model: Any
    x: Tensor
    methods: Sequence[Method]
    target: Target = PREDICTED


def classifier(shelf: Shelf, name: str) -> Any:  # noqa: ANN401 - a LoadedClassifier
    """The classifier of a catalogue id.

    Raises:
        UnknownModelError: If there is none; the message lists what there is.
        engine.checkpoints.CheckpointError: If it cannot be loaded.
    """
    able = [entry.id for entry in shelf.entries() if entry.kind == "classifier"]
    if name not in able:
        raise UnknownModelError(f"No classifier {name!r}; choose one of {', '.join(able) or 'none: there is none'}.")
    return shelf.get(name)


def spoken(name: str) -> str:
    """A class's name for the eye: `Heavy_Makeup` is read as `Heavy makeup`; names without underscores stay."""
    return name.replace("_", " ").strip().capitalize() if "_" in name else name


def caption(model: Any, index: int) -> str:  # noqa: ANN401 - a LoadedClassifier
    """What is known of a held-out example: its class, or the attributes it has."""
    labels = model.examples.labels
    if labels is None:
        return f"number {index}"
    if labels.ndim == 1:
        label = int(labels[index])
        known = 0 <= label < len(model.classes)
        return f"number {index}, {spoken(model.classes[label]) if known else f'label {label}'}"
    has = [spoken(name) for name, label in zip(model.classes, labels[index].tolist(), strict=False) if label > 0]
    return f"number {index}" + (f", {', '.join(has[:3])}" if has else "")


def describe_methods() -> list[dict[str, Any]]:
    """All that a page needs to draw the controls of every method, as JSON values."""
    kinds = sorted(((name, HEATMAPS[name]) for name in HEATMAPS), key=lambda item: item[1].title.lower())
    return [
        {
            "name": name,
            "title": kind.title,
            "about": (kind.__doc__ or "").strip().splitlines()[0],
            "paper": kind.paper,
            "experimental": kind.experimental,
            "options": [vars(one) | {"choices": list(one.choices)} for one in options_of(kind)],
        }
        for name, kind in kinds
    ]


def read_methods(value: object) -> list[Method]:
    """Methods from [{name, options}, ...]; options that are left out keep their defaults.

    Raises:
        RefusedError: If one is unknown or named twice, or an option is unknown or out of range.
    """
    if not isinstance(value, list) or not 0 < len(value) <= len(HEATMAPS):
        raise RefusedError(f"methods should be a list of 1 to {len(HEATMAPS)} {{name, options}}; got {short(value)}.")
    found = [read_method(one) for one in value]
    if len({type(one) for one in found}) < len(found):
        raise RefusedError("Every method can be asked once at a time; one is named twice.")
    return found


def read_method(value: object) -> Method:
    """One method from {name, options}.

    Raises:
        RefusedError: If it is unknown, or an option is unknown or out of range.
    """
    name = value.get("name") if isinstance(value, Mapping) else None
    options = value.get("options", {}) if isinstance(value, Mapping) else None
    if not isinstance(name, str) or not isinstance(options, Mapping):
        raise RefusedError(f"A method should be {{name, options}}; got {short(value)}.")
    try:
        return build_method(name, options)
    except KeyError as error:
        raise RefusedError(str(error.args[0])) from error
    except ValueError as error:
        raise RefusedError(str(error)) from error


def read_target(value: object, classes: Sequence[str]) -> Target:
    """A target from {of, minus, negated}: names of outputs, or None for the predicted one and for no second.

    Raises:
        RefusedError: If it names no output of the classifier.
    """
    fields = {} if value is None else value
    if not isinstance(fields, Mapping) or not isinstance(fields.get("negated", False), bool):
        raise RefusedError(f"target should be {{of, minus, negated}}; got {short(value)}.")
    of, minus = (_numbered(fields.get(name), classes) for name in ("of", "minus"))
    return Target(of, minus, fields.get("negated", False))


def resolved(target: Target, logits: Tensor) -> Target:
    """The same with the predicted class of each picture written in: (N, M) logits of the pictures themselves.

    Raises:
        RefusedError: If the difference of a class with itself is asked for.
    """
    found = target if target.classes else replace(target, classes=tuple(logits.argmax(dim=1).tolist()))
    try:
        found.weights(logits)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    return found


def answers(
    question: Question,
    *,
    maps: HeatmapCache | None,
    on_progress: Callable[[int, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[tuple[range, Attribution | Failure]]:
    """Maps of a few pictures by every method, then of the next few, each with the numbers of its pictures.

    Args:
        question: What is asked.
        maps: Where maps are kept.
        on_progress: Called with (number of the method at work, share of all that is done).
        should_stop: Asked often; True ends the work.

    Raises:
        engine.explain.heatmaps.CancelledError: If `should_stop` said so.
    """
    count, each = len(question.x), len(question.methods)
    for start in range(0, count, PICTURES_AT_ONCE):
        rows = range(start, min(start + PICTURES_AT_ONCE, count))

        def told(method: int, done: int, total: int, rows: range = rows) -> None:
            if on_progress is not None:
                on_progress(method, (rows.start + len(rows) * (method + done / max(1, total)) / each) / count)

        target = _of_rows(question.target, rows)
        for one in attribute_all(
            question.model, question.x[rows.start : rows.stop], question.methods, target=target, cache=maps,
            on_progress=told, should_stop=should_stop,
        ):  # fmt: skip
            yield rows, one


@cache
def kept_maps() -> HeatmapCache | None:
    """The cache of this process; None where the settings want none."""
    return default_cache()


def _of_rows(target: Target, rows: range) -> Target:
    classes, against = (
        one if len(one) < 2 else one[rows.start : rows.stop] for one in (target.classes, target.against)
    )
    return Target(classes, against, target.negated)


def _numbered(name: object, classes: Sequence[str]) -> tuple[int, ...]:
    if name is None:
        return ()
    if name not in classes:
        known = ", ".join(classes[:12]) + (", ..." if len(classes) > 12 else "")
        raise RefusedError(f"The classifier has no output {short(name)}; choose one of {known}.")
    return (list(classes).index(str(name)),)
