"""Hypotheses found automatically: changes ranked by what they do to a readout over a bank of codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import torch
from torch import Tensor

from engine.explain.hypotheses.card import Hypothesis
from engine.explain.hypotheses.change import Both, Change, Restyle, Shift, Single, Switch
from engine.explain.hypotheses.codes import stream
from engine.explain.hypotheses.effects import BATCH_SIZE, Effects, Of, contrast
from engine.explain.hypotheses.ground import Ground
from engine.explain.hypotheses.sentence import sentence
from engine.explain.progress import Progress, ShouldStop
from engine.explain.readouts import Gauge
from engine.interfaces import Axis

AMPLITUDE = 1.5  # sd
STYLES = 4  # of other codes, tried in every slot of a StyleGAN2
STRONGEST = 6  # things whose pairs are looked at
_MANY = 20  # options; pairs of more are not tried one by one
_PARALLEL = 0.9  # |cosine| between what two changes add to codes: the same thing under two names
_LEANING = 0.5  # from here on they are the same thing if their effects agree as well
_AGREEING = 0.95  # correlation of their effects, code by code


@dataclass(frozen=True, kw_only=True, eq=False)  # tensors have no truth value to compare by
class Finding:
    """What a change did to a gauge over the bank.

    Attributes:
        change: The change.
        gauge: What was read.
        of: Its effect, or the interaction of a pair.
        model: Id of the generator.
        mean: Mean effect, in the gauge's unit.
        standard_error: Of the mean.
        consistency: Share of codes whose effect has the sign of the mean, in [0, 1].
        count: How many codes.
        before: The code where the effect of that sign is clearest, (D,).
        after: The same code changed.
        readings: What the gauge said of these two.
    """

    change: Change
    gauge: Gauge
    of: Of
    model: str
    mean: float
    standard_error: float
    consistency: float
    count: int
    before: Tensor
    after: Tensor
    readings: tuple[float, float]

    def __str__(self) -> str:
        return sentence(self.change, self.mean, self.gauge.name, self.gauge.unit, of=self.of)

    def hypothesis(self) -> Hypothesis:
        """The card that says so, to be tested on other codes."""
        return Hypothesis(
            model=self.model,
            classifier=self.gauge.classifier,
            output=self.gauge.output,
            change=self.change,
            sign=1 if self.mean >= 0 else -1,
            of=self.of,
        )


def search(
    ground: Ground,
    gauge: Gauge,
    *,
    count: int = 64,
    seed: int = 0,
    amplitude: float = AMPLITUDE,
    changes: Sequence[Single] | None = None,
    strongest: int = STRONGEST,
    batch_size: int = BATCH_SIZE,
    on_progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> tuple[Finding, ...]:
    """Ranks changes and interactions of pairs by their mean effect on a gauge, strongest first.

    Every change starts from the same codes. One finding is kept of each axis, category and slot (the way, option or
    style with the largest effect), and of those that do the same thing under several names. Pairs are made of what
    moves the gauge most, up or down (root mean square: an axis whose effect depends on another one may have a mean of
    zero).

    Args:
        ground: The model.
        gauge: What is read.
        count: Codes in the bank.
        seed: Of the bank; no test draws from it.
        amplitude: Of shifts along axes, in sd, both ways.
        changes: What to try; by default `candidates(ground)`.
        strongest: How many things to look at in pairs; 0 or 1 for no pairs.
        batch_size: Codes drawn at once.
        on_progress: Called with (codes drawn, codes in all).
        should_stop: Asked before each batch.

    Raises:
        ValueError: If there is nothing to change, or there are too few codes for a standard error.
        CancelledError: If `should_stop` said so.
    """
    tried = candidates(ground, amplitude=amplitude, seed=seed) if changes is None else tuple(changes)
    codes = ground.codes.to_search(count, seed=seed)
    if not tried or len(codes) < 2:
        raise ValueError(
            f"A search needs something to change and at least 2 codes; {ground.id} has {len(tried)} changes and "
            f"{len(codes)} codes."
        )
    subjects = len({change.subject for change in tried})
    pairs = min(strongest, subjects) * (min(strongest, subjects) - 1) // 2
    effects = Effects(
        ground,
        lambda x: gauge(x)[:, None],
        codes,
        rows=(_different(tried) + pairs) * len(codes),
        batch_size=batch_size,
        on_progress=on_progress,
        should_stop=should_stop,
    )
    singles = effects.of([contrast(ground, change, codes) for change in tried])[..., 0]  # (S, N)
    kept = _distinct(ground, tried, singles, codes)
    by_spread = sorted(kept, key=lambda row: -float(singles[row].square().mean()))[:strongest]
    pair_changes = [Both(first=tried[a], second=tried[b]) for a, b in combinations(by_spread, 2)]
    found = [_finding(effects, gauge, tried[row], singles[row], "effect") for row in kept]
    if pair_changes:
        contrasts = [contrast(ground, pair, codes, of="interaction") for pair in pair_changes]
        more = effects.of(contrasts)[..., 0]
        found += [
            _finding(effects, gauge, pair, row, "interaction") for pair, row in zip(pair_changes, more, strict=True)
        ]
    effects.finish()
    return tuple(sorted(found, key=lambda finding: -abs(finding.mean)))


def candidates(
    ground: Ground, *, amplitude: float = AMPLITUDE, styles: int = STYLES, seed: int = 0
) -> tuple[Single, ...]:
    """All there is to try on a model: axes both ways, categories from option to option, slots of layers.

    Slots that are single axes or categories are changed as such; what remains are groups of layers, which take the
    styles of other codes. Collapsed axes are left out.

    Args:
        ground: The model.
        amplitude: Of shifts, in sd.
        styles: Other codes whose styles a slot takes.
        seed: Of these codes.
    """
    found: list[Single] = []
    for axis in ground.model.axes:
        if axis.kind == "category":
            found += _switches(axis)
        elif not axis.collapsed and ground.scale(axis.name) > 0:
            direction = axis.kind == "direction"
            found += [Shift(axis=axis.name, amplitude=way * amplitude, direction=direction) for way in (1, -1)]
    if any(part.kind == "layer" for part in ground.model.layout):
        slots, known = ground.slots(), ground.codes.plausible
        donors = known[torch.randperm(len(known), generator=stream("styles", seed))[:styles]]
        found += [
            Restyle(slot=slot.name, style=tuple(row[list(slot.indices)].tolist()), label=f"style {number + 1}")
            for slot in slots.slots
            for number, row in enumerate(slots.to_values(donors))
        ]
    return tuple(found)


def _switches(axis: Axis) -> list[Switch]:
    """From each option to each; of many options, from whichever a code has to each."""
    if len(axis.options) > _MANY:
        return [Switch(category=axis.name, option=option) for option in axis.options]
    return [Switch(category=axis.name, start=a, option=b) for a, b in permutations(axis.options, 2)]


def _different(changes: Sequence[Single]) -> int:
    """How many sets of codes have to be drawn: those that nothing was done to, and each change's own."""
    switched = {(change.category, option) for change in changes if isinstance(change, Switch)
                for option in (change.option, change.start) if option is not None}  # fmt: skip
    return 1 + len(switched) + sum(not isinstance(change, Switch) for change in changes)


