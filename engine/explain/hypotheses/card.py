"""A hypothesis that can be wrong: which change moves which readout of which classifier, and which way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from engine.explain.hypotheses.change import Both, Change, Restyle
from engine.explain.hypotheses.effects import OFS, Of
from engine.explain.hypotheses.ground import Ground

Sign = Literal[-1, 1]


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """What is predicted; the size of the change is its own.

    Attributes:
        model: Id of the generator.
        classifier: Id of the classifier.
        output: The class, attribute or readout it is about.
        change: What is done to codes.
        sign: 1 if the readout is predicted to rise, -1 if to fall.
        of: `effect`, or `interaction`: what a pair does beyond the sum of its two changes.
    """

    model: str
    classifier: str
    output: str
    change: Change
    sign: Sign
    of: Of = "effect"

    def __post_init__(self) -> None:
        if self.sign not in (-1, 1):
            raise ValueError(f"A prediction rises (1) or falls (-1); got {self.sign!r}.")
        if self.of not in OFS or (self.of == "interaction" and not isinstance(self.change, Both)):
            raise ValueError(
                f"A hypothesis is about the effect of a change, or about the interaction of a pair; got {self.of!r} "
                f"of a {type(self.change).__name__.lower()}."
            )

    def on(self, ground: Ground) -> Hypothesis:
        """The same change by name on another model.

        Raises:
            ValueError: If that model lacks an axis, an option or a slot, or styles belong to another model.
        """
        moved = (self.change.first, self.change.second) if isinstance(self.change, Both) else (self.change,)
        if ground.id != self.model and any(isinstance(one, Restyle) for one in moved):
            raise ValueError(f"A style of {self.model} means nothing to {ground.id}: only axes and categories are "
                             "compared by name across models.")  # fmt: skip
        self.change.check(ground)
        return replace(self, model=ground.id)
