"""A study's participants: a table of all, what withdrawing one does, and any of their answers played again."""

from __future__ import annotations

import base64
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from apps.refusals import RefusedError
from apps.study_room.room import StudyRoom, in_words

if TYPE_CHECKING:
    from engine.figures.study_replay import Replay
    from engine.interfaces import LatentModel
    from engine.study.session import Session
    from engine.study.steps import Reconstruction

_COLUMNS = (
    ("Participant", "The name in exports; it does not lead back to a person", False),
    ("Task", "The participant's condition", False),
    ("Steps", "Confirmed, of all there are", True),
    ("Solved", "Reconstructions solved, of those answered", True),
    ("Began", "The server's clock, UTC", False),
    ("Minutes", "From the beginning to the end, or to the last answer", True),
    ("Version", "Of the study's file", True),
    ("Left out", "Which of the study's rules for exclusion apply", False),
)


def table(room: StudyRoom, name: str, selected: str = "") -> dict[str, Any]:
    """All participants of a study as `page/table.js` draws them."""
    from engine.study.analysis import exclusions

    sessions = room.sessions(name)
    why: dict[str, list[str]] = {}
    if sessions:
        for reason in exclusions(room.declared(name), sessions):
            why.setdefault(reason.participant, []).append(reason.reason)
    columns = [{"key": title, "title": title, "tip": tip, "numeric": numeric} for title, tip, numeric in _COLUMNS]
    rows = [
        {
            "id": one.participant,
            "selected": one.participant == selected,
            "error": None,
            "cells": _cells(one, why.get(one.participant, [])),
        }
        for one in sessions
    ]
    key = "Choose a participant to replay or to withdraw." if rows else "Nobody has taken part yet."
    return {"label": "Participants", "key": key, "columns": columns, "rows": rows}


def consequences(session: Session) -> str:
    """What withdrawing a participant would do, in a sentence or two."""
    from engine import settings

    copy = f" and from the copy in {settings.studies_repository()} on the Hub" if settings.studies_repository() else ""
    return (
        f"Withdraw {session.participant}? All {len(session.responses)} answers of this participant are deleted from "
        f"this server's store{copy}, and the results are computed without them. This cannot be undone. Files that were "
        "exported before still hold them."
    )


def replayable(session: Session) -> list[tuple[str, int]]:
    """The answers that can be played again: (what it was, number of the step)."""
    from engine.study.steps import Reconstruction

    return [
        (f"{_place(step)}  {step.model}, {one.outcome} in {one.duration_ms / 1000:.0f} s", one.step)
        for one in session.responses
        if isinstance(step := session.plan.steps[one.step], Reconstruction) and one.history.t_ms
    ]


def replay(room: StudyRoom, session: Session, step: int) -> dict[str, Any]:
    """One answer as `page/study_replay.js` plays it: frames by code, the target's picture, what counted as solved.

    Raises:
        RefusedError: If the step has nothing to play.
        UnknownModelError: If the catalogue has its model no more.
    """
    import torch

    from engine.images import to_uint8
    from engine.study.matching.goals import resolve

    shown, model = _replay(room, session, step)
    goal = resolve(room.declared(session.study, session.version).goal, model)
    device = getattr(model, "device", "cpu")
    with torch.inference_mode():
        x = model.decode(torch.tensor([shown.target], device=device)).float().cpu()
    pixels = x.numpy().astype("<f4")[0] if model.space.kind == "series" else to_uint8(x)[0]
    space = model.space
    return {
        **asdict(shown),
        "participant": session.participant,
        "step": step,
        "threshold": goal.threshold,
        "dials": [axis.name for axis in model.axes],
        "space": {"kind": space.kind, "shape": space.shape, "grid": space.grid, "limits": space.limits},
        "display": {
            "overlay": space.kind == "series",
            "rounded": goal.agreement.name == "intersection",
            "width": getattr(goal.agreement, "width", None),
            "pixels": 192,
            "words": ["Participant's", "Participant's and the target, one over the other"],
        },
        "drawn": {"shape": list(pixels.shape), "data": base64.b64encode(pixels.tobytes()).decode("ascii")},
    }


def film(room: StudyRoom, session: Session, step: int) -> tuple[str, bytes]:
    """One answer as an animated GIF: a file name and its bytes; errors as `replay`."""
    from engine.figures.study_replay import replay_film

    shown, model = _replay(room, session, step)
    asked = session.plan.steps[step]
    name = f"{session.study}_{session.participant}_{_place(asked)}.gif"  # type: ignore[arg-type] # replays are of these
    return name, replay_film(model, shown)


def _replay(room: StudyRoom, session: Session, step: int) -> tuple[Replay, LatentModel]:
    """An answer as frames, and the model that draws them."""
    from engine.figures.study_replay import replay as frames
    from engine.figures.study_replay import replayed

    with in_words():
        asked, _ = replayed(session, step)
    model = room.shelf.latent_model(asked.model)
    with in_words():
        return frames(session, step, model.axes), model


def _place(step: Reconstruction) -> str:
    return f"{step.stage + 1}.{step.question + 1}"


def _cells(session: Session, why: list[str]) -> list[dict[str, Any]]:
    done, steps = len(session.responses), len(session.plan.steps)
    answered = [one.outcome for one in session.responses if one.outcome in ("solved", "skipped")]
    solved = answered.count("solved")
    end = session.finished_ms or max((one.left_ms for one in session.responses), default=session.began_ms)
    minutes = max(0.0, (end - session.began_ms) / 60_000)
    began = datetime.fromtimestamp(session.began_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    return [
        _cell(session.participant, session.plan.number),
        _cell(session.plan.task),
        _cell(f"{done} / {steps}", done / max(1, steps), tone="good" if session.finished_ms else None),
        _cell(f"{solved} / {len(answered)}" if answered else "–", solved / len(answered) if answered else None),
        _cell(began, session.began_ms),
        _cell(f"{minutes:.1f}", minutes),
        _cell(str(session.version), session.version),
        _cell(_shortened(why), len(why), tip="; ".join(why)),
    ]


def _cell(text: str, sort: object = None, **more: object) -> dict[str, Any]:
    return {"text": text, "sort": text if sort is None else sort, **more}


def _shortened(why: list[str]) -> str:
    text = "; ".join(why)
    return text if len(text) <= 60 else f"{text[:59]}…"


def require(participant: str) -> str:
    """The participant that was chosen.

    Raises:
        RefusedError: If none was.
    """
    if not participant:
        raise RefusedError("Choose a participant in the table first.")
    return participant
