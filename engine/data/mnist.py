"""MNIST: 70,000 handwritten digits, read from the Hub's parquet files."""

from __future__ import annotations

import numpy as np
import torch

from engine.data.dataset import DATASETS, Progress, Split, unknown_split
from engine.data.hub_parquet import ByteImages, Decoded, HubParquet, open_split
from engine.interfaces import Space


@DATASETS.register("mnist")
class MNIST:
    """Grey digits of 28 x 28 pixels, value / 255, no binarisation; 60,000 for training and 10,000 for testing."""

    name = "mnist"
    title = "MNIST"
    space = Space(kind="image", shape=(1, 28, 28))
    factor_names: tuple[str, ...] = ()
    classes: tuple[str, ...] = tuple("0123456789")
    split_names: tuple[str, ...] = ("train", "test", "all")
    licence = "MIT according to the Hub card; elsewhere CC BY-SA 3.0"
    citation = "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition (1998)"
    url = "https://huggingface.co/datasets/ylecun/mnist"
    source = HubParquet(
        repository="ylecun/mnist", folder="mnist", image="image", columns=("label",), size=(28, 28), channels=1
    )

    def __init__(self) -> None:
        self._decoded: dict[str, Decoded] = {}

    def split(self, name: str) -> Split:
        """`train`, `test`, or `all` (train, then test); rows in the original order."""
        if name not in self.split_names:
            raise unknown_split(self, name)
        parts = [self._open(part) for part in (("train", "test") if name == "all" else (name,))]
        labels = np.concatenate([part.columns[:, 0] for part in parts])
        return Split(name, ByteImages([part.images for part in parts]), labels=torch.from_numpy(labels))

    def prepare(self, progress: Progress | None = None) -> None:
        """Finds or downloads the files and decodes both splits (55 MB on disk)."""
        for name in ("train", "test"):
            self._open(name, progress)

    def _open(self, name: str, progress: Progress | None = None) -> Decoded:
        if name not in self._decoded:
            self._decoded[name] = open_split(self.source, name, progress)
        return self._decoded[name]
