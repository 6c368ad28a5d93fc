"""CelebA: faces with 40 binary attributes, read from the Hub's parquet files."""

from __future__ import annotations

from engine.data.dataset import DATASETS
from engine.data.hub_parquet import HubParquet
from engine.data.hub_pictures import HubPictures
from engine.data.square import square
from engine.interfaces import Space

ATTRIBUTES = (
    "5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs", "Big_Lips", "Big_Nose",
    "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby", "Double_Chin", "Eyeglasses",
    "Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male", "Mouth_Slightly_Open", "Mustache", "Narrow_Eyes",
    "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks", "Sideburns", "Smiling",
    "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat", "Wearing_Lipstick", "Wearing_Necklace",
    "Wearing_Necktie", "Young",
)  # fmt: skip
_SIDE = 128
_ALIGNED = (218, 178)  # (height, width) of the authors' aligned pictures


@DATASETS.register("celeba")
class CelebA(HubPictures):
    """Aligned faces, the middle 178 x 178 of 178 x 218 pixels at 128 x 128; the authors' parts, no person in two.

    The factors are the attributes, 1 where a face has it; a copy that is cut and resized already is taken as it is.

    Args:
        size: Pixels a side; None takes 128.
    """

    name = "celeba"
    title = "CelebA"
    space: Space = square(_SIDE)
    factor_names: tuple[str, ...] = ATTRIBUTES
    stored = ("train", "valid", "test")
    split_names: tuple[str, ...] = ("train", "valid", "test", "all")
    shareable = False
    licence = "CelebA agreement: non-commercial research only; the pictures belong to their owners"
    citation = "Liu, Luo, Wang, Tang: Deep learning face attributes in the wild (2015)"
    url = "https://huggingface.co/datasets/flwrlabs/celeba"
    source = HubParquet(
        repository="flwrlabs/celeba",
        folder="img_align+identity+attr",
        image="image",
        columns=ATTRIBUTES,
        size=(_SIDE, _SIDE),
        channels=3,
        accepts=(_ALIGNED, (_SIDE, _SIDE)),
    )
