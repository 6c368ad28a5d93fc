"""The training loop: one for every recipe, adversarial ones too; resumable to the bit on a CPU."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import torch
from torch import Generator, Tensor, nn

from engine.data import Batch, Split
from engine.objectives import Lazy, Objective
from engine.training.best_epoch import BestEpoch
from engine.training.log import Log
from engine.training.recipe import Recipe
from engine.training.start import Start
from engine.training.state import State

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class TrainingDivergedError(RuntimeError):
    """The loss is no longer a finite number."""


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        step: Updates done.
        steps: Updates in all.
        terms: Loss terms, averaged over the updates since the last report.
        steps_per_s: Updates a second since the last report.
        remaining_s: Estimated seconds to the end.
    """

    step: int
    steps: int
    terms: dict[str, float]
    steps_per_s: float
    remaining_s: float


def fit(
    recipe: Recipe,
    split: Split,
    *,
    folder: Path,
    fabric: Fabric | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    report_every: int = 100,
    save_every_s: float = 60.0,
    stop_after: int | None = None,
    needs: Mapping[str, Any] = MappingProxyType({}),
    validation: Split | None = None,
    start: Start | None = None,
    watch: Callable[[nn.Module], Mapping[str, float]] | None = None,
    watch_every: int = 1000,
) -> nn.Module:
    """Trains one recipe, going on from the state it finds in `folder`.

    Same recipe, device kind and number of threads: same weights, however often the run was killed on the way.

    Args:
        recipe: What to train.
        split: Examples to train on.
        folder: Where the run keeps `state.safetensors` and `log.csv`.
        fabric: Device and precision; by default this machine's CPU at the recipe's precision.
        on_progress: Called every `report_every` updates.
        report_every: Updates between reports and log rows.
        save_every_s: Seconds between saved states.
        stop_after: Leave after this many updates in all with the state saved, as an interrupted run would.
        needs: The loaded models this recipe stands on, by id; its objective takes them by `standing_on(models)`.
        validation: The recipe's validation split, where it names one.
        start: Weights of the recipe's `start`, which a new run's network takes by `start_from(tensors)`; None where
            they cannot be had: then it starts from its seed, and nothing is frozen. A run that goes on knows by its
            state what it began with and needs them no more.
        watch: Measures the network now and then, such as the quality of its samples; what it returns is logged beside
            the loss terms. It leaves the network, and its mode, as they are.
        watch_every: Updates between two such looks; they fall on a report.

    Returns:
        The network in eval mode, on the CPU; with the weights of the best epoch if the recipe names a validation split.

    Raises:
        TrainingDivergedError: If a loss is not finite; the last finite state stays in the folder.
        OSError: If the folder cannot be written, for example on a full disk; the last state stays.
        StateError: If the state in the folder belongs to another recipe or is damaged; nothing is written then.
        ValueError: If a model the recipe stands on, or the split it names, is not passed.
    """
    from lightning_fabric import Fabric  # takes seconds, and whoever only reads the recipes needs none of it

    fabric = fabric or Fabric(accelerator="cpu", devices=1, precision=recipe.precision)
    model = recipe.network.build(seed=recipe.seed)
    objective = _objective(recipe, needs)
    if objective is None:
        return model.eval()
    if recipe.validation and validation is None:
        raise ValueError(f"{recipe.id} keeps its best epoch; pass `fit` the split {recipe.validation!r}.")
    state = State(folder / "state.safetensors", recipe, start.name if start else None)
    if start is not None and state.is_new:
        model.start_from(start.tensors)  # type: ignore[operator] # a recipe with a start has such a network
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        best = BestEpoch(validation) if recipe.validation and validation is not None else None
        run = _Run(recipe, objective, split, model, fabric, state, best)
        run.go(on_progress, report_every, save_every_s, stop_after, _Watch(watch, watch_every))
    return model.cpu().eval()


