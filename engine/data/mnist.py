"""MNIST: 70,000 handwritten digits, read from the Hub's parquet files."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

from engine.data.causal_split import Excerpt
from engine.data.dataset import DATASETS
from engine.data.hub_parquet import HubParquet
from engine.data.hub_pictures import HubPictures
from engine.interfaces import Space


@DATASETS.register("mnist")
class MNIST(HubPictures):
    """Grey digits of 28 x 28 pixels, value / 255, no binarisation; 60,000 for training and 10,000 for testing.

    The causal explanations train on the first 50,000 and validate on the last 10,000 of the training digits.
    """

    name = "mnist"
    title = "MNIST"
    space = Space(kind="image", shape=(1, 28, 28))
    classes: tuple[str, ...] = tuple("0123456789")
    excerpts = MappingProxyType(
        {
            "causal-train": Excerpt("train", end=Fraction(5, 6)),
            "causal-valid": Excerpt("train", start=Fraction(5, 6)),
            "causal-test": Excerpt("test"),
        }
    )
    split_names: tuple[str, ...] = ("train", "test", "all", *excerpts)
    licence = "MIT according to the Hub card; elsewhere CC BY-SA 3.0"
    citation = "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition (1998)"
    url = "https://huggingface.co/datasets/ylecun/mnist"
    source = HubParquet(
        repository="ylecun/mnist", folder="mnist", image="image", columns=("label",), size=(28, 28), channels=1
    )
