"""Oxford Flowers-102: 8,189 photographs of 102 kinds of flowers, read from the authors' folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from engine.data.dataset import DATASETS, DataFormatError, DataUnavailableError
from engine.data.file_pictures import FilePictures, Index, mirrored
from engine.data.square import square
from engine.data.stratified_split import stratified_split

FOLDER = "flowers-102"
LABELS = "imagelabels.mat"
PICTURES = ("jpg", "images")  # as the authors' archive unpacks, and as some copies name it
NAMES = (
    "pink primrose", "hard-leaved pocket orchid", "canterbury bells", "sweet pea", "english marigold", "tiger lily",
    "moon orchid", "bird of paradise", "monkshood", "globe thistle", "snapdragon", "colt's foot", "king protea",
    "spear thistle", "yellow iris", "globe-flower", "purple coneflower", "peruvian lily", "balloon flower",
    "giant white arum lily", "fire lily", "pincushion flower", "fritillary", "red ginger", "grape hyacinth",
    "corn poppy", "prince of wales feathers", "stemless gentian", "artichoke", "sweet william", "carnation",
    "garden phlox", "love in the mist", "mexican aster", "alpine sea holly", "ruby-lipped cattleya", "cape flower",
    "great masterwort", "siam tulip", "lenten rose", "barbeton daisy", "daffodil", "sword lily", "poinsettia",
    "bolero deep blue", "wallflower", "marigold", "buttercup", "oxeye daisy", "common dandelion", "petunia",
    "wild pansy", "primula", "sunflower", "pelargonium", "bishop of llandaff", "gaura", "geranium", "orange dahlia",
    "pink-yellow dahlia", "cautleya spicata", "japanese anemone", "black-eyed susan", "silverbush",
    "californian poppy", "osteospermum", "spring crocus", "bearded iris", "windflower", "tree poppy", "gazania",
    "azalea", "water lily", "rose", "thorn apple", "morning glory", "passion flower", "lotus", "toad lily",
    "anthurium", "frangipani", "clematis", "hibiscus", "columbine", "desert-rose", "tree mallow", "magnolia",
    "cyclamen", "watercress", "canna lily", "hippeastrum", "bee balm", "ball moss", "foxglove", "bougainvillea",
    "camellia", "mallow", "mexican petunia", "bromelia", "blanket flower", "trumpet creeper", "blackberry lily",
)  # fmt: skip


@DATASETS.register("flowers102")
class Flowers102(FilePictures):
    """Photographs of `<mirror folder>/flowers-102`; the middle square of each.

    Three quarters of every class are for training; the authors' own split has ten pictures a class and is not used.
    Labels are 0 to 101; where classes are chosen by number, `flowers102:49,65`, the numbers are the authors' 1 to 102.

    Args:
        size: Pixels a side; None takes 144.
    """

    name = "flowers102"
    title = "Flowers-102"
    space = square(144)
    classes: tuple[str, ...] = NAMES
    numbered_from = 1
    licence = "none stated by the authors; the photographs belong to their owners"
    citation = "Nilsback, Zisserman: Automated flower classification over a large number of classes (2008)"
    url = "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/"

    def read_index(self) -> Index:
        """Reads the labels; entry i belongs to picture i + 1."""
        folder = mirrored(FOLDER, f"{LABELS} and jpg/image_*.jpg of Oxford Flowers-102")
        labels = read_labels(folder / LABELS)
        pictures = next((folder / name for name in PICTURES if (folder / name).is_dir()), None)
        if pictures is None:
            raise DataUnavailableError(f"{folder} has neither a folder {PICTURES[0]} nor {PICTURES[1]} of pictures.")
        train, test = stratified_split(labels)
        files = [pictures / f"image_{number:05d}.jpg" for number in range(1, len(labels) + 1)]
        return Index(files=files, train=train, test=test, labels=torch.from_numpy(labels))


def read_labels(path: Path) -> npt.NDArray[np.int64]:
    """Labels 0 to 101 of `imagelabels.mat`, (N,).

    Raises:
        DataUnavailableError: If there is no such file.
        DataFormatError: If it is something else.
    """
    import scipy.io

    if not path.is_file():
        raise DataUnavailableError(f"There is no {path}; get it with the pictures of Oxford Flowers-102.")
    try:
        found = scipy.io.loadmat(path, variable_names=["labels"], appendmat=False)
    except Exception as error:  # damaged bytes make the reader stumble in many ways
        raise _wrong(path, f"it cannot be read ({error})") from error
    if "labels" not in found:
        raise _wrong(path, "it has no 'labels'")
    labels = np.asarray(found["labels"])
    if labels.dtype.kind not in "iu" or labels.ndim != 2 or labels.shape[0] != 1:
        raise _wrong(path, f"labels should be whole numbers (1, N); found {labels.dtype} {labels.shape}")
    if labels.size and not 1 <= labels.min() <= labels.max() <= len(NAMES):
        raise _wrong(path, f"labels should be 1 to {len(NAMES)}; found {labels.min()} to {labels.max()}")
    return labels[0].astype(np.int64) - 1


def _wrong(path: Path, reason: str) -> DataFormatError:
    return DataFormatError(f"{path} is not the label file of Oxford Flowers-102: {reason}. Get it again.")
