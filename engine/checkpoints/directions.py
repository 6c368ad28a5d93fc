"""Directions a checkpoint carries: more axes to move, their vectors in safetensors and the rest as JSON beside them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from engine.checkpoints.card import CAPTIONS, readme
from engine.checkpoints.config import read_json
from engine.checkpoints.config_fields import check_axis, is_whole, shown
from engine.checkpoints.errors import ConfigError, CorruptError, NewerFormatError
from engine.checkpoints.folder import json_bytes, read_card, write_files
from engine.checkpoints.weights import check_hash, read_bytes, read_header, read_tensors
from engine.interfaces import Axis, Layout, Part, part_slices

FORMAT = 1
JSON, TENSORS, PICTURE = "directions.json", "directions.safetensors", "directions.png"
_LEFT_TO_THE_VECTOR = ("kind", "indices", "direction", "options")


@dataclass(frozen=True, kw_only=True, eq=False)  # tensors have no truth value to compare by
class Direction:
    """A straight line through code space, by the parts of the code it moves.

    Attributes:
        name: What a user reads beside the slider; names a direction within its model.
        parts: Numbers of the parts of the layout that move.
        vector: Of length one, float32, (K,): over all entries of these parts, or over those of one part, which all
            then move alike, as the layers of a StyleGAN2 do.
        about: How it was found and how well it keeps its promise, as JSON values.
    """

    name: str
    parts: tuple[int, ...]
    vector: Tensor
    about: Mapping[str, Any] = field(default_factory=dict)

    def indices(self, layout: Layout) -> tuple[int, ...]:
        """The entries of a code that move.

        Raises:
            ValueError: If the layout has no such parts, or their sizes are not the vector's.
        """
        if not self.parts or len(set(self.parts)) < len(self.parts) or not set(self.parts) <= set(range(len(layout))):
            raise ValueError(f"{self.name!r} moves parts {list(self.parts)[:9]} of a code that has {len(layout)}.")
        sizes = [layout[number].size for number in self.parts]
        if len(self.vector) != sum(sizes) and sizes != [len(self.vector)] * len(sizes):
            raise ValueError(
                f"{self.name!r} has a vector of {len(self.vector)} entries; its parts have {sizes[:9]}. It should "
                "have as many as all of them, or as each of them."
            )
        places = part_slices(layout)
        return tuple(index for number in self.parts for index in range(places[number].start, places[number].stop))

    def over(self, layout: Layout) -> Tensor:
        """What one unit along it adds to the entries `indices(layout)`, (len(indices),)."""
        return self.vector.repeat(len(self.indices(layout)) // len(self.vector))

    def plain(self, layout: Layout) -> tuple[float, ...]:
        """The same as numbers of few digits: the shortest that are equal in float32, as pages are sent many of them."""
        short = tuple(float(str(value)) for value in self.vector.float().cpu().numpy())
        return short * (len(self.indices(layout)) // len(self.vector))


def directions_bytes(
    directions: Sequence[Direction], axes: Sequence[Axis], *, weights: str, **facts: Any  # noqa: ANN401 - JSON values
) -> dict[str, bytes]:
    """The two files of directions, by name.

    Args:
        directions: With names of their own.
        axes: What was measured of each: its range in codes and its effect.
        weights: SHA-256 of the weights of the model they belong to.
        facts: Further entries of the JSON.

    Raises:
        ValueError: If two have the same name, or a number is not finite.
    """
    names = [direction.name for direction in directions]
    if len(set(names)) < len(names):
        raise ValueError(f"Directions are told apart by their names; got {sorted(names)[:12]}.")
    vectors = {direction.name: direction.vector.detach().cpu().float().contiguous().clone() for direction in directions}
    tensors: bytes = safetensors.torch.save(vectors)
    rows = [_row(direction, axis) for direction, axis in zip(directions, axes, strict=True)]
    content = {
        "format": FORMAT,
        "weights": weights,
        "sha256": hashlib.sha256(tensors).hexdigest(),
        **facts,
        "directions": rows,
    }
    return {JSON: json_bytes(content), TENSORS: tensors}


def read_directions(
    folder: Path, layout: Layout, *, weights: str | None = None
) -> tuple[tuple[Direction, ...], tuple[Axis, ...]]:
    """The directions that lie in a folder, and each as an axis; none where there are no such files.

    Args:
        folder: A checkpoint folder, or one that `directions_bytes` went to.
        layout: Of the model's code.
        weights: SHA-256 of the model's weights, to which they should belong.

    Raises:
        CorruptError: If a file is missing or damaged.
        ConfigError: If they belong to other weights, or cannot be read as directions of that layout.
    """
    path = folder / JSON
    if not path.is_file():
        return (), ()
    content = read_json(path)
    _check(content, path, weights)
    data = read_bytes(folder / TENSORS)
    read_header(data, folder / TENSORS)
    check_hash(data, content["sha256"], folder / TENSORS)
    vectors = read_tensors(data, folder / TENSORS)
    found = [_read(row, vectors, layout, path) for row in content["directions"]]
    names = [direction.name for direction, _ in found]
    if len(set(names)) < len(names):
        raise ConfigError(f"{path} has two directions of one name; it should be made again.")
    return tuple(direction for direction, _ in found), tuple(axis for _, axis in found)


def add_directions(folder: Path, source: Path, *, picture: bytes | None = None) -> tuple[str, ...]:
    """Puts directions beside those a checkpoint has; those of the same name make room. All else stays.

    Args:
        folder: The checkpoint folder; replaced at once, so that a reader finds it whole at any moment.
        source: Where the files of directions lie.
        picture: PNG for the card: a sweep a row.

    Returns:
        The names of all the directions it then carries.

    Raises:
        CheckpointError: If either cannot be read, or the directions belong to other weights.
        ValueError: If there are no directions in `source`.
        OSError: If it cannot be written; the folder stays as it was.
    """
    card = read_card(folder)
    weights = card.config["weights"]["sha256"]
    layout = tuple(Part(part["name"], part["size"], part["kind"]) for part in card.config["layout"])
    new = read_directions(source, layout, weights=weights)
    if not new[0]:
        raise ValueError(f"{source} holds no directions to add; find some with scripts/directions.py.")
    rows = (*zip(*read_directions(folder, layout, weights=weights), strict=True), *zip(*new, strict=True))
    merged = {direction.name: (direction, axis) for direction, axis in rows}
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    directions, axes = zip(*merged.values(), strict=True)
    files |= directions_bytes(directions, axes, weights=weights)
    if picture is not None:
        files[PICTURE] = picture
    pictures = tuple(name for name in CAPTIONS if name in files)
    files["README.md"] = readme(card.config, card.metrics, pictures).encode()
    config = {**card.config, "files": sorted(files.keys() - {"config.json"})}  # what the Hub is asked for
    write_files(folder, {**files, "config.json": json_bytes(config)})
    return tuple(merged)


def _row(direction: Direction, axis: Axis) -> dict[str, Any]:
    measured = {name: value for name, value in dataclasses.asdict(axis).items() if name not in _LEFT_TO_THE_VECTOR}
    return {**measured, "name": direction.name, "parts": list(direction.parts), "about": dict(direction.about)}


def _check(content: Mapping[str, Any], path: Path, weights: str | None) -> None:
    version = content.get("format")
    if is_whole(version) and version > FORMAT:  # type: ignore[operator] # a whole number
        raise NewerFormatError(
            f"{path} has format {version}; this program reads up to {FORMAT}. Update the program to load it."
        )
    rows = content.get("directions")
    texts = all(isinstance(content.get(name), str) for name in ("weights", "sha256"))
    if not is_whole(version) or not texts or not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise CorruptError(f"{path} does not describe directions: format, weights, sha256 and a list of objects.")
    if weights is not None and content["weights"] != weights:
        raise ConfigError(
            f"{path} belongs to weights {content['weights'][:12]}..., and this model has {weights[:12]}.... Find the "
            "directions again with scripts/directions.py, or remove both of their files."
        )


def _read(row: dict[str, Any], vectors: Mapping[str, Tensor], layout: Layout, path: Path) -> tuple[Direction, Axis]:
    fields = dict(row)
    try:
        name, parts, about = fields["name"], tuple(fields.pop("parts")), fields.pop("about")
        if name not in vectors or vectors[name].ndim != 1:
            raise ValueError(f"there is no vector {name!r} in {TENSORS}")
        direction = Direction(name=name, parts=parts, vector=vectors[name].float(), about=about)
        plain: dict[str, Any] = {key: tuple(it) if isinstance(it, list) else it for key, it in fields.items()}
        plain |= {"indices": direction.indices(layout), "direction": direction.plain(layout)}
        axis = Axis(**{**plain, "kind": "direction"})
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} has a direction that cannot be read ({error}): {shown(json.dumps(row))}") from error
    check_axis(axis, sum(part.size for part in layout), str(path))
    return direction, axis
