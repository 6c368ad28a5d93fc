"""From sessions to tidy tables: every derived measure by question, by participant and model, and all ratings.

The measures are those of the interactive reconstruction study, Ross et al. (2021), https://arxiv.org/abs/2102.01264,
with two of its flaws mended: slide distance counts every dial, and the time of reaching the target is measured, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.study.design import TaskName
from engine.study.measuring import slides
from engine.study.measuring.yardsticks import Yardsticks
from engine.study.questionnaires import TASK_LOAD
from engine.study.response import Response
from engine.study.session import Session
from engine.study.steps import Choice, Questionnaire, Reconstruction

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Measure:
    """One derived measure, a column of the tables.

    Attributes:
        title: What people call it.
        unit: What it counts in; empty for a plain number.
        of: The questions it is measured on; a `rating` is given once a participant and model.
        definition: One sentence.
        share: Whether it is a share, drawn in per cent.
    """

    title: str
    unit: str
    of: Literal["reconstruction", "choice", "question", "rating"]
    definition: str
    share: bool = False


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "completion": Measure(
            "completion rate", "", "reconstruction", "Solved, out of all that were solved or skipped.", share=True
        ),
        "response_s": Measure(
            "response time", "s", "question", "From the question's appearance until it was left, solved or skipped."
        ),
        "active_s": Measure(
            "active time",
            "s",
            "reconstruction",
            "Sum of the gaps under 3 s between entries of the history, the first gap from the question's start.",
        ),
        "crossing_s": Measure(
            "time to target",
            "s",
            "reconstruction",
            "Until agreement first reached the threshold, in questions where it did.",
        ),
        "slide_distance": Measure(
            "slide distance",
            "slider lengths",
            "reconstruction",
            "Over all continuous dials, the sum of every move divided by the slider's span.",
        ),
        "category_changes": Measure(
            "category changes", "", "reconstruction", "How often another option of a category was taken."
        ),
        "error_auc": Measure(
            "error area",
            "error × s",
            "reconstruction",
            "Area under the summed squared error over time, which is constant between entries of the history.",
        ),
        "start_agreement": Measure(
            "agreement at the start", "", "reconstruction", "Before anything moved.", share=True
        ),
        "final_agreement": Measure(
            "agreement at the end", "", "reconstruction", "When the question was left.", share=True
        ),
        "final_error": Measure(
            "error at the end", "", "reconstruction", "Summed squared error when the question was left."
        ),
        "dial_switches": Measure(
            "switches of dial", "", "reconstruction", "How often another dial was taken than had moved last."
        ),
        "reversals": Measure(
            "reversals", "", "reconstruction", "How often the dial that had moved last was moved the other way."
        ),
        "correct": Measure("accuracy", "", "choice", "Answered rightly, out of all answered.", share=True),
        "confidence": Measure("confidence", "of 5", "choice", "“I am confident that I am right.”"),
        "sense": Measure("dial makes sense", "of 5", "choice", "“The dial makes sense.”"),
        "ease": Measure("difficulty", "of 7", "rating", "From 1, very easy, to 7, very difficult."),
        "task_load": Measure(
            "task load", "of 20", "rating", "Mean of the six unweighted NASA-TLX scales that were answered."
        ),
    }
)

PRIMARY: Mapping[TaskName, str] = MappingProxyType(
    {
        "reconstruction": "completion",
        "exemplars": "correct",
        "traversals": "correct",
        "samples": "correct",
        "none": "correct",
    }
)

_KEYS = ["participant", "number", "task", "model"]
_QUESTION = [*_KEYS, "stage", "question", "step", "outcome"]
_ON_QUESTIONS = [name for name, measure in MEASURES.items() if measure.of != "rating"]
_RATING = [*_KEYS, "stage", "questionnaire", "item", "answer", "value"]


def measured_in(task: TaskName, measure: str) -> bool:
    """Whether a task yields a measure: accuracy belongs to choices, slide distance to reconstructions."""
    of = MEASURES[measure].of
    return of in ("question", "rating") or of == ("reconstruction" if task == "reconstruction" else "choice")


def question_table(sessions: Sequence[Session], yardsticks: Yardsticks) -> pd.DataFrame:
    """One row a question that was answered: who, what, and the measures of `MEASURES` that are taken on questions.

    What a task does not yield is NaN, and so are measures of a history where there is none.

    Args:
        sessions: In any order; rows keep it.
        yardsticks: By model id; without its yardstick a model has neither slide distance nor time to target.
    """
    import pandas as pd

    rows = [
        (session, step, response)
        for session in sessions
        for response in session.responses
        if isinstance(step := session.plan.steps[response.step], Reconstruction | Choice)
    ]
    frame = pd.DataFrame([_question(*row) for row in rows], columns=[*_QUESTION, *_ON_QUESTIONS, "decoder", "resumed"])
    frame = frame.astype(dict.fromkeys(_ON_QUESTIONS, float))
    places = [k for k, (_, step, _) in enumerate(rows) if isinstance(step, Reconstruction)]
    steps = [step for _, step, _ in rows if isinstance(step, Reconstruction)]
    for name, values in _slid(steps, [rows[k][2] for k in places], yardsticks).items():
        frame.loc[places, name] = values
    return frame


def rating_table(sessions: Sequence[Session]) -> pd.DataFrame:
    """One row an answer to a questionnaire; `value` is a scale's number, `model` empty where none is asked about."""
    import pandas as pd

    return pd.DataFrame([row for session in sessions for row in _ratings(session)], columns=_RATING)


