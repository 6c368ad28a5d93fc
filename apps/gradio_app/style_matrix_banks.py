"""Banks of styles and what draws and rates them, per model: made when first asked for, kept while they are in use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps import fields as read
from apps.canvas.threads import Pace
from apps.explaining import classifier
from apps.hypothesising import refusing
from apps.per_model import PerModel
from apps.plain_numbers import short
from apps.refusals import RefusedError
from apps.shelf import Shelf
from engine.explain.readouts import Gauge, gauge_named, gauges
from engine.explain.style_matrix import (
    Bank,
    BankSettings,
    Configuration,
    Rater,
    Renderer,
    Single,
    State,
    from_text,
    make_bank,
    settings_from_json,
    state_from_json,
    to_text,
)
from engine.models.slots import Slots, slots_of

MODELS = 4
BANKS = 8  # a model
MEMORY = 2**27  # bytes of pictures a model


class Atelier:
    """One model's slots and banks, and what draws and rates pictures of them.

    Args:
        model: A LoadedDecoder, or anything with its attributes.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        self.model = model
        self.renderer = Renderer(model, memory=MEMORY, batch_size=16)
        self.rater = Rater(self.renderer)
        self.drawing, self.reading = Pace(), Pace()
        self._slots: dict[int | None, Slots] = {}
        self._banks: OrderedDict[BankSettings, Bank] = OrderedDict()
        self._lock = threading.Lock()

    def slots(self, columns: int | None) -> Slots:
        """The model's slots in so many columns.

        Raises:
            RefusedError: If its code makes not so many.
        """
        with self._lock, refusing():
            return self._slots_of(columns)

    def bank(self, settings: BankSettings) -> Bank:
        """The bank of these settings.

        Raises:
            RefusedError: If this model has none such.
        """
        with self._lock, refusing():
            if settings not in self._banks:
                self._banks[settings] = make_bank(self.model, self._slots_of(settings.columns), settings)
            self._banks.move_to_end(settings)
            while len(self._banks) > BANKS:
                self._banks.popitem(last=False)
            return self._banks[settings]

    def _slots_of(self, columns: int | None) -> Slots:
        if columns not in self._slots:
            self._slots[columns] = slots_of(self.model, columns=columns)
        return self._slots[columns]


@dataclass(frozen=True)
class Matrix:
    """What a request is about.

    Attributes:
        atelier: Of its model.
        bank: Of its settings.
        state: Where it stands.
    """

    atelier: Atelier
    bank: Bank
    state: State

    def key(self, configuration: Configuration) -> str:
        """The name of one picture; equal pictures of the same bank have the same."""
        if isinstance(configuration, Single):
            configuration = self.bank.canonical(configuration)
        return to_text(self.bank.id, configuration, step=self.state.step)


class Ateliers:
    """Those of the models in use; one whose model was loaded anew is made anew.

    Args:
        shelf: The models of this process.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._ateliers: PerModel[Atelier] = PerModel(shelf, Atelier, capacity=MODELS)

    def of(self, fields: Mapping[str, Any]) -> Atelier:
        """That of the `model` a request names.

        Raises:
            UnknownModelError: If there is no such model with sliders.
            engine.checkpoints.CheckpointError: If it cannot be loaded.
        """
        return self._ateliers.of(read.text(fields, "model"))

    def matrix(self, fields: Mapping[str, Any]) -> Matrix:
        """The `model` and the `state` of a request, which fit each other.

        Raises:
            RefusedError: If the state is none, or one of another model.
        """
        atelier = self.of(fields)
        with refusing():
            state = state_from_json(fields.get("state"))
        return fitting(atelier, state)

    def bank(self, fields: Mapping[str, Any]) -> tuple[Atelier, Bank]:
        """The `model` of a request and the bank of its `settings`."""
        atelier = self.of(fields)
        with refusing():
            settings = settings_from_json(fields.get("settings"))
        return atelier, atelier.bank(settings)

    def gauge(self, fields: Mapping[str, Any]) -> Gauge | None:
        """The readout that `classifier` and `output` name; None where a request names no classifier.

        Raises:
            RefusedError: If the classifier cannot read the model's pictures or has no such output.
            UnknownModelError: If there is no such classifier.
        """
        if fields.get("classifier") is None:
            return None
        reader = classifier(self.shelf, read.text(fields, "classifier"))
        with refusing():
            return gauge_named(gauges(reader, self.of(fields).model.space), read.text(fields, "output"))


def fitting(atelier: Atelier, state: State) -> Matrix:
    """A model and a state with its bank.

    Raises:
        RefusedError: If the state has another number of columns than its bank.
    """
    bank = atelier.bank(state.settings)
    if len(bank.slots) != state.slots:
        raise RefusedError(f"{atelier.model.id} has {len(bank.slots)} columns under these settings and the state has "
                           f"{state.slots}: it belongs to another model.")  # fmt: skip
    return Matrix(atelier, bank, state)


def named(bank: Bank, keys: object, *, most: int, step: float) -> Sequence[Configuration]:
    """The configurations that `Matrix.key` named so.

    Raises:
        RefusedError: If a name is none, or one of another bank.
    """
    if not isinstance(keys, list) or not 0 < len(keys) <= most or not all(isinstance(key, str) for key in keys):
        raise RefusedError(f"keys should be a list of 1 to {most} names of pictures; got {short(keys)}.")
    with refusing():
        found = [from_text(key, step=step) for key in keys]
    strange = [name for name, _ in found if name != bank.id]
    if strange:
        raise RefusedError(f"These pictures are of another bank, {short(strange[0])}; load the page anew.")
    return [configuration for _, configuration in found]
