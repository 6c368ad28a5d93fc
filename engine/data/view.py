"""Some classes of a data set, or one of its attributes, as a data set of its own with labels 0, 1, ..."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.data.dataset import Dataset, Progress, Split, value_names


class View:
    """Rows of a data set that belong to the chosen classes, relabelled; its space, factors and splits are the same.

    Args:
        dataset: Of which.
        choice: Classes by name or number, separated by commas, in the order of their new labels; or, in a data set
            without classes, the name of one factor with the values 0 and 1, whose value becomes the label.
        name: Under which `load_dataset` finds it.

    Raises:
        KeyError: If the data set has no such class or factor; the message lists what there is.
        ValueError: If a class is chosen twice, several attributes are, or nothing is.
    """

    def __init__(self, dataset: Dataset, choice: str, *, name: str) -> None:
        self.dataset, self.name = dataset, name
        self.space, self.factor_names = dataset.space, dataset.factor_names
        self.value_names = value_names(dataset)
        self.split_names, self.needs_files = dataset.split_names, dataset.needs_files
        self.shareable = dataset.shareable
        self.licence, self.citation, self.url = dataset.licence, dataset.citation, dataset.url
        chosen = [part.strip() for part in choice.split(",")]
        self._labels: Callable[[Split], Tensor]
        if dataset.classes:
            classes = _classes(dataset, chosen)
            self.classes = tuple(dataset.classes[old] for old in classes)
            self._labels = _ByTable(len(dataset.classes), classes)
            self.title = f"{dataset.title}: {', '.join(self.classes)}"
        else:
            factor = _factor(dataset, chosen)
            attribute = dataset.factor_names[factor]
            self.classes = (f"not {attribute}", attribute)
            self._labels = _ByAttribute(dataset.title, attribute, factor)
            self.title = f"{dataset.title}: {attribute}"

    def split(self, name: str) -> Split:
        """The rows of a split that belong to the chosen classes, in its order."""
        whole = self.dataset.split(name)
        labels = self._labels(whole)
        kept = labels >= 0
        return Split(
            name,
            whole.rows,
            ids=whole.ids[kept.numpy()],
            labels=labels[kept],
            factors=None if whole.factors is None else whole.factors[kept],
        )

    def prepare(self, progress: Progress | None = None) -> None:
        """Prepares the whole data set."""
        self.dataset.prepare(progress)


class _ByTable:
    """New labels by a lookup table; relabelling class after class would meet labels that are new already."""

    def __init__(self, num_classes: int, chosen: Sequence[int]) -> None:
        self._table = torch.full((num_classes,), -1)
        self._table[torch.tensor(chosen)] = torch.arange(len(chosen))

    def __call__(self, split: Split) -> Tensor:
        """int64, (N,), -1 for rows of other classes."""
        assert split.labels is not None  # its data set names their classes
        return self._table[split.labels]


class _ByAttribute:
    """The value of one factor as the label."""

    def __init__(self, title: str, attribute: str, column: int) -> None:
        self._title, self._attribute, self._column = title, attribute, column

    def __call__(self, split: Split) -> Tensor:
        """int64, (N,)."""
        assert split.factors is not None  # its data set names them
        values = split.factors[:, self._column]
        if not ((values == 0) | (values == 1)).all():
            raise ValueError(
                f"{self._attribute} of {self._title} has other values than 0 and 1, so that it makes no two classes."
            )
        return values.long()


def _classes(dataset: Dataset, chosen: Sequence[str]) -> list[int]:
    first = getattr(dataset, "numbered_from", 0)
    classes = []
    for one in chosen:
        if (place := _place(one, dataset.classes)) is not None:
            classes.append(place)
        elif one.isdecimal() and 0 <= int(one) - first < len(dataset.classes):
            classes.append(int(one) - first)
        else:
            numbers = range(first, first + len(dataset.classes))
            known = {name: f"{number} ({name})" for number, name in zip(numbers, dataset.classes, strict=True)}
            raise KeyError(f"{dataset.title} has no class {one!r}; choose from {_near(one, known)}.")
    if len(set(classes)) < len(classes):
        raise ValueError(f"Choose every class of {dataset.title} once; got {', '.join(chosen)}.")
    return classes


def _factor(dataset: Dataset, chosen: Sequence[str]) -> int:
    if len(chosen) > 1:
        raise ValueError(f"Choose one attribute of {dataset.title} at a time; got {', '.join(chosen)}.")
    place = _place(chosen[0], dataset.factor_names)
    if place is None:
        known = dict(zip(dataset.factor_names, dataset.factor_names, strict=True))
        raise KeyError(f"{dataset.title} has no attribute {chosen[0]!r}; choose one of {_near(chosen[0], known)}.")
    return place


def _place(asked: str, names: Sequence[str]) -> int | None:
    """Where a name stands, as it is written or else in any case."""
    if asked in names:
        return names.index(asked)
    folded = [name.casefold() for name in names]
    return folded.index(asked.casefold()) if asked.casefold() in folded else None


def _near(asked: str, known: dict[str, str]) -> str:
    """What to call the names that read most like what was asked for, nearest first; all of them for a number."""
    folded = {name.casefold(): shown for name, shown in known.items()}
    near = [] if asked.isdecimal() else difflib.get_close_matches(asked.casefold(), folded, n=5, cutoff=0.6)
    return ", ".join([folded[name] for name in near] or known.values())
