"""The slots of any latent model: those it brings, or what its layout, axes and codes tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import Any

import torch
from torch import Tensor

from engine.interfaces import LatentModel, Part, Slot, Slotted, part_slices
from engine.models.slots.affine import principal, standardised
from engine.models.slots.slots import Slots, SlotSpace

_DRAWS = 10_000  # codes that means and spreads come from
_CHUNK = 2**22  # entries drawn at once
_LAYER_GROUPS = 3  # columns of the published style matrix
_COLUMNS = 6
_MANY = 16  # entries from which a block mixes along an arc
_OFF_MANIFOLD = (
    "Off-manifold: this autoencoder has no prior, so a mix of its codes may lie where there are no data and draw "
    "nothing sensible."
)


@torch.no_grad()
def slots_of(model: LatentModel, *, columns: int | None = None, draws: int = _DRAWS, seed: int = 0) -> Slots:
    """The exchangeable parts of a model's code.

    A network may bring its own (`interfaces.Slotted`). Layers are grouped; a category is a slot that snaps, factors and
    codes are one each, noise is one block on an arc; latents of a variational model are ranked by effect and the least
    effective pooled; the codes of plain autoencoders and of what is not known are cut into blocks of principal
    components of about equal variance.

    Args:
        model: Any latent model.
        columns: How many slots; by default three groups of layers, or up to six that do something.
        draws: Codes that means and spreads come from; where a model has no prior, those of its examples.
        seed: Of these draws.

    Raises:
        ValueError: If the model has not so many, or has categories and needs more.
    """
    network = getattr(model, "network", model)
    if isinstance(network, Slotted):
        return _viewed(model, _pooled(network.slots, columns, len(network.slots)), network)
    places = list(zip(model.layout, part_slices(model.layout), strict=True))
    kept = torch.zeros(sum(part.size for part in model.layout), dtype=torch.bool)
    for part, place in places:
        kept[place] = part.kind == "onehot"
    codes = _codes(model, draws, seed)
    unknown = [index for part, place in places if _is_unknown(model, part) for index in _range(place)]
    if unknown:
        return _components(model, places, torch.cat(list(codes)), unknown, columns)
    space = standardised(codes, kept)
    if any(part.kind == "layer" for part in model.layout):
        return _viewed(model, _layers(places, columns), space)
    atoms, useful = _atoms(model, places)
    return _viewed(model, _pooled(atoms, columns, useful), space)


def group_sizes(count: int, groups: int) -> tuple[int, ...]:
    """Sizes of groups of about equal size, larger ones first: 18 in 4 are 5, 5, 4, 4.

    Raises:
        ValueError: If there are not so many or no groups.
    """
    if not 1 <= groups <= count:
        raise ValueError(f"{count} parts make 1 to {count} columns; got {groups}.")
    least, more = divmod(count, groups)
    return (least + 1,) * more + (least,) * (groups - more)


def _viewed(model: LatentModel, slots: Sequence[Slot], space: SlotSpace, note: str = "") -> Slots:
    base = space.to_values(model.mean_code.detach()[None])[0].cpu()
    return Slots(tuple(slots), space, base, note)


def _is_unknown(model: LatentModel, part: Part) -> bool:
    known = getattr(model, "prior", "") == "normal" or part.name in ("factor", "code", "noise")
    return part.kind == "continuous" and not known


def _layers(places: Sequence[tuple[Part, slice]], columns: int | None) -> tuple[Slot, ...]:
    layers = [place for part, place in places if part.kind == "layer"]
    sizes = group_sizes(len(layers), min(_LAYER_GROUPS, len(layers)) if columns is None else columns)
    groups = [layers[a:b] for a, b in pairwise(accumulate(sizes, initial=0))]
    ends = list(accumulate(sizes))
    return tuple(
        Slot(_run("Layer", end - size + 1, end), tuple(chain.from_iterable(_range(place) for place in group)))
        for group, size, end in zip(groups, sizes, ends, strict=True)
    )


def _atoms(model: LatentModel, places: Sequence[tuple[Part, slice]]) -> tuple[tuple[Slot, ...], int]:
    """The finest slots, and how many of them do something; the others are last."""
    axes = {axis.indices: axis for axis in model.axes if axis.kind != "direction"}
    fixed: list[Slot] = []
    ranked: list[tuple[float, bool, Slot]] = []
    for part, place in places:
        if part.kind == "onehot":
            fixed.append(Slot(part.name.capitalize(), tuple(_range(place)), "snap"))
        elif part.name == "noise":
            fixed.append(Slot("Noise", tuple(_range(place)), "spherical" if part.size > 1 else "linear"))
        else:
            for number, index in enumerate(_range(place)):
                axis = axes.get((index,))
                slot = Slot(axis.name if axis else f"{part.name.capitalize()} {number + 1}", (index,))
                if part.name in ("factor", "code"):
                    fixed.append(slot)
                else:
                    ranked.append((axis.effect if axis else 0.0, bool(axis and axis.collapsed), slot))
    ranked.sort(key=lambda item: -item[0])
    useful = len(fixed) + sum(not collapsed for _, collapsed, _ in ranked)
    return (*fixed, *(slot for _, _, slot in ranked)), useful


def _pooled(atoms: Sequence[Slot], columns: int | None, useful: int) -> tuple[Slot, ...]:
    """As many slots as asked for: categories and the first others by themselves, the remaining ones in one."""
    snapping = [slot for slot in atoms if slot.mixing == "snap"]
    others = [slot for slot in atoms if slot.mixing != "snap"]
    least, most = len(snapping) + bool(others), len(atoms)
    if columns is None:
        columns = max(least, min(most, _COLUMNS, useful + 1))
    if not least <= columns <= most:
        raise ValueError(f"This model's code makes {least} to {most} columns; got {columns}.")
    alone = columns - len(snapping) - 1
    if columns == most:
        return tuple(atoms)
    rest = tuple(chain.from_iterable(slot.indices for slot in others[alone:]))
    return (*snapping, *others[:alone], Slot("Rest", rest, "spherical" if len(rest) >= _MANY else "linear"))


def _components(
    model: LatentModel,
    places: Sequence[tuple[Part, slice]],
    codes: Tensor,
    entries: Sequence[int],
    columns: int | None,
) -> Slots:
    """Blocks of principal components beside the slots of parts that are known."""
    space, share = principal(codes, entries)
    known, _ = _atoms(model, [(part, place) for part, place in places if not _is_unknown(model, part)])
    least, most = len(known) + 1, len(known) + len(entries)
    columns = min(most, max(least, _COLUMNS)) if columns is None else columns
    if not least <= columns <= most:
        raise ValueError(f"This model's code makes {least} to {most} columns; got {columns}.")
    blocks = tuple(
        Slot(_run("Component", a + 1, b), tuple(entries[a:b])) for a, b in pairwise(_cuts(share, columns - len(known)))
    )
    plain = getattr(model, "prior", "") == "empirical"
    return _viewed(model, (*known, *blocks), space, _OFF_MANIFOLD if plain else "")


def _cuts(share: Tensor, blocks: int) -> list[int]:
    """Where to cut components into `blocks` runs of about equal variance, none of them empty."""
    total = share.cumsum(0)
    cuts = [0]
    for number in range(1, blocks):
        wanted = int((total - number / blocks).abs().argmin()) + 1  # where the sum is nearest to its share
        cuts.append(min(max(wanted, cuts[-1] + 1), len(share) - (blocks - number)))
    return [*cuts, len(share)]


def _codes(model: Any, draws: int, seed: int) -> Iterator[Tensor]:  # noqa: ANN401 - examples are no part of the protocol
    """Codes that show where the model's lie, on the CPU: its examples' where it has no prior, else draws."""
    examples = getattr(model, "examples", None)
    if getattr(model, "prior", "") == "empirical" and examples is not None and examples.codes is not None:
        yield examples.codes.detach().cpu()
        return
    generator = torch.Generator().manual_seed(seed)
    size = max(1, _CHUNK // model.latent_dim)
    for start in range(0, draws, size):
        yield model.sample(min(size, draws - start), generator=generator).detach().cpu()


def _run(name: str, first: int, last: int) -> str:
    return f"{name} {first}" if first == last else f"{name}s {first}–{last}"


def _range(place: slice) -> range:
    return range(place.start, place.stop)
