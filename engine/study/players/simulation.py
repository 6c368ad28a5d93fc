"""How far simulated participants get with a model: a quick stand-in for its interpretability, not for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from engine.interfaces import Axis, LatentModel
from engine.study.design import Goal
from engine.study.matching.goals import SolvedWhen, resolve
from engine.study.players.bots import Bot, CoordinateSearch, Game, Played
from engine.study.sessions.dials import Range, clamped, copied
from engine.study.steps import Reconstruction


@dataclass(frozen=True)
class Estimate:
    """A mean over questions.

    Attributes:
        value: NaN where there is nothing to average, such as the moves of no solved question.
        low: Lower end of its 95 % bootstrap interval; NaN where the bootstrap knows none: fewer than three questions,
            or all alike.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What a bot did with a model.

    Attributes:
        model: Its id.
        bot: The bot and its parameters, in words.
        questions: How many reconstructions it played.
        solved: Share of them it solved, in [0, 1].
        moves: Moves of the solved ones.
        distance: Slide distance of all, in spans of a dial.
        start: Agreement before the first move.
        played: Every question by itself.
    """

    model: str
    bot: str
    questions: int
    solved: Estimate
    moves: Estimate
    distance: Estimate
    start: Estimate
    played: Played


@torch.inference_mode()
def simulate(
    model: LatentModel,
    *,
    questions: int = 100,
    generator: Generator,
    bot: Bot | None = None,
    goal: Goal | SolvedWhen | None = None,
    span: Range = "full",
    decimals: int | None = None,
) -> Simulation:
    """Lets a bot reconstruct targets with a model's dials.

    Question i starts at stored row i and its target is row i + 1, from the first row again after the last; a model
    without stored codes is asked for questions + 1 samples instead. The published figures of the coordinate search
    (Ross et al., 2021) hold for the study's own decoders with `decimals=2`.

    Args:
        model: Any latent model.
        questions: How many reconstructions.
        generator: Of the bot's chance, of samples and of the intervals.
        bot: By default the coordinate search.
        goal: When a reconstruction is solved; by default as the data set has it.
        span: What dials span: by default from minimum to maximum, as published.
        decimals: To how many the codes are rounded; None leaves them as they are.

    Raises:
        ValueError: If there are no questions.
    """
    if questions < 1:
        raise ValueError(f"A simulation plays one question or more; got {questions}.")
    bot = bot or CoordinateSearch()
    solved_when = goal if isinstance(goal, SolvedWhen) else resolve(goal or Goal(), model)
    axes = _in_order(model)
    codes = _rows(model, questions + 1, generator)
    codes = clamped(axes, codes if decimals is None else codes.round(decimals=decimals), span)
    target = codes[1:]
    game = _game(model, copied(axes, codes[:-1], target), target, solved_when, span)
    played = bot.play(game, generator=generator)
    seed = int(torch.randint(2**31, (), generator=generator, device=generator.device))
    return Simulation(
        model=model.id,
        bot=str(bot),
        questions=questions,
        solved=_estimate(played.solved, seed),
        moves=_estimate(played.moves[played.solved], seed),
        distance=_estimate(played.distance, seed),
        start=_estimate(played.agreement[:, 0], seed),
        played=played,
    )


@torch.inference_mode()
def play_steps(
    model: LatentModel,
    steps: Sequence[Reconstruction],
    goal: SolvedWhen,
    *,
    generator: Generator,
    bot: Bot | None = None,
    span: Range = "percentile",
) -> Played:
    """Lets a bot play the very questions that a person is asked.

    Args:
        model: That of the questions.
        steps: One question or more of a plan.
        goal: When one is solved.
        generator: Of the bot's chance.
        bot: By default the coordinate search.
        span: What dials span.
    """
    device = getattr(model, "device", "cpu")
    start, target = (
        torch.tensor([getattr(step, which) for step in steps], device=device) for which in ("start", "target")
    )
    return (bot or CoordinateSearch()).play(_game(model, start, target, goal, span), generator=generator)


def _game(model: LatentModel, start: Tensor, target: Tensor, goal: SolvedWhen, span: Range) -> Game:
    return Game(
        model=model,
        axes=_in_order(model),
        start=start,
        target=torch.cat([model.decode(some) for some in target.split(32)]),
        agreement=goal.agreement,
        reached_at=goal.reached_at,
        span=span,
    )


def _in_order(model: LatentModel) -> tuple[Axis, ...]:
    """The dials in the order of the code."""
    return tuple(sorted(model.axes, key=lambda axis: min(axis.indices)))


def _rows(model: LatentModel, n: int, generator: Generator) -> Tensor:
    stored: Tensor | None = getattr(getattr(model, "examples", None), "codes", None)
    if stored is None or len(stored) < 2:
        return model.sample(n, generator=generator)
    return stored[torch.arange(n, device=stored.device) % len(stored)]


def _estimate(values: Tensor, seed: int) -> Estimate:
    from engine.statistics.intervals import mean_interval

    values = values.double().cpu()
    if not len(values):
        return Estimate(torch.nan, torch.nan, torch.nan)
    interval = mean_interval(values.numpy(), seed=seed)
    value = float(values.mean())
    return Estimate(value, torch.nan, torch.nan) if interval is None else Estimate(value, interval.low, interval.high)
