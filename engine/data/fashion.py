"""Fashion-MNIST: 70,000 grey pictures of clothes, read from the Hub's parquet files."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

from engine.data.causal_split import Excerpt
from engine.data.dataset import DATASETS
from engine.data.hub_parquet import HubParquet
from engine.data.hub_pictures import HubPictures
from engine.interfaces import Space


@DATASETS.register("fashion")
class Fashion(HubPictures):
    """Articles of clothing, 28 x 28 pixels, value / 255; 60,000 for training and 10,000 for testing.

    The causal explanations validate on the last 6,000 of the test pictures and test on the first 4,000.
    """

    name = "fashion"
    title = "Fashion-MNIST"
    space = Space(kind="image", shape=(1, 28, 28))
    classes: tuple[str, ...] = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"
    )  # fmt: skip
    excerpts = MappingProxyType(
        {
            "causal-train": Excerpt("train"),
            "causal-valid": Excerpt("test", start=Fraction(2, 5)),
            "causal-test": Excerpt("test", end=Fraction(2, 5)),
        }
    )
    split_names: tuple[str, ...] = ("train", "test", "all", *excerpts)
    licence = "MIT"
    citation = "Xiao, Rasul, Vollgraf: Fashion-MNIST, a novel image dataset for benchmarking (2017)"
    url = "https://huggingface.co/datasets/zalando-datasets/fashion_mnist"
    source = HubParquet(
        repository="zalando-datasets/fashion_mnist",
        folder="fashion_mnist",
        image="image",
        columns=("label",),
        size=(28, 28),
        channels=1,
    )
