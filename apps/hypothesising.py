"""What the pages ask of generators and classifiers about hypotheses: each generator measured once, errors in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from apps import fields as read
from apps.explaining import classifier
from apps.per_model import PerModel
from apps.refusals import NotFoundError, RefusedError
from apps.shelf import Shelf
from engine.checkpoints import CheckpointError, read_card
from engine.explain.hypotheses import (
    Change,
    Ground,
    Hypothesis,
    Restyle,
    Result,
    Session,
    Shift,
    Switch,
    candidates,
    session_from_json,
)
from engine.explain.hypotheses.change import LARGEST
from engine.explain.readouts import Gauge, gauge_named, gauges
from engine.figures.hypotheses_scenes import Scenes, scenes

if TYPE_CHECKING:
    from engine.checkpoints import Entry

CAPACITY = 8
SIGNS = {"raises": 1, "lowers": -1}


class Grounds:
    """Generators with their scales and codes, measured when first asked for and again when a model was loaded anew.

    Args:
        shelf: The models of this process.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._grounds: PerModel[Ground] = PerModel(shelf, Ground, capacity=CAPACITY)

    def of(self, name: str) -> Ground:
        """The ground of a catalogue id.

        Raises:
            UnknownModelError: If there is no such model with sliders.
            engine.checkpoints.CheckpointError: If it cannot be loaded.
        """
        return self._grounds.of(name)

    def gauges(self, model: str, reader: str) -> tuple[Gauge, ...]:
        """All that a classifier says of a generator's pictures.

        Raises:
            RefusedError: If the generator draws no pictures, or its channels cannot be adapted.
            UnknownModelError: If there is no such generator or classifier.
            engine.checkpoints.CheckpointError: If either cannot be loaded.
        """
        drawing = self.shelf.latent_model(model)
        with refusing():
            return gauges(classifier(self.shelf, reader), drawing.space)

    def gauge(self, fields: Mapping[str, Any]) -> Gauge:
        """The readout that `model`, `classifier` and `output` of a request name."""
        found = self.gauges(read.text(fields, "model"), read.text(fields, "classifier"))
        with refusing():
            return gauge_named(found, read.text(fields, "output"))


@contextmanager
def refusing() -> Iterator[None]:
    """What the engine does not accept becomes a sentence for the user."""
    try:
        yield
    except RefusedError:
        raise
    except ValueError as error:
        raise RefusedError(str(error)) from error


def drawing(shelf: Shelf) -> list[Entry]:
    """The sound models that draw pictures, in the catalogue's order."""
    return [entry for entry in shelf.latent() if not entry.error and _draws(entry)]


def readers(shelf: Shelf) -> list[Entry]:
    """The classifiers, in the catalogue's order."""
    return [entry for entry in shelf.entries() if entry.kind == "classifier"]


def readout_name(grounds: Grounds, hypothesis: Hypothesis) -> str:
    """The readout for the eye; where the classifier is not here, the output's own name."""
    try:
        reader = classifier(grounds.shelf, hypothesis.classifier)
    except (NotFoundError, CheckpointError):
        return hypothesis.output
    readout = getattr(reader, "readout", None)
    return readout.name if readout else f"P({hypothesis.output})"


def names_of_untested(grounds: Grounds, session: Session) -> dict[int, str]:
    """Readouts for the eye of the cards that were not tested, by their number."""
    cards = enumerate(session.cards)
    return {number: readout_name(grounds, card.hypothesis) for number, card in cards if card.result is None}


def seen(grounds: Grounds, result: Result) -> Scenes:
    """Pictures of a result.

    Raises:
        RefusedError: If the model or the classifier has changed since the test.
        NotFoundError: If either is not here any more.
        engine.checkpoints.CheckpointError: If either cannot be loaded.
    """
    hypothesis = result.hypothesis
    with refusing():
        gauge = gauge_named(grounds.gauges(hypothesis.model, hypothesis.classifier), hypothesis.output)
        return scenes(grounds.of(hypothesis.model), gauge, result)


def read_session(fields: Mapping[str, Any]) -> Session:
    """The session of a request, every field checked.

    Raises:
        RefusedError: Naming the field that cannot be read.
    """
    with refusing():
        return session_from_json(fields.get("session"))


def read_hypothesis(grounds: Grounds, fields: Mapping[str, Any]) -> Hypothesis:
    """A hypothesis written by hand: `model`, `classifier`, `output`, `change`, `sign` (`raises` or `lowers`).

    Raises:
        RefusedError: If the model lacks what is changed, or the classifier the output.
    """
    gauge, change = grounds.gauge(fields), fields.get("change")
    if not isinstance(change, Mapping):
        raise RefusedError("change should be an object that says what is moved.")
    ground = grounds.of(read.text(fields, "model"))
    sign = SIGNS[read.text(fields, "sign", options=tuple(SIGNS))]
    with refusing():
        moved = _change(ground, change)
        moved.check(ground)
        return Hypothesis(
            model=ground.id,
            classifier=gauge.classifier,
            output=gauge.output,
            change=moved,
            sign=1 if sign > 0 else -1,
        )


def _change(ground: Ground, fields: Mapping[str, Any]) -> Change:
    kind = read.text(fields, "kind", options=("shift", "switch", "style"))
    if kind == "shift":
        axis, amplitude = read.text(fields, "axis"), fields.get("amplitude")
        if isinstance(amplitude, bool) or not isinstance(amplitude, int | float):
            raise RefusedError(f"amplitude should be a number of sd from {-LARGEST:.0f} to {LARGEST:.0f}.")
        return Shift(axis=axis, amplitude=float(amplitude), direction=ground.axis(axis).kind == "direction")
    if kind == "switch":
        start = None if fields.get("start") is None else read.text(fields, "start")
        return Switch(category=read.text(fields, "axis"), option=read.text(fields, "option"), start=start)
    slot, label = read.text(fields, "slot"), read.text(fields, "label")
    for known in styles(ground):
        if (known.slot, known.label) == (slot, label):
            return known
    raise RefusedError(f"{ground.id} has no slot {slot!r} with a {label!r} to give it.")


def styles(ground: Ground) -> list[Restyle]:
    """The styles of other codes that the slots of a model of layers can take; empty for other models."""
    return [one for one in candidates(ground) if isinstance(one, Restyle)]


def _draws(entry: Entry) -> bool:
    try:
        return bool(read_card(entry.folder).config["space"]["kind"] == "image")
    except CheckpointError:
        return False
