"""From the name of a data set to the data set: which one, at what size, and which of its classes."""

from __future__ import annotations

import inspect
import re

from engine.data.dataset import DATASETS, DataError, Dataset
from engine.data.view import View

_NAME = re.compile(r"(?P<base>[^@:]*)(@(?P<size>[^:]*))?(:(?P<choice>.*))?", re.DOTALL)


def load_dataset(name: str, **options: object) -> Dataset:
    """The data set of this name; touches neither disk nor network until a split is asked for.

    A name is `<registered name>[@<pixels a side>][:<choice>]`. The choice is classes, by name or number, in the order
    of their new labels (`mnist:3,8`, `fashion:0,3,4`, `flowers:daisy,sunflowers`), or one attribute, which makes two
    classes without and with it (`celeba:Smiling`, `celeba-hq@256:Young`).

    Args:
        name: Such a name.
        options: For the data set itself, such as `path` of `folder`, whose classes alone are looked up on the disk.

    Raises:
        KeyError: If there is no such data set, class or attribute; the message lists what there is.
        ValueError: If the size or the choice makes no sense.
    """
    found = _NAME.fullmatch(name)
    assert found is not None  # every text fits
    factory = DATASETS[found["base"].strip()]
    if found["size"] is not None:
        options["size"] = _size(found["base"], found["size"])
    dataset: Dataset = factory(**options)
    return dataset if found["choice"] is None else View(dataset, found["choice"], name=name)


def find_dataset(name: str) -> Dataset | None:
    """The data set of this name for those who only ask what it is, or None where nobody can say any more."""
    try:
        dataset = load_dataset(name)
        _ = dataset.classes  # those of `folder` are looked up on the disk
    except (KeyError, ValueError, DataError):
        return None
    return dataset


def _size(name: str, size: str) -> int:
    if "size" not in inspect.signature(DATASETS[name.strip()]).parameters:
        raise ValueError(f"Pictures of {name!r} have one size; leave out '@{size}'.")
    if not size.strip().isdecimal():
        raise ValueError(f"'@{size}' should be a number of pixels a side, such as {name}@256.")
    return int(size)
