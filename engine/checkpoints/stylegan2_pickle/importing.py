"""An official network pickle as a checkpoint, with samples of its own as examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from engine.checkpoints.default_id import check_free, default_id
from engine.checkpoints.examples import Examples, fitting
from engine.checkpoints.folder import write_checkpoint
from engine.checkpoints.resolve import check_id
from engine.checkpoints.stylegan2_pickle import read
from engine.models.stylegan2 import StyleGAN2
from engine.training import Network, Recipe

Progress = Callable[[str, int, int], object]  # what is done, steps done, steps in all

_NUM_EXAMPLES = 256
_CHUNK = 8
_SEED = 7
_SOURCE = (
    "Karras et al. (2020), https://arxiv.org/abs/2006.06676; weights of {file}, under the licence of its publishers"
)
_NOTE = (
    "Imported from a network pickle, of which nothing was run; its examples are its own samples at truncation {psi:g}."
)


def _silent(what: str, done: int, total: int) -> None:
    """Reports nothing."""


def import_stylegan2(
    file: Path,
    root: Path,
    *,
    id: str | None = None,
    psi: float = 0.7,
    discriminator: bool = True,
    progress: Progress = _silent,
) -> Path:
    """Writes the averaged generator of an official network pickle as a checkpoint.

    Args:
        file: A pickle of StyleGAN2-ADA for PyTorch.
        root: Folder of checkpoints to write into.
        id: `<data set>/<name>`, in place of the checkpoint that may have it; by default `folder/<name of the file>`,
            where no other weights have that name.
        psi: Truncation of samples, 0 for the mean picture alone, 1 for none.
        discriminator: Whether to take the discriminator along, where there is one.
        progress: Told what is done, how much of it and of how much.

    Returns:
        The checkpoint's folder.

    Raises:
        CheckpointError: If the file cannot be read, see `read`, the id is none, or the default one is taken.
        ValueError: If psi is out of range.
        OSError: If the folder cannot be written.
    """
    if not 0 <= psi <= 1:
        raise ValueError(f"Truncation psi should be from 0 (the mean picture) to 1 (none); got {psi}.")
    name = id if id is not None else default_id(file.stem)
    check_id(name)
    progress("reading", 0, 1)
    found = read(file, discriminator=discriminator)
    if id is None:
        check_free(root / name, name, sha256=found.sha256, source=file)
    network = Network(found.network.name, {**found.network.options, "psi": psi})
    model = network.build().eval()
    assert isinstance(model, StyleGAN2)
    model.load_state_dict(found.tensors)
    recipe = Recipe(
        id=name,
        title=f"StyleGAN2 of {file.stem}, {found.generator.img_resolution} pixels a side",
        dataset=name.partition("/")[0],
        network=network,
        objective=None,
        steps=0,
        preset="imported",
        source=_SOURCE.format(file=file.name),
        note=_NOTE.format(psi=psi),
    )
    examples = _samples(model, progress)
    progress("writing", 0, 1)
    facts = {"imported_from": file.name, "sha256": found.sha256, "source_sha256": found.source_sha256}
    return write_checkpoint(root, model, recipe=recipe, axes=(), examples=examples, metrics={}, training=facts)


@torch.inference_mode()
def _samples(model: StyleGAN2, progress: Progress) -> Examples:
    """Samples with their codes, as many as a checkpoint may carry, drawn from one seed."""
    codes = model.sample(_NUM_EXAMPLES, generator=torch.Generator().manual_seed(_SEED))
    found = Examples(x=torch.zeros(0, *model.space.shape), codes=codes[:0])
    for chunk in codes.split(_CHUNK):
        progress("drawing samples", len(found), len(codes))
        more = Examples(x=torch.cat([found.x, model.decode(chunk)]), codes=codes[: len(found) + len(chunk)])
        found = fitting(more, model.space)
        if len(found) < len(more):
            break
    return found
