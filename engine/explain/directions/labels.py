"""Codes a model draws and what a classifier says of their pictures, kept on disk a chunk at a time."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Generator, Tensor

from engine.explain.batches import decode_in_batches
from engine.explain.directions.coordinates import coordinates, is_layered
from engine.explain.directions.drawing import draw_codes
from engine.explain.directions.finder import Latents
from engine.explain.directions.log_odds import check_odds, log_odds
from engine.explain.progress import Progress, ShouldStop, check
from engine.files import write_atomically
from engine.interfaces import LatentModel

MADE_BY, WHOLE, CHUNKS = "latents.json", "latents.safetensors", "latents"


class OtherWorkError(ValueError):
    """The folder holds the results of other settings."""


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """What decides the codes.

    Attributes:
        train: Codes to fit.
        held_out: Codes to judge by.
        psi: Truncation, 1 for none; None for the model's own.
        seed: Chance starts from here.
        chunk: Codes that are drawn, decoded and written at once.
    """

    train: int = 20_000
    held_out: int = 5_000
    psi: float | None = None
    seed: int = 0
    chunk: int = 100

    def __post_init__(self) -> None:
        if min(self.train, self.held_out, self.chunk) < 1 or self.train < 2 or not 0 <= self.seed < 2**32:
            raise ValueError(
                f"At least 2 codes to fit, 1 held out, 1 a chunk and a seed below 2^32 are needed; got "
                f"{self.train}, {self.held_out}, {self.chunk} and {self.seed}."
            )

    @property
    def total(self) -> int:
        """Codes in all."""
        return self.train + self.held_out


def label_latents(
    model: LatentModel,
    classifier: Any | None,  # noqa: ANN401 - as `engine.load` returns one
    folder: Path,
    how: Labelling,
    *,
    on_progress: Progress = lambda done, total: None,
    should_stop: ShouldStop | None = None,
) -> Latents:
    """Draws codes, decodes them once, and asks the classifier for all its outputs.

    Every chunk has a generator of its own and is written when it is done: killed at any moment and called again, it
    goes on and ends with the same bits. Of a StyleGAN2 one style is kept a code.

    Args:
        model: Draws and decodes.
        classifier: Reads its pictures; None where directions need no labels.
        folder: Where codes are kept; made when missing.
        how: What decides them.
        on_progress: Told how many codes are done, and of how many.
        should_stop: Asked before every chunk.

    Raises:
        OtherWorkError: If the folder holds codes of another model, classifier or setting.
        CancelledError: If `should_stop` says so; what is complete is kept.
        ValueError: If the classifier has no odds, or cannot look at the model's pictures.
        OSError: If the folder cannot be written.
    """
    if classifier is not None:
        check_odds(classifier)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, _made_by(model, classifier, how))
    found = _read(folder / WHOLE, how.total)
    if found is None:
        found = _all_chunks(model, classifier, folder, how, on_progress, should_stop)
        write_atomically(folder / WHOLE, safetensors.torch.save(found))
        for path in sorted((folder / CHUNKS).glob("*.safetensors*")):
            path.unlink()
        (folder / CHUNKS).rmdir()
    on_progress(how.total, how.total)
    return Latents(
        codes=_codes(found["points"], model),
        layout=model.layout,
        log_odds=found["log_odds"],
        outputs=() if classifier is None else tuple(classifier.classes),
        exclusive=classifier is not None and classifier.exclusive,
        held_out=how.held_out,
    )


def _all_chunks(
    model: LatentModel,
    classifier: Any | None,  # noqa: ANN401
    folder: Path,
    how: Labelling,
    on_progress: Progress,
    should_stop: ShouldStop | None,
) -> dict[str, Tensor]:
    (folder / CHUNKS).mkdir(exist_ok=True)
    chunks = []
    for number, start in enumerate(range(0, how.total, how.chunk)):
        on_progress(start, how.total)
        check(should_stop)
        path, size = folder / CHUNKS / f"{number:06d}.safetensors", min(how.chunk, how.total - start)
        chunk = _read(path, size)
        if chunk is None:
            chunk = _chunk(model, classifier, size, how, number)
            write_atomically(path, safetensors.torch.save(chunk))
        chunks.append(chunk)
    return {name: torch.cat([chunk[name] for chunk in chunks]) for name in ("points", "log_odds")}


@torch.inference_mode()
def _chunk(model: LatentModel, classifier: Any | None, size: int, how: Labelling, number: int) -> dict[str, Tensor]:  # noqa: ANN401
    generator = Generator().manual_seed(how.seed * 2**32 + number)
    codes = draw_codes(model, size, psi=how.psi, generator=generator)
    points = coordinates(codes, model.layout) if is_layered(model.layout) else codes
    if classifier is None:
        said = torch.empty(size, 0)
    else:
        said = log_odds(classifier, decode_in_batches(model, codes, batch_size=how.chunk).x)
    return {"points": points.float().cpu().contiguous(), "log_odds": said.float().cpu().contiguous()}


def _codes(points: Tensor, model: LatentModel) -> Tensor:
    """Whole codes again, (N, D): the one style of a StyleGAN2 in every layer."""
    return points.repeat(1, model.latent_dim // points.shape[1]) if is_layered(model.layout) else points


def _read(path: Path, size: int) -> dict[str, Tensor] | None:
    """The arrays of a file; None where it is missing, damaged or of another length."""
    try:
        found: dict[str, Tensor] = safetensors.torch.load(path.read_bytes())
    except (FileNotFoundError, SafetensorError):
        return None
    whole = {"points", "log_odds"} <= found.keys() and all(len(value) == size for value in found.values())
    return found if whole else None


def _made_by(model: LatentModel, classifier: Any | None, how: Labelling) -> dict[str, Any]:  # noqa: ANN401
    from engine.explain.heatmaps.cache import model_key

    network = getattr(model, "network", model)
    psi = how.psi if how.psi is not None else getattr(network, "psi", 1.0)
    return {
        **asdict(how),
        "psi": psi,
        "generator": {"id": model.id, "sha256": model_key(model)},  # type: ignore[arg-type] # every model is a network
        "classifier": None if classifier is None else {
            "id": getattr(classifier, "id", ""),
            "sha256": model_key(classifier),
            "outputs": list(classifier.classes),
        },
    }  # fmt: skip


def _claim(folder: Path, made_by: dict[str, Any]) -> None:
    """Writes down what decides the codes in this folder, or makes sure it is the same as before."""
    path = folder / MADE_BY
    if not path.is_file():
        write_atomically(path, (json.dumps(made_by, indent=1) + "\n").encode())
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OtherWorkError(f"{path} is damaged ({error}); choose another folder, or empty this one.") from error
    other = [name for name, value in made_by.items() if not isinstance(before, dict) or before.get(name) != value]
    if other:
        was = {name: before.get(name) for name in other} if isinstance(before, dict) else before
        raise OtherWorkError(
            f"{folder} holds codes made in another way: {', '.join(other)} differ (there: {str(was)[:200]}). Choose "
            "another folder, or empty this one."
        )