def _distinct(ground: Ground, changes: Sequence[Single], effects: Tensor, codes: Tensor) -> list[int]:
    """Rows of the changes to keep, strongest first."""
    order = effects.mean(dim=1).abs().argsort(descending=True, stable=True).tolist()
    of_subject: dict[str, int] = {}
    for row in order:
        of_subject.setdefault(changes[row].subject, row)
    first = list(of_subject.values())
    scale = codes.std(dim=0)
    scale = scale.clamp_min(1e-6 * float(scale.max()) or 1.0)
    moved = torch.stack([_displacement(ground, changes[row], codes) / scale for row in first])
    cosine = torch.nn.functional.normalize(moved, dim=1)
    cosine = (cosine @ cosine.T).abs()
    centred = torch.nn.functional.normalize(effects[first] - effects[first].mean(dim=1, keepdim=True), dim=1)
    agreeing = (centred @ centred.T).abs() > _AGREEING
    same = (cosine > _PARALLEL) | ((cosine > _LEANING) & agreeing)
    kept: list[int] = []
    for place in range(len(first)):
        if not same[place, kept].any():
            kept.append(place)
    return [first[place] for place in kept]


def _displacement(ground: Ground, change: Single, codes: Tensor) -> Tensor:
    """What a change adds to codes on average, (D,)."""
    before, after = change.apply(ground, codes, 0.0), change.apply(ground, codes)
    return (after - before).mean(dim=0)


def _finding(effects: Effects, gauge: Gauge, change: Change, values: Tensor, of: Of) -> Finding:
    values = values.double()
    sign = 1.0 if float(values.mean()) >= 0 else -1.0
    row = int((sign * values).argmax())
    before, after = (change.apply(effects.ground, effects.codes, amount) for amount in (0.0, 1.0))
    return Finding(
        change=change,
        gauge=gauge,
        of=of,
        model=effects.ground.id,
        mean=float(values.mean()),
        standard_error=float(values.std() / len(values) ** 0.5),
        consistency=float((sign * values > 0).double().mean()),
        count=len(values),
        before=before[row],
        after=after[row],
        readings=(float(effects.readings(before)[row, 0]), float(effects.readings(after)[row, 0])),
    )
