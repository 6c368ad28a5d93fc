"""Flower photographs of five kinds, read from parquet files laid out as on the Hub."""

from __future__ import annotations

from dataclasses import replace

from engine.data.dataset import DATASETS
from engine.data.hub_parquet import HubParquet
from engine.data.hub_pictures import HubPictures
from engine.data.square import resize, square
from engine.interfaces import Space


@DATASETS.register("flowers")
class Flowers(HubPictures):
    """The TensorFlow team's photographs from Flickr; the middle square of each. Some show fields, bouquets or people.

    Args:
        size: Pixels a side; None takes 144.
    """

    name = "flowers"
    title = "Flower photographs"
    space: Space = square(144)
    classes: tuple[str, ...] = ("daisy", "dandelion", "roses", "sunflowers", "tulips")
    licence = "CC BY 2.0, each photograph by its Flickr author"
    citation = "The TensorFlow team: Flowers (2019)"
    url = "https://www.tensorflow.org/datasets/catalog/tf_flowers"
    source = HubParquet(
        repository="tf_flowers",
        folder="data",
        image="image",
        columns=("label",),
        size=(144, 144),
        channels=3,
        accepts=None,
    )

    def __init__(self, size: int | None = None) -> None:
        super().__init__()
        resize(self, size)
        self.source = replace(self.source, size=(self.space.shape[1], self.space.shape[2]))