def participant_table(questions: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    """One row a participant and model: means over questions, how many there were, and the ratings of that model.

    Args:
        questions: Of `question_table`.
        ratings: Of `rating_table`.
    """
    groups = questions.groupby(_KEYS, sort=False)
    means = groups[_ON_QUESTIONS].mean()
    means.insert(0, "questions", groups.size())
    load = [item.name for item in TASK_LOAD]
    for name, items in (("ease", ["ease"]), ("task_load", load)):
        given = ratings[ratings["item"].isin(items) & (ratings["questionnaire"] == "after_model")]
        means[name] = given.astype({"value": float}).groupby(_KEYS)["value"].mean().reindex(means.index)
    return means.reset_index()


def _question(session: Session, step: Reconstruction | Choice, response: Response) -> dict[str, Any]:
    seconds = response.duration_ms / 1000
    row = {
        "participant": session.participant,
        "number": session.plan.number,
        "task": session.plan.task,
        "model": step.model,
        "stage": step.stage,
        "question": step.question,
        "step": response.step,
        "outcome": response.outcome,
        "response_s": seconds,
        "decoder": response.decoder,
        "resumed": response.resumed,
    }
    if isinstance(step, Reconstruction):
        return row | {
            "completion": float(response.outcome == "solved"),
            "final_agreement": _number(response.answer.get("agreement"), response.history.agreement),
            "final_error": _number(response.answer.get("error"), response.history.error),
        }
    answer = response.answer
    return row | {
        "correct": float(answer.get("option") == step.correct),
        "confidence": _number(answer.get("confidence")),
        "sense": _number(answer.get("sense")),
    }


def _slid(
    steps: Sequence[Reconstruction], responses: Sequence[Response], yardsticks: Yardsticks
) -> dict[str, slides.Floats]:
    seen = slides.events([response.history for response in responses])
    known = [yardsticks[step.model].reached_at if step.model in yardsticks else None for step in steps]
    reached_at = np.array([np.nan if value is None else value for value in known], dtype=np.float64)
    distance, changes = slides.travel(steps, responses, yardsticks)
    return {
        "active_s": slides.active_times_s(seen),
        "crossing_s": slides.crossings_s(seen, reached_at),
        "slide_distance": distance,
        "category_changes": changes,
        "error_auc": slides.error_areas(seen, np.array([response.duration_ms for response in responses])),
        "start_agreement": slides.start_agreements(seen),
        "dial_switches": slides.dial_switches(seen),
        "reversals": slides.reversals(seen),
    }


def _ratings(session: Session) -> list[dict[str, Any]]:
    rows = []
    for response in session.responses:
        step = session.plan.steps[response.step]
        if not isinstance(step, Questionnaire):
            continue
        scales = {item.name for item in step.items if item.kind == "scale"}
        model = "" if step.stage is None else session.plan.models[step.stage]
        rows += [
            {
                "participant": session.participant,
                "number": session.plan.number,
                "task": session.plan.task,
                "model": model,
                "stage": step.stage,
                "questionnaire": step.name,
                "item": item,
                "answer": answer,
                "value": _number(answer) if item in scales else np.nan,
            }
            for item, answer in response.answer.items()
        ]
    return rows


def _number(value: Any, otherwise: Sequence[float] = ()) -> float:  # noqa: ANN401 - an answer is JSON
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return float(otherwise[-1]) if otherwise else float("nan")
