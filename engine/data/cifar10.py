"""CIFAR-10: 60,000 small photographs of ten kinds, read from the Hub's parquet files."""

from __future__ import annotations

from engine.data.dataset import DATASETS
from engine.data.hub_parquet import HubParquet
from engine.data.hub_pictures import HubPictures
from engine.interfaces import Space


@DATASETS.register("cifar10")
class CIFAR10(HubPictures):
    """Colour photographs of 32 x 32 pixels; 50,000 for training and 10,000 for testing, balanced."""

    name = "cifar10"
    title = "CIFAR-10"
    space = Space(kind="image", shape=(3, 32, 32))
    classes: tuple[str, ...] = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )
    licence = "none stated by the authors; use in research is customary"
    citation = "Krizhevsky: Learning multiple layers of features from tiny images (2009)"
    url = "https://huggingface.co/datasets/uoft-cs/cifar10"
    source = HubParquet(
        repository="uoft-cs/cifar10", folder="plain_text", image="img", columns=("label",), size=(32, 32), channels=3
    )
