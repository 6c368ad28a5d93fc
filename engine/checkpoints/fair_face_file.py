"""The published FairFace weights, from their file to a checkpoint."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.checkpoints.examples import Examples
from engine.checkpoints.folder import write_checkpoint
from engine.checkpoints.resolve import check_id
from engine.checkpoints.state_dict_file import fitted, read_state_dict
from engine.models.fair_face import FairFace
from engine.training import Network, Recipe

_SOURCE = (
    "Kärkkäinen & Joo (2021), https://arxiv.org/abs/1908.04913; weights published with it, under their own licence"
)
_NOTE = (
    "Imported from the published weights, without examples. Race, gender and age are sensitive: what this classifier "
    "says of them is a property of the classifier and of the labels it was trained on, not of a person. Use it to "
    "examine classifiers and generators, never to sort people."
)


def import_fair_face(file: Path, root: Path, *, readout: str = "gender", id: str | None = None) -> Path:
    """Writes a checkpoint with one readout of the published network.

    Args:
        file: `res34_fair_align_multi_7_20190809.pt`: the state dict of torchvision's ResNet-34 with 18 outputs. (The
            file with four races has the same tensors and cannot be told apart by them.)
        root: Folder of checkpoints to write into.
        readout: One of `engine.models.fair_face.READOUTS`.
        id: `<data set>/<name>`; by default `celeba/fairface-<readout>`, beside the faces to try it on.

    Returns:
        The checkpoint's folder.

    Raises:
        CheckpointError: If the file is damaged, holds more than tensors or other ones, or the id is none.
        ValueError: If there is no such readout.
    """
    name = id if id is not None else f"celeba/fairface-{readout}"
    network = Network("fair-face", {"readout": readout})
    with torch.device("meta"):  # compare before memory is spent on it
        expected = FairFace(readout)
    check_id(name)
    found = read_state_dict(file)
    tensors = fitted(found, expected.body, "FairFace's ResNet-34 with 18 outputs")
    model = network.build().eval()
    assert isinstance(model, FairFace)
    model.body.load_state_dict(tensors)
    recipe = Recipe(
        id=name,
        title=f"FairFace, {readout.replace('-', ' ')}",
        dataset=name.partition("/")[0],
        network=network,
        objective=None,
        steps=0,
        preset="paper",
        source=_SOURCE,
        note=_NOTE,
    )
    return write_checkpoint(
        root,
        model,
        recipe=recipe,
        axes=(),
        examples=Examples(x=torch.zeros(0, *model.space.shape)),
        metrics={},
        training={"imported_from": file.name, "sha256": found.sha256},
    )