def _objective(recipe: Recipe, models: Mapping[str, Any]) -> Objective | None:
    missing = [name for name in recipe.needs if name not in models]
    if missing:
        raise ValueError(f"{recipe.id} stands on {', '.join(missing)}; load them and pass them to `fit` as `needs`.")
    return recipe.objective.standing_on(models) if recipe.needs else recipe.objective  # type: ignore[union-attr]


@dataclass(frozen=True)
class _Watch:
    """What is measured of a network now and then."""

    measure: Callable[[nn.Module], Mapping[str, float]] | None
    every: int

    def look(self, model: nn.Module, before: int, now: int) -> dict[str, float]:
        """The measures, where a look is due between two numbers of updates."""
        if self.measure is None or before // self.every == now // self.every:
            return {}
        return dict(self.measure(model))


class _Game(nn.Module):
    """Objective and network as one module, so that Fabric's precision and strategy see one forward call."""

    def __init__(self, objective: Objective, model: nn.Module) -> None:
        super().__init__()
        self.objective, self.model = objective, model

    def forward(
        self, x: Tensor, labels: Tensor | None, factors: Tensor | None, player: str, generator: Generator
    ) -> dict[str, Tensor]:
        return self.objective.losses(self.model, Batch(x, labels, factors), player, generator=generator)


