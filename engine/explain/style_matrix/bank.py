"""Banks of styles: a few codes for every slot of a model, from a seed or given, and the codes of any mix of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.explain.heatmaps.cache import model_key
from engine.explain.heatmaps.sampling import generator
from engine.explain.style_matrix.configuration import Configuration, Mix, Mixed, Single, check_fits
from engine.interfaces import LatentModel
from engine.models.slots import Slots

MOST_STYLES = 64
MOST_SLOTS = 64


@dataclass(frozen=True, kw_only=True)
class BankSettings:
    """All that decides a bank of a model.

    Attributes:
        styles: How many for each slot, S.
        columns: How many slots; None for the model's own number (see `slots_of`).
        shared: Whether all slots have the same styles, or each has its own.
        seed: Of the styles that are drawn.
        given: Codes that come before them, float32 row after row: see `given_codes`.
    """

    styles: int = 8
    columns: int | None = None
    shared: bool = True
    seed: int = 0
    given: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not 2 <= self.styles <= MOST_STYLES:
            raise ValueError(
                f"A bank needs 2 to {MOST_STYLES} styles; got {self.styles}. With a single one there is nothing to mix."
            )
        if self.columns is not None and not 1 <= self.columns <= MOST_SLOTS:
            raise ValueError(f"A matrix has 1 to {MOST_SLOTS} columns; got {self.columns}.")


@dataclass(frozen=True, eq=False)
class Bank:
    """Styles of a model.

    Attributes:
        id: Hash of the model, its slots and the settings: the same id, the same styles.
        slots: The model's.
        codes: Whole codes of the styles, (1, S, D) where all slots share them, else (C, S, D).
        values: The slots' parts of them, standardised, (S, V).
        settings: What it was made from.
    """

    id: str
    slots: Slots
    codes: Tensor
    values: Tensor
    settings: BankSettings

    def codes_of(self, configurations: Sequence[Configuration]) -> Tensor:
        """The codes of configurations, (N, D).

        Raises:
            ValueError: If one asks for a slot or a style that is not there.
        """
        for configuration in configurations:
            check_fits(configuration, len(self.slots), self.settings.styles)
        codes = self.codes.new_empty(len(configurations), self.codes.shape[2])
        singles = [row for row, one in enumerate(configurations) if isinstance(one, Single)]
        if singles:
            found = [self.canonical(one) for one in configurations if isinstance(one, Single)]
            codes[singles] = self.codes[[one.slot for one in found], [one.style for one in found]]
        mixed = [row for row, one in enumerate(configurations) if isinstance(one, Mixed)]
        if mixed:
            first, second, share = _numbers(one.mixes for one in configurations if isinstance(one, Mixed))
            codes[mixed] = self.slots.to_codes(self.slots.mix(self.values, first, second, share))
        return codes

    def canonical(self, single: Single) -> Single:
        """The same style under the number of the first slot that shares it."""
        return single if len(self.codes) > 1 else Single(0, single.style)


@torch.no_grad()
def make_bank(model: LatentModel, slots: Slots, settings: BankSettings) -> Bank:
    """Draws a bank: the given codes first, then styles from the seed; each style has a seed of its own.

    Args:
        model: The model.
        slots: Its slots, with `settings.columns` columns and those of directions.
        settings: How many styles, and from where.

    Raises:
        ValueError: If the slots are not as many as the settings say, or there are more given codes than styles, or they
            are no codes of this model.
    """
    columns = sum(not slot.amplitude for slot in slots.slots)
    if settings.columns not in (None, columns):
        raise ValueError(f"These settings are for {settings.columns} columns and the slots are {columns}; make them by "
                         f"slots_of(model, columns={settings.columns}).")  # fmt: skip
    given = given_codes(settings, model.latent_dim)
    if len(given) > settings.styles:
        raise ValueError(f"{len(given)} given codes do not fit into a bank of {settings.styles} styles; ask for at "
                         f"least {len(given)}.")  # fmt: skip
    directed = any(slot.amplitude for slot in slots.slots)
    drawn = [_drawn(model, settings, given, slot) for slot in range(1 if settings.shared else len(slots))]
    codes = torch.stack(drawn)
    if directed and settings.shared:  # a direction's styles are its own
        codes = codes.repeat(len(slots), 1, 1)
    values = slots.anchors(codes)
    for number, slot in enumerate(slots.slots):
        if slot.amplitude:  # a step along a direction alone: the code in the middle, moved
            moved = slots.base.to(values).repeat(settings.styles, 1)
            moved[:, slot.indices[0]] = values[:, slot.indices[0]]
            codes[number] = slots.to_codes(moved)
    return Bank(_id(model, slots, settings), slots, codes, values, settings)


def with_given(settings: BankSettings, codes: Tensor) -> BankSettings:
    """The same settings with codes (K, D) as the first styles, such as those found for own pictures.

    Raises:
        ValueError: If they hold NaN or infinity.
    """
    rows = codes.detach().cpu().to(torch.float32).numpy()
    _check_finite(rows)
    return replace(settings, given=rows.astype("<f4").tobytes())


def given_codes(settings: BankSettings, latent_dim: int) -> Tensor:
    """The given codes of settings, (K, D).

    Raises:
        ValueError: If they are codes of another length, or hold NaN or infinity.
    """
    if len(settings.given) % (4 * latent_dim):
        raise ValueError(f"Codes of this model have {latent_dim} numbers; the {len(settings.given)} bytes given hold "
                         "others. They belong to another model.")  # fmt: skip
    rows = np.frombuffer(settings.given, dtype="<f4").astype(np.float32)
    _check_finite(rows)
    return torch.from_numpy(rows.reshape(-1, latent_dim))


def _check_finite(rows: NDArray[np.float32]) -> None:
    if not np.isfinite(rows).all():
        raise ValueError("Given codes should be finite numbers; got NaN or infinity. Find the codes anew.")


def _drawn(model: LatentModel, settings: BankSettings, given: Tensor, slot: int) -> Tensor:
    """The given codes, then styles from the seed, each by a generator of its own: more styles leave the first alone."""
    seeds = [generator(settings.seed, "style", slot, number) for number in range(len(given), settings.styles)]
    return torch.cat([given.to(model.mean_code), *(model.sample(1, generator=seed) for seed in seeds)])


def _numbers(rows: Iterable[tuple[Mix, ...]]) -> tuple[Tensor, Tensor, Tensor]:
    """First and second styles and shares, (N, C) each."""
    table = [[(mix.first, mix.first if mix.second is None else mix.second, mix.share) for mix in row] for row in rows]
    numbers = torch.tensor(table, dtype=torch.float64)  # (N, C, 3)
    return numbers[..., 0].long(), numbers[..., 1].long(), numbers[..., 2].float()


def _id(model: LatentModel, slots: Slots, settings: BankSettings) -> str:
    parts = {
        "model": model_key(model) if isinstance(model, nn.Module) else f"{type(model).__qualname__} {model.id}",
        "slots": [asdict(slot) for slot in slots.slots],
        "space": slots.key,
        "settings": asdict(settings) | {"given": settings.given.hex()},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
