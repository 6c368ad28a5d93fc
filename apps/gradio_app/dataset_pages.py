"""A data set page by page: its pictures with labels and factors, filtered by a value."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from engine.figures import Atlas, atlas, data_uri

if TYPE_CHECKING:
    from torch import Tensor

    from apps.gradio_app.data_shelf import Source

PAGE_SIZE = 60
ANY = "any"
_YES, _NO = "yes", "no"  # of an attribute
_MOST_VALUES = 48  # a factor with more values is filtered by fifths
_LONGEST = 96  # pixels a side of a picture on a page, where it is drawn at 64: sixty photographs stay below 2 MB


@dataclass(frozen=True)
class Page:
    """One page of pictures.

    Attributes:
        state: What `page/pictures.js` draws: `atlas`, `items` [{row, caption, title}], `label`.
        page: Number of the page, from 1.
        pages: Number of pages.
        found: Rows that fit the filter.
    """

    state: dict[str, Any]
    page: int
    pages: int
    found: int


def filters(source: Source) -> list[str]:
    """What a user can filter by: the label and the factors."""
    return [*(["label"] if source.labels is not None else []), *source.factor_names]


def choices(source: Source, by: str | None) -> list[str]:
    """The values of a filter: each value, or fifths of the rows for a factor with many values."""
    if not by or by not in filters(source):
        return [ANY]
    if by == "label":
        return [ANY, *source.classes]
    levels, edges = _levels(source, by)
    if levels is not None:
        attributes = _has_attributes(source)
        return [ANY, *(_said(source, by, level, attributes=attributes) for level in levels)]
    return [ANY, *(f"{low:.3g} to {high:.3g}" for low, high in itertools.pairwise(edges))]


def rows_where(source: Source, by: str | None, value: str | None) -> npt.NDArray[np.int64]:
    """Rows whose label or factor has a value of `choices`, in the split's order; all rows for `any`.

    Raises:
        ValueError: If the value is none of the choices.
    """
    if not by or not value or value == ANY:
        return np.arange(source.length, dtype=np.int64)
    known = choices(source, by)
    if value not in known:
        raise ValueError(f"{by} has the values {known[1:]}; got {value!r}.")
    place = known.index(value) - 1
    if by == "label":
        assert source.labels is not None  # `choices` offered labels
        return np.flatnonzero(source.labels.numpy() == place)
    column = _column(source, by)
    levels, edges = _levels(source, by)
    if levels is not None:
        return np.flatnonzero(column == levels[place])
    above = column >= edges[place]
    below = column <= edges[place + 1] if place == len(edges) - 2 else column < edges[place + 1]
    return np.flatnonzero(above & below)


def page_of(source: Source, *, by: str | None = None, value: str | None = None, page: int = 1) -> Page:
    """One page of the rows that fit; a page number beyond the ends shows the nearest page."""
    rows = rows_where(source, by, value)
    pages = max(1, -(-len(rows) // PAGE_SIZE))
    page = min(max(1, page), pages)
    shown = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    state: dict[str, Any] = {"label": f"{source.dataset}, {source.split}", "items": [], "atlas": None}
    if len(shown):
        sheet = _sheet(source, source.read(shown))
        size = {"columns": sheet.columns, "width": sheet.width, "height": sheet.height}
        state["atlas"] = {"uri": data_uri(sheet.png), **size}
        attributes = _has_attributes(source)
        state["items"] = [_item(source, int(row), by, attributes=attributes) for row in shown]
    return Page(state, page, pages, len(rows))


def _item(source: Source, row: int, by: str | None, *, attributes: bool) -> dict[str, Any]:
    label, factors = [], []
    if source.labels is not None:
        number = int(source.labels[row])
        label = [("label", source.classes[number] if number < len(source.classes) else str(number))]
    if source.factors is not None:
        values = source.factors[row].tolist()
        named = zip(source.factor_names, values, strict=True)
        factors = [(name, _said(source, name, value, attributes=attributes)) for name, value in named]
    caption = dict(label + factors).get(by or "", label[0][1] if label else f"#{row}")
    parts = [f"{name} {value}" for name, value in label]
    if attributes:  # of forty only those it has
        parts += [name for name, value in factors if value == _YES]
    else:
        parts += [f"{name} {value}" for name, value in factors]
    return {"row": row, "caption": caption, "title": ", ".join([f"row {row}", *parts])}


def _sheet(source: Source, x: Tensor) -> Atlas:
    longest = max(x.shape[-2:])
    if source.space.kind != "image" or longest <= _LONGEST:
        return atlas(x, source.space)
    height, width = (max(1, round(length * _LONGEST / longest)) for length in x.shape[-2:])
    small = torch.nn.functional.interpolate(x, size=(height, width), mode="bilinear", antialias=True)
    return atlas(small, replace(source.space, shape=tuple(small.shape[1:])))


def _said(source: Source, factor: str, value: float, *, attributes: bool) -> str:
    """A factor's value; that of an attribute or a kind in a word."""
    if attributes:
        return _YES if value else _NO
    return source.value_names.get(factor, {}).get(value, f"{value:.3g}")


def _has_attributes(source: Source) -> bool:
    """Whether all factors are 0 or 1."""
    if source.factors is None:
        return False
    some = source.factors[:1000]
    return bool(((some == 0) | (some == 1)).all())


def _column(source: Source, by: str) -> npt.NDArray[np.float32]:
    assert source.factors is not None  # `filters` offers only what is there
    column: npt.NDArray[np.float32] = source.factors[:, source.factor_names.index(by)].numpy()
    return column


def _levels(source: Source, by: str) -> tuple[Sequence[float] | None, list[float]]:
    """The single values of a factor with few, else None and the edges of its fifths."""
    column = _column(source, by)
    levels = np.unique(column[:50_000])
    if len(levels) <= _MOST_VALUES:
        return np.unique(column).tolist(), []
    return None, np.quantile(column, np.linspace(0, 1, 6)).tolist()
