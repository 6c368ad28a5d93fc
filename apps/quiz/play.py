"""A round for fun: five questions about one model, nothing stored, and the simulated participant's try at the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from apps import fields as read
from apps.quiz.pages import explained, page, solved_when
from apps.refusals import RefusedError
from apps.shelf import Shelf
from engine.study.design import Study, TaskName
from engine.study.steps import Choice, Reconstruction

if TYPE_CHECKING:
    from engine.interfaces import LatentModel

QUESTIONS = 5
TASKS = get_args(TaskName)
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Play:
    """Answers for one server.

    Attributes:
        shelf: The models of this process.
    """

    shelf: Shelf

    def questions(self, fields: Fields) -> dict[str, Any]:
        """Questions of {model, task, seed}: {questions}, each as the participant's page shows it."""
        name, study, steps = self._drawn(fields)
        shown = [page(step, study, self.shelf.latent_model, name) for step in steps]
        for step, view in zip(steps, shown, strict=True):
            if isinstance(step, Choice):
                view["correct"] = step.correct
            else:
                view["goal"]["skip_after_s"] = 10.0  # a game should not hold anybody for long
        return {"questions": shown}

    def panel(self, fields: Fields) -> dict[str, Any]:
        """Another panel of {model, task, seed, question, number}: {columns, rows}."""
        name, study, steps = self._drawn(fields)
        step = steps[read.whole(fields, "question", 0, len(steps) - 1)]
        number = read.whole(fields, "number", 0, 10_000)
        made = explained(step, self.shelf.latent_model(name), number, study.range) if isinstance(step, Choice) else None
        if made is None:
            raise RefusedError("This question has no panel.")
        return made

    def bot(self, fields: Fields) -> dict[str, Any]:
        """What the simulated participant makes of the questions of {model, seed}: {solved, moves a solved one}."""
        from torch import Generator

        from engine.study.players.simulation import play_steps

        name, study, steps = self._drawn({**fields, "task": "reconstruction"})
        model = self.shelf.latent_model(name)
        asked = [step for step in steps if isinstance(step, Reconstruction)]
        generator = Generator().manual_seed(study.seed)
        played = play_steps(model, asked, solved_when(study.goal, model), generator=generator, span=study.range)
        return {"solved": int(played.solved.sum()), "moves": played.mean_moves}

    def _drawn(self, fields: Fields) -> tuple[str, Study, list[Reconstruction | Choice]]:
        from engine.study.sessions.planning import plan

        name = read.text(fields, "model")
        task = cast(TaskName, read.text(fields, "task", options=TASKS))
        seed = read.whole(fields, "seed", 0, 2**31)
        model: LatentModel = self.shelf.latent_model(name)
        study = Study(name="play", title="Play", models=(name,), tasks=(task,), questions=QUESTIONS, seed=seed,
                      practice=False)  # fmt: skip
        steps = plan(study, {name: model}, 0).steps
        return name, study, [step for step in steps if isinstance(step, Reconstruction | Choice)]
