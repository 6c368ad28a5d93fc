"""Sessions as rows of the CSV that jsPsych writes, so that scripts made for it read our studies."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from engine.study.response import History, Response
from engine.study.session import Session
from engine.study.steps import Choice, Consent, Practice, Questionnaire, Reconstruction, Step

# jsPsych's own columns first, then ours; a cell that does not apply is empty.
COLUMNS = (
    "trial_type",
    "trial_index",
    "time_elapsed",
    "rt",
    "internal_node_id",
    "subject",
    "response",
    "study",
    "session_number",
    "condition",
    "step",
    "stage",
    "question",
    "model",
    "outcome",
    "correct",
    "agreement",
    "error",
    "axis",
    "options",
    "start",
    "target",
    "code",
    "questionnaire",
    "decoder",
    "resumed",
    "finished",
    "history",
)


def jspsych_csv(sessions: Iterable[Session], *, histories: bool = False) -> str:
    """All sessions as one CSV table, one row a confirmed step, in the order of participants and steps.

    Args:
        sessions: Of one study or of several.
        histories: Whether the slider events are written too, as JSON in the column `history`.
    """
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    for session in sessions:
        writer.writerows(jspsych_rows(session, histories=histories))
    return file.getvalue()


def jspsych_rows(session: Session, *, histories: bool = False) -> list[dict[str, str | int | float]]:
    """One session's rows by column of `COLUMNS`; lists and mappings are JSON, times are milliseconds.

    The session's token, which opens it, is not among them; `time_elapsed` begins when the first step was shown.
    """
    responses = sorted(session.responses, key=lambda response: response.step)
    began = min((response.shown_ms for response in responses), default=0.0)
    rows = []
    for index, response in enumerate(responses):
        step = session.plan.steps[response.step]
        row: dict[str, Any] = {
            "trial_type": _trial_type(step),
            "trial_index": index,
            "time_elapsed": round(response.left_ms - began),
            "rt": round(response.duration_ms),
            "internal_node_id": f"0.0-{response.step}.0",
            "subject": session.participant,
            "response": _response(step, response),
            "study": session.study,
            "session_number": session.plan.number,
            "condition": session.plan.task,
            "step": response.step,
            "outcome": response.outcome,
            "decoder": response.decoder,
            "resumed": response.resumed,
            "finished": session.finished_ms is not None,
            **_about(step, response),
        }
        if histories and response.history.t_ms:
            row["history"] = _entries(response.history)
        rows.append({name: _cell(value) for name, value in row.items() if value is not None})
    return rows


def _trial_type(step: Step) -> str:
    match step:
        case Consent():
            return "html-button-response"
        case Practice():
            return "latent-practice"
        case Reconstruction():
            return "latent-reconstruction"
        case Choice():
            return "latent-choice"
        case Questionnaire():
            return "survey"


def _response(step: Step, response: Response) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(step, Consent):
        return 0  # the number of the only button
    return dict(response.answer)


def _about(step: Step, response: Response) -> Mapping[str, Any]:
    match step:
        case Reconstruction():
            return {
                "stage": step.stage,
                "question": step.question,
                "model": step.model,
                "correct": response.outcome == "solved",
                "agreement": response.answer.get("agreement"),
                "error": response.answer.get("error"),
                "start": step.start,
                "target": step.target,
                "code": response.answer.get("code"),
            }
        case Choice():
            return {
                "stage": step.stage,
                "question": step.question,
                "model": step.model,
                "correct": response.answer.get("option") == step.correct,
                "axis": step.axis,
                "options": step.options,
                "target": step.correct,
                "code": step.code,
            }
        case Questionnaire():
            return {"stage": step.stage, "questionnaire": step.name}
        case _:
            return {}


def _entries(history: History) -> list[dict[str, Any]]:
    names = ("t_ms", "code", "axis", "direction", "agreement", "error")
    columns = (getattr(history, name) for name in names)
    return [dict(zip(names, entry, strict=True)) for entry in zip(*columns, strict=True)]


def _cell(value: Any) -> str | int | float:  # noqa: ANN401 - any JSON value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
