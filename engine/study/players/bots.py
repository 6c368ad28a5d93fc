"""Simulated participants: one that searches dial by dial, and one with a poor memory and an unsteady eye."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor

from engine.interfaces import Axis, LatentModel
from engine.study.matching.agreement import Agreement
from engine.study.sessions.dials import Range, ends, stands, turned

_BATCH_VALUES = 2**18  # of one batch of drawings: what a decoder makes of it stays in the processor's caches


@dataclass(frozen=True, kw_only=True)
class Game:
    """N reconstructions on one model.

    Attributes:
        model: What draws.
        axes: The dials, in the order of the code.
        start: Codes to start from, (N, D).
        target: Drawings to match, (N, *space.shape).
        agreement: The measure.
        reached_at: Agreement from which a question is solved.
        span: What the dials span.
    """

    model: LatentModel
    axes: tuple[Axis, ...]
    start: Tensor
    target: Tensor
    agreement: Agreement
    reached_at: float
    span: Range

    def agreements(self, codes: Tensor, questions: Tensor) -> Tensor:
        """How well codes (A, V, D) draw the targets of A questions, (A, V)."""
        flat, owner = codes.flatten(0, 1), questions.repeat_interleave(codes.shape[1])
        size = max(1, _BATCH_VALUES // self.model.space.size)
        pairs = zip(flat.split(size), owner.split(size), strict=True)
        parts = [self.agreement(self.model.decode(some), self.target[rows]) for some, rows in pairs]
        return torch.cat(parts).unflatten(0, codes.shape[:2])

    def travel(self, axis: Axis, before: Tensor, after: Tensor) -> Tensor:
        """How far a dial went, in spans of the dial; changes of a category cover no distance."""
        low, high = ends(axis, self.span)
        if axis.kind == "category" or high <= low:
            return torch.zeros_like(before)
        return (after - before).abs() / (high - low)

    def played(self, codes: Tensor, moves: Tensor, distance: Tensor, *, first: Tensor, last: Tensor) -> Played:
        """What became of it: codes at the end, moves and distance up to there, agreements at the start and the end."""
        agreement = torch.stack([first, last], dim=1)
        solved = last >= self.reached_at
        return Played(solved=solved, moves=moves, distance=distance, agreement=agreement, code=codes)


@dataclass(frozen=True, kw_only=True)
class Played:
    """What became of N reconstructions.

    Attributes:
        solved: Whether the target was matched, (N,).
        moves: How often a dial or category was set to another place, (N,).
        distance: How far dials went in all, in spans of a dial, (N,).
        agreement: At the start and at the end, (N, 2).
        code: Where the dials stood at the end, (N, D).
    """

    solved: Tensor
    moves: Tensor
    distance: Tensor
    agreement: Tensor
    code: Tensor

    @property
    def mean_moves(self) -> float | None:
        """Moves of a question that was solved, on average; None where none was."""
        return float(self.moves[self.solved].mean()) if bool(self.solved.any()) else None


class Bot(Protocol):
    """A simulated participant."""

    def play(self, game: Game, *, generator: Generator) -> Played:
        """Plays all questions, each for itself."""
        ...


@dataclass(frozen=True, kw_only=True)
class CoordinateSearch:
    """Tries every place of one dial after the other and stays at the best: no memory, no understanding, no error.

    As specified for the check of the published study: it only counts the moves to a better place, not the looks.

    Attributes:
        values: Equispaced places on each dial; a category has its options.
        sweeps: How often it goes through all dials at most.
        gain: What a move has to gain in agreement.
    """

    values: int = 41
    sweeps: int = 6
    gain: float = 1e-9

    def play(self, game: Game, *, generator: Generator) -> Played:
        """Plays all questions at once; nothing is drawn at random."""
        codes, every = game.start.clone(), torch.arange(len(game.start), device=game.start.device)
        agreed = game.agreements(codes[:, None], every)[:, 0]
        first, moves, distance = agreed.clone(), torch.zeros_like(agreed), torch.zeros_like(agreed)
        idle = torch.zeros_like(every)  # dials in a row that could not be bettered: after all of them none can
        for axis in self.sweeps * game.axes:
            playing = every[(agreed < game.reached_at) & (idle < len(game.axes))]
            if not len(playing):
                break
            here = codes[playing]
            tried = turned(axis, here[:, None], self._places(axis, game).to(here))
            best, place = game.agreements(tried, playing).max(dim=1)
            better = best > agreed[playing] + self.gain
            there = torch.where(better[:, None], tried[torch.arange(len(here)), place], here)
            distance[playing] += game.travel(axis, stands(axis, here), stands(axis, there))
            moves[playing] += better
            idle[playing] = torch.where(better, 0, idle[playing] + 1)
            agreed[playing], codes[playing] = torch.where(better, best, agreed[playing]), there
        return game.played(codes, moves, distance, first=first, last=agreed)

    def _places(self, axis: Axis, game: Game) -> Tensor:
        if axis.kind == "category":
            return torch.arange(len(axis.indices), dtype=torch.float32)
        return torch.linspace(*ends(axis, game.span), self.values)


@dataclass(frozen=True, kw_only=True)
class ForgetfulHand:
    """Feels its way along one dial at a time, sees agreement unsteadily and remembers only the last few places.

    On every visit to a dial it looks at some places, ever nearer to the best one it remembers there, returns to that
    and takes another dial at random. What it remembers from earlier visits may be true no more.

    Attributes:
        noise: Standard deviation of the agreement it sees.
        memory: Places it remembers on each dial.
        looks: New places on one visit; the first lies anywhere within `reach`, each next one within half as much.
        reach: Of the first look, in spans of the dial.
        moves: After how many moves it gives up.
    """

    noise: float = 0.03
    memory: int = 4
    looks: int = 4
    reach: float = 0.5
    moves: int = 120

    def play(self, game: Game, *, generator: Generator) -> Played:
        """Plays all questions at once, move by move."""
        n, device = len(game.start), game.start.device
        every, codes = torch.arange(n, device=device), game.start.clone()
        agreed = game.agreements(codes[:, None], every)[:, 0]
        first, moves, distance = agreed.clone(), torch.zeros_like(agreed), torch.zeros_like(agreed)
        places = torch.zeros(n, len(game.axes), self.memory, device=device)
        seen = torch.full_like(places, -torch.inf)
        dial = self._integers(len(game.axes), n, generator).to(device)
        for move in range(self.moves):
            look = move % (self.looks + 1)
            playing = agreed < game.reached_at
            if not playing.any():
                break
            here = _stands(game.axes, codes, dial)
            if look == 0:
                self._remember(places, seen, dial, here, agreed, generator)
            best = places[every, dial].gather(1, seen[every, dial].argmax(dim=1, keepdim=True))[:, 0]
            there = best if look == self.looks else self._near(game, dial, best, look, generator)
            there = torch.where(playing, there, here)
            codes, way = _set(game, codes, dial, here, there)
            moves, distance = moves + (there != here), distance + way
            agreed = torch.where(playing, game.agreements(codes[:, None], every)[:, 0], agreed)
            if look == self.looks:
                step = 1 + self._integers(max(1, len(game.axes) - 1), n, generator).to(device)
                dial = (dial + step) % len(game.axes)
            else:
                self._remember(places, seen, dial, there, agreed, generator)
        return game.played(codes, moves, distance, first=first, last=agreed)

    def _near(self, game: Game, dial: Tensor, best: Tensor, look: int, generator: Generator) -> Tensor:
        """A place within reach of the best one remembered, or any option of a category, (N,)."""
        draw = torch.rand(len(dial), generator=generator, device=generator.device).to(best)
        reach, there = self.reach / 2**look, best
        for number, axis in enumerate(game.axes):
            low, high = ends(axis, game.span)
            if axis.kind == "category":
                place = (draw * len(axis.indices)).floor().clamp_max(len(axis.indices) - 1)
            else:
                place = (best + reach * (high - low) * (2 * draw - 1)).clamp(low, high)
            there = torch.where(dial == number, place, there)
        return there

    def _remember(
        self, places: Tensor, seen: Tensor, dial: Tensor, place: Tensor, agreed: Tensor, generator: Generator
    ) -> None:
        """Puts a place and how good it looked into the dial's memory, in place of the oldest."""
        every = torch.arange(len(dial), device=dial.device)
        noise = torch.randn(len(dial), generator=generator, device=generator.device).to(agreed)
        for memory, new in ((places, place), (seen, agreed + self.noise * noise)):
            memory[every, dial] = torch.cat([memory[every, dial, 1:], new[:, None]], dim=1)

    def _integers(self, below: int, n: int, generator: Generator) -> Tensor:
        return torch.randint(below, (n,), generator=generator, device=generator.device)


def _stands(axes: Sequence[Axis], codes: Tensor, dial: Tensor) -> Tensor:
    return torch.stack([stands(axis, codes) for axis in axes], dim=1).gather(1, dial[:, None])[:, 0]


def _set(game: Game, codes: Tensor, dial: Tensor, here: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """Codes with each question's own dial turned, (N, D), and how far that was, (N,)."""
    way = torch.zeros_like(here)
    for number, axis in enumerate(game.axes):
        mine = dial == number
        place = torch.where(mine, there, torch.zeros_like(there))  # what others have is no place of this dial
        codes = torch.where(mine[:, None], turned(axis, codes, place), codes)
        way = torch.where(mine, game.travel(axis, here, there), way)
    return codes, way