class _Run:
    """Everything that moves during a run: network, optimisers, chance, step and log."""

    def __init__(
        self,
        recipe: Recipe,
        objective: Objective,
        split: Split,
        model: nn.Module,
        fabric: Fabric,
        state: State,
        best: BestEpoch | None,
    ) -> None:
        self.recipe, self.objective, self.split, self.fabric = recipe, objective, split, fabric
        self.state, self.best = state, best
        self.frozen_steps = 0 if state.start is None else recipe.frozen_steps
        self.rates: Mapping[str, float] = getattr(objective, "rates", {})
        self.lazy: Mapping[str, Lazy] = getattr(objective, "lazy", {})
        self.before_update = getattr(objective, "before_update", None)
        self.after_update = getattr(objective, "after_update", None)
        self.steps_per_epoch = math.ceil(len(split) / recipe.batch_size)
        model.to(memory_format=torch.channels_last)
        self.model = model.train()
        self.game = fabric.setup_module(_Game(objective, self.model))
        self.parameters = {p: list(objective.parameters(self.model, p)) for p in objective.players}
        learners = [p for p in objective.players if p not in self.lazy]
        self.rows = {p: recipe.optimiser.slowed(self._share(p)) for p in learners}
        self.optimisers = {p: fabric.setup_optimizers(self.rows[p].build(self.parameters[p])) for p in learners}
        # Dropout draws from torch's default generator, which takes no argument; `fit` has forked it.
        torch.default_generator.manual_seed(recipe.seed)
        self.noise = torch.Generator().manual_seed(recipe.seed + 1)
        self.step = self.state.restore(self.model, self.optimisers, self.noise, self.best)
        if self.step < self.frozen_steps:
            self._freeze()
        self.log = Log(state.path.with_name("log.csv"), from_step=self.step)
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.long)

    def go(
        self,
        on_progress: Callable[[Progress], None] | None,
        report_every: int,
        save_every_s: float,
        stop_after: int | None,
        watch: _Watch,
    ) -> None:
        last = min(self.recipe.steps, stop_after or self.recipe.steps)
        reported, since, saved = self.step, time.monotonic(), time.monotonic()
        sums: dict[str, tuple[Tensor, int]] = {}
        while self.step < last:
            for name, value in self._update().items():
                total, count = sums.get(name, (torch.zeros_like(value), 0))
                sums[name] = total + value, count + 1
            self.step += 1
            if self.best is not None and (self.step % self.steps_per_epoch == 0 or self.step == self.recipe.steps):
                self.best.look(self.step, self.objective, self.model, self.fabric)
            if self.step % report_every and self.step != last:
                continue
            terms = {name: float(total) / count for name, (total, count) in sums.items()}
            self._check(terms)
            rate = (self.step - reported) / (time.monotonic() - since)
            terms |= watch.look(self.model, reported, self.step)
            self.log.write(self.step, terms)
            if on_progress:
                left = (self.recipe.steps - self.step) / rate
                on_progress(Progress(self.step, self.recipe.steps, terms, rate, left))
            if time.monotonic() - saved > save_every_s or self.step == last:
                self.state.save(self.step, self.model, self.optimisers, self.noise, self.best)
                saved = time.monotonic()
            reported, since, sums = self.step, time.monotonic(), {}
        if self.best is not None and self.step == self.recipe.steps:
            self.model.load_state_dict(self.best.weights)

    def _update(self) -> dict[str, Tensor]:
        if self.step == self.frozen_steps > 0:
            self._thaw()
        batch = self.split.batch(self._indices())
        tensors = self.fabric.to_device((batch.x, batch.labels, batch.factors))
        logged: dict[str, Tensor] = {}
        for player in self._playing():
            self._only(player)
            learner = self.lazy[player].of if player in self.lazy else player
            optimiser: Any = self.optimisers[learner]  # Fabric's wrapper of one torch optimiser
            rate = self.rows[learner].rate(self.step, steps=self.recipe.steps, steps_per_epoch=self.steps_per_epoch)
            for group in optimiser.param_groups:
                group["lr"] = rate * self.rates.get(learner, 1.0)
            optimiser.zero_grad()
            losses = self.game(*tensors, player, self.noise)
            self.fabric.backward(losses["loss"])
            if self.before_update:
                self.before_update(self.parameters[player])
            optimiser.step()
            one = len(self.objective.players) == 1
            logged |= {name if one or name != "loss" else f"{player} loss": v.detach() for name, v in losses.items()}
        if self.after_update:
            self.after_update(self.model, Batch(*tensors))
        return logged

    def _playing(self) -> list[str]:
        """Who plays in this update: lazy players now and then."""
        return [p for p in self.objective.players if p not in self.lazy or self.step % self.lazy[p].every == 0]

    def _share(self, player: str) -> float:
        """Steps that are the player's own among all its optimiser makes."""
        intervals = [lazy.every for name, lazy in self.lazy.items() if lazy.of == player]
        return math.prod(every / (every + 1) for every in intervals)

    def _freeze(self) -> None:
        """Leaves the head alone to learn; batch norm keeps its statistics."""
        self.model.eval().requires_grad_(False)
        self.model.head.requires_grad_(True)  # a classifier's last layer

    def _thaw(self) -> None:
        """Lets everything learn, with an optimiser that remembers nothing."""
        self.model.train().requires_grad_(True)
        optimiser: Any  # Fabric's wrapper of one torch optimiser
        for optimiser in self.optimisers.values():
            optimiser.optimizer.state.clear()

    def _only(self, player: str) -> None:
        if len(self.objective.players) > 1:
            self.model.requires_grad_(False)
            for parameter in self.parameters[player]:
                parameter.requires_grad_(True)

    def _indices(self) -> Tensor:
        epoch, place = divmod(self.step, self.steps_per_epoch)
        if epoch != self._epoch:  # an epoch's order follows from seed and epoch alone, so resuming needs no history
            order = torch.Generator().manual_seed(self.recipe.seed * 1_000_003 + epoch)
            self._epoch, self._order = epoch, torch.randperm(len(self.split), generator=order)
        return self._order[place * self.recipe.batch_size : (place + 1) * self.recipe.batch_size]

    def _check(self, terms: dict[str, float]) -> None:
        bad = [name for name, value in terms.items() if not math.isfinite(value)]
        if bad:
            raise TrainingDivergedError(
                f"{self.recipe.id}: {', '.join(bad)} is not finite at step {self.step}. "
                "Lower the learning rate (--set optimiser.lr=...) or change the seed, and start again."
            )
