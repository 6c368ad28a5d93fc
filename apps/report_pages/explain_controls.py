"""The sidebar of page Explain: pictures, target, methods with their options, and how maps are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from apps.explaining import DEFAULT_METHODS, caption, describe_methods
from apps.refusals import told
from engine.data.picture_file import read_picture
from engine.explain.heatmaps import SIGNS, Method, Option, Sign, Target, build_method, feature_maps, options_of

MAX_PICTURES = 8
MAX_MEGABYTES = 25
_ENDINGS = ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "ppm")
_SIDES = {
    "all": "for and against",
    "positive": "what speaks for it",
    "negative": "what speaks against it",
    "absolute": "size only",
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Pictures to explain.

    Attributes:
        x: (N, C, H, W), at least one.
        names: One each.
        notes: What was changed on the way, in sentences.
    """

    x: Tensor
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """How maps are drawn: which side, and how much of the picture they hide."""

    sign: Sign
    opacity: float


def choose_pictures(model: Any) -> Shown | None:  # noqa: ANN401 - a LoadedClassifier
    """Uploaded pictures, or else held-out examples; None where there are neither."""
    files = st.sidebar.file_uploader(
        "Your own pictures",
        type=list(_ENDINGS),
        accept_multiple_files=True,
        max_upload_size=MAX_MEGABYTES,
        key="uploads",
        help=f"The first {MAX_PICTURES} of them are explained; without any, examples that the model has not learned.",
    )
    read = _uploaded(files or (), model)
    if read is not None:
        return read
    count = len(model.examples)
    chosen = st.sidebar.multiselect(
        "Examples",
        list(range(count)),
        default=list(range(min(4, count))),
        format_func=lambda number: caption(model, number),
        max_selections=MAX_PICTURES,
        key=f"examples {model.id}",
    )
    if not chosen:
        return None
    return Shown(x=model.examples.x[list(chosen)].cpu(), names=tuple(caption(model, number) for number in chosen))


def choose_target(model: Any) -> Target:  # noqa: ANN401 - a LoadedClassifier
    """What is explained: an output, perhaps rather than another, or what speaks against it."""
    outputs = list(range(len(model.classes)))  # and -1 for none: Streamlit offers to clear a choice that is None
    first = st.sidebar.selectbox(
        "Explained",
        [-1, *outputs],
        format_func=lambda number: _likeliest(model) if number < 0 else model.classes[number],
        key=f"target {model.id}",
    )
    others, second = [number for number in outputs if number != first], -1
    if len(outputs) > 1:
        second = st.sidebar.selectbox(
            "Rather than",
            [-1, *others],
            format_func=lambda number: "no other" if number < 0 else model.classes[number],
            key=f"against {model.id}",
            help="With a class here, maps show what makes the difference between the two.",
        )
    negated = st.sidebar.toggle("What speaks against it", key="negated")
    return Target(() if first < 0 else (first,), () if second < 0 else (second,), negated)


def choose_methods(model: Any) -> list[Method]:  # noqa: ANN401 - a LoadedClassifier
    """Methods, each with a control for every option that it has."""
    known = {one["name"]: one for one in describe_methods()}
    names = st.sidebar.multiselect(
        "Methods",
        list(known),
        default=list(DEFAULT_METHODS),
        format_func=lambda name: known[name]["title"],
        key="methods",
    )
    methods = []
    for name in names:
        options = options_of(build_method(name))
        if not options:
            methods.append(build_method(name))
            continue
        with st.sidebar.expander(f"{known[name]['title']}: options"):
            st.caption(known[name]["about"])
            values = {one.name: _control(model, name, one) for one in options}
        methods.append(build_method(name, values))
    return methods


def choose_look() -> Look:
    """How maps are drawn; nothing is computed anew for it."""
    sign = st.sidebar.selectbox("Maps show", list(SIGNS), format_func=_SIDES.__getitem__, key="sign")
    percent = st.sidebar.slider("Opacity over the picture, %", 0, 100, 100, step=5, key="opacity")
    return Look(sign, percent / 100)


def _uploaded(files: Sequence[Any], model: Any) -> Shown | None:  # noqa: ANN401 - Streamlit's files, a LoadedClassifier
    read, notes = [], []
    for file in files[:MAX_PICTURES]:
        try:
            prepared = read_picture(file.getvalue(), model.space)
        except Exception as error:
            st.warning(f"{file.name}: {told(error).text}")
            continue
        read.append((prepared.x, file.name))
        notes += [f"{file.name}: {note}" for note in prepared.notes]
    if len(files) > MAX_PICTURES:
        notes.append(f"The first {MAX_PICTURES} of {len(files)} files were taken.")
    if not read:
        return None
    return Shown(x=torch.cat([x for x, _ in read]), names=tuple(name for _, name in read), notes=tuple(notes))


def _control(model: Any, method: str, option: Option) -> Any:  # noqa: ANN401 - what the option's kind asks for
    shared: dict[str, Any] = {"key": f"{method} {option.name} {model.id}", "help": option.help}
    label = option.name.replace("_", " ").capitalize()
    if option.kind == "bool":
        return st.toggle(label, value=option.default, **shared)
    if option.kind in ("choice", "layer"):
        texts = ["", *_layers(model)] if option.kind == "layer" else list(option.choices)
        place = texts.index(option.default)
        return st.selectbox(label, texts, index=place, format_func=lambda text: text or "the last", **shared)
    number = int if option.kind == "int" else float
    ends = [None if one is None else number(one) for one in (option.low, option.high, option.default, option.step)]
    return st.slider(label, *ends, **shared)


def _layers(model: Any) -> list[str]:  # noqa: ANN401 - a LoadedClassifier
    return [one.name for one in feature_maps(model, torch.zeros(1, *model.space.shape))]


def _likeliest(model: Any) -> str:  # noqa: ANN401 - a LoadedClassifier
    if len(model.classes) == 1:
        return "the only output"
    return "the predicted class" if model.exclusive else "the likeliest attribute"
