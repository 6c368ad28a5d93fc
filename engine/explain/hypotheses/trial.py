"""Testing a hypothesis on codes that no search ever saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.explain.hypotheses.card import Hypothesis
from engine.explain.hypotheses.change import Both, Change, Restyle, Shift, Switch
from engine.explain.hypotheses.codes import share_rows
from engine.explain.hypotheses.effects import BATCH_SIZE, Effects, contrast
from engine.explain.hypotheses.ground import Ground
from engine.explain.hypotheses.result import Dose, Result, SideEffect
from engine.explain.plausibility import percentiles
from engine.explain.progress import Progress, ShouldStop
from engine.explain.readouts import Gauge, gauge_named
from engine.statistics import RESAMPLES, mean_interval, paired_permutation

COUNT = 128
_TWO_WAYS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_SWITCHED = (0.0, 1.0)


def trial(
    hypothesis: Hypothesis,
    ground: Ground,
    gauges: Sequence[Gauge],
    *,
    count: int = COUNT,
    seed: int = 0,
    searched: Tensor | None = None,
    resamples: int = RESAMPLES,
    batch_size: int = BATCH_SIZE,
    on_progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Result:
    """Tests one hypothesis.

    The p-value is that of a sign-flip permutation test, two-sided, so that a prediction can be contradicted as well as
    supported: under the null hypothesis a code's effect is as likely to be of one sign as of the other.

    Args:
        hypothesis: About this model and this classifier.
        ground: The model.
        gauges: All that its classifier says of the model's pictures.
        count: Fresh codes to test on.
        seed: Of these codes, the resamples and the sign patterns.
        searched: Codes that hypotheses were found on, (M, D), where the caller has them: the fresh ones are held
            against them once more.
        resamples: Bootstrap resamples, and random sign patterns where there are too many to look at all.
        batch_size: Codes drawn at once.
        on_progress: Called with (codes drawn, codes in all).
        should_stop: Asked before each batch.

    Raises:
        ValueError: If the hypothesis is about another model or classifier, or a fresh code was searched on.
        CancelledError: If `should_stop` said so.
    """
    gauge = _gauge(hypothesis, ground, gauges)
    hypothesis.change.check(ground)
    codes = ground.codes.to_test(count, seed=seed)
    if searched is not None and share_rows(codes, searched.cpu()):
        raise ValueError("A code that hypotheses were found on would be tested on again; draw the bank of the search "
                         "with ground.codes.to_search.")  # fmt: skip
    change, of = hypothesis.change, hypothesis.of
    amounts = doses_of(change)
    effects = Effects(
        ground, _reader(ground, gauge), codes, batch_size=batch_size, on_progress=on_progress, should_stop=should_stop
    )
    curves = effects.of(
        [([codes], [1.0]), *(contrast(ground, change, codes, amount=amount, of=of) for amount in amounts)]
    ).double()
    readings, by_dose = curves[0], curves[1:]  # (N, K), (A, N, K)
    whole = by_dose[amounts.index(1.0)]
    before, after = change.apply(ground, codes, 0.0), change.apply(ground, codes)
    own = whole[:, gauge.column].numpy()
    permuted = paired_permutation(own, seed=seed, resamples=resamples)
    return Result(
        hypothesis=hypothesis,
        name=gauge.name,
        unit=gauge.unit,
        scale=gauge.high - gauge.low,
        asked=count,
        seed=seed,
        readings=_floats(readings[:, gauge.column]),
        before=_floats(effects.readings(before)[:, gauge.column]),
        effects=_floats(whole[:, gauge.column]),
        interval=mean_interval(own, seed=seed, resamples=resamples),
        p=float(permuted.p[0]),
        exact=permuted.exact,
        doses=tuple(
            Dose(amount=amount, mean=mean, standard_error=error)
            for amount, mean, error in zip(amounts, *_summaries(by_dose[..., gauge.column].T), strict=True)
        ),
        side_effects=_side_effects(whole, gauge, gauges),
        distance=float(ground.plausibility.percentiles(after).median()),
        realness=_realness(ground, effects, before, after),
        notes=tuple(filter(None, (gauge.note, ground.codes.note(count, len(codes)), _still(ground, change)))),
    )


def doses_of(change: Change) -> tuple[float, ...]:
    """The amounts of a change that its dose-response curve shows: shifts go both ways, a switch has no middle."""
    moved = (change.first, change.second) if isinstance(change, Both) else (change,)
    if any(isinstance(one, Switch) for one in moved):
        return _SWITCHED
    return _SHARES if any(isinstance(one, Restyle) for one in moved) else _TWO_WAYS


def _gauge(hypothesis: Hypothesis, ground: Ground, gauges: Sequence[Gauge]) -> Gauge:
    if hypothesis.model != ground.id:
        raise ValueError(
            f"The hypothesis is about {hypothesis.model} and this is {ground.id}; hypothesis.on(ground) is the same "
            "change by name here."
        )
    readers = {gauge.classifier for gauge in gauges}
    if readers != {hypothesis.classifier}:
        raise ValueError(f"The hypothesis is about {hypothesis.classifier}; got gauges of {sorted(readers)}.")
    return gauge_named(gauges, hypothesis.output)


def _reader(ground: Ground, gauge: Gauge) -> Callable[[Tensor], Tensor]:
    """All outputs of the classifier, and the discriminator's score as the last column where there is one."""
    realness = ground.realness
    if realness is None:
        return gauge.panel
    device = getattr(ground.model, "device", torch.device("cpu"))
    return lambda x: torch.cat([gauge.panel(x), realness(x.to(device)).reshape(-1, 1).float().to(x.device)], dim=1)


def _realness(ground: Ground, effects: Effects, before: Tensor, after: Tensor) -> float | None:
    if ground.realness is None:
        return None
    unchanged = effects.readings(before)[:, -1].double().sort().values
    return float(percentiles(effects.readings(after)[:, -1].double(), unchanged).median())


def _side_effects(whole: Tensor, gauge: Gauge, gauges: Sequence[Gauge]) -> tuple[SideEffect, ...]:
    others = [other for other in gauges if other.column != gauge.column]
    means, errors = _summaries(whole)
    found = [
        SideEffect(output=one.output, name=one.name, mean=means[one.column], standard_error=errors[one.column])
        for one in others
    ]
    return tuple(sorted(found, key=lambda effect: -abs(effect.mean)))


def _summaries(columns: Tensor) -> tuple[list[float], list[float]]:
    """Mean and standard error of every column, (N, K)."""
    count = len(columns)
    errors = columns.std(dim=0) / count**0.5 if count > 1 else torch.zeros(columns.shape[1])
    return columns.mean(dim=0).tolist(), errors.tolist()


def _still(ground: Ground, change: Change) -> str:
    """A sentence where a shift has no size, because its axis never moves."""
    moved = (change.first, change.second) if isinstance(change, Both) else (change,)
    still = [one.axis for one in moved if isinstance(one, Shift) and ground.scale(one.axis) == 0]
    if not still:
        return ""
    return f"{still[0]} is the same in all plausible codes of {ground.id}: shifting it changes nothing."


def _floats(values: Tensor) -> tuple[float, ...]:
    return tuple(values.tolist())
