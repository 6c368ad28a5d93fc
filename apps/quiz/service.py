"""What the participant's page asks for: a study's welcome, the step to show, an answer to keep."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from apps import fields as read
from apps.quiz.blind_files import BlindFiles
from apps.quiz.pages import explained, page, solved_when
from apps.quiz.shelf import Listed, StudyShelf
from apps.refusals import BusyError, NotFoundError, RefusedError
from apps.shelf import Shelf
from engine.study.response import Response
from engine.study.steps import Choice, Plan, Reconstruction, Step

if TYPE_CHECKING:
    from engine.interfaces import LatentModel
    from engine.study.design import Study
    from engine.study.matching.judging import Judged
    from engine.study.store import Store

_LOG = logging.getLogger(__name__)
ROUNDING = 0.02  # what page and server may differ by in an agreement: a grey level here and there
MOST_JUDGED = 2000  # pictures drawn for one answer: minutes of a hand that outruns its pictures
LATEST_MS = 8.64e15  # the last day of JavaScript's calendar
Fields = Mapping[str, Any]


@dataclass(eq=False)
class Quiz:
    """Answers for one server; safe to use from many threads.

    Attributes:
        shelf: The models of this process.
        studies: The studies that can be taken part in.
        files: Decoders as files for the page, under names that tell nothing.
    """

    shelf: Shelf
    studies: StudyShelf
    files: BlindFiles = field(default_factory=BlindFiles)
    _store: Store | None = None

    @property
    def store(self) -> Store:
        """The study store, opened when first asked for."""
        from apps.study_store import study_store

        self._store = self._store or study_store()  # one a process, whoever asks first
        return self._store

    def listing(self) -> list[dict[str, Any]]:
        """All studies, JSON-able, with how many have taken part."""
        with _in_words():
            known = self.store.studies()
        began: dict[str, int] = {}
        for one in known:
            began[one.study.name] = began.get(one.study.name, 0) + one.sessions
        return [_listed(one, began.get(one.name, 0)) for one in self.studies.entries()]

    def welcome(self, name: str) -> dict[str, Any]:
        """What is said before a session begins: {title, parts, questions in all, most: whether some get fewer}.

        Raises:
            NotFoundError: If there is no such study.
        """
        from engine.study.sessions.planning import num_questions

        study = self.studies.get(name)
        parts = study.models_each or len(study.models)
        each = {num_questions(study, task, self._model(study.models[0])) for task in study.tasks}
        return {"title": study.title, "parts": parts, "questions": parts * max(each), "most": len(each) > 1}

    def begin(self, fields: Fields, arrived_ms: float) -> dict[str, Any]:
        """Begins a session of {study, key, clock_ms}; its first step and its token. The same key begins it once.

        Args:
            fields: As the page sent them.
            arrived_ms: When they came, by this server's clock.
        """
        from engine.study.sessions.planning import plan

        study = self.studies.get(read.text(fields, "study"))
        models = {name: self._model(name) for name in study.models}
        for model in models.values():
            self._goal(study, model)
        key = read.text(fields, "key")
        with _in_words():
            session = self.store.begin(
                study, lambda number: plan(study, models, number), _clock(fields), key=key, arrived_ms=arrived_ms
            )
        return {"token": session.token, **self.state(session.token)}

    def resume(self, fields: Fields) -> dict[str, Any]:
        """The step at which a {session} goes on.

        Raises:
            NotFoundError: If there is no such session, or it was withdrawn.
        """
        return self.state(read.text(fields, "session"))

    def save(self, fields: Fields, arrived_ms: float) -> dict[str, Any]:
        """Keeps an answer: {saved, feedback of a choice or None, and the next step as in `resume`}.

        Args:
            fields: A response as the page makes it, with `clock_ms`; agreements it could not draw are null.
            arrived_ms: When it came, by this server's clock: a wait for its turn is no difference of clocks.
        """
        from engine.study.store import read_response

        body = dict(fields)
        clock = _clock(fields)
        body.pop("clock_ms", None)
        token = read.text(fields, "session")
        step, study = self._asked(token, fields)
        body["history"] = {} if body.get("history") is None else body["history"]
        gaps = _gaps(body) if isinstance(step, Reconstruction) else []
        with _in_words():
            response = read_response(body)
        if isinstance(step, Reconstruction):
            response = self._judged(self._filled(response, gaps, step, study), step, study)
        with _in_words():
            saved = self.store.save(response, clock, arrived_ms=arrived_ms)
        feedback = _feedback(response, step, study)
        return {"saved": saved, "feedback": feedback, **self.state(token)}

    def panel(self, fields: Fields) -> dict[str, Any]:
        """Another panel of a choice: {session, step, number} in, {columns, rows} out."""
        step, study = self._asked(read.text(fields, "session"), fields)
        number = read.whole(fields, "number", 0, 10_000)
        made = explained(step, self._model(step.model), number, study.range) if isinstance(step, Choice) else None
        if made is None:
            raise RefusedError("This question has no panel.")
        return made

    def decoder(self, name: str) -> LatentModel:
        """The model behind the name `<token>.<stage>` that pages use: it does not tell which model it is.

        Raises:
            NotFoundError: If there is none.
        """
        token, _, stage = name.rpartition(".")
        models = self._plan(token).models
        if not stage.isdecimal() or int(stage) >= len(models):
            raise NotFoundError("There is no such picture; reload the page.")
        return self._model(models[int(stage)])

    def state(self, token: str) -> dict[str, Any]:
        """Where a session stands, JSON-able: its step's page, or the completion code.

        Raises:
            NotFoundError: If there is no such session, or it was withdrawn.
        """
        plan = self._plan(token)
        with _in_words():
            head, confirmed = self.store.head(token), self.store.confirmed(token)
            study = self.store.study(head.study, head.version)
        at = next((at for at in range(len(plan.steps)) if at not in confirmed), None)
        facts = {"title": study.title, "progress": len(confirmed) / max(1, len(plan.steps))}
        if at is None:
            return {**facts, "done": True, "code": head.completion_code}
        step = plan.steps[at]
        view = page(step, study, self._model, f"{token}.{getattr(step, 'stage', None) or 0}")
        decoders = {f"{token}.{stage}": self.files.name(self._model(name)) for stage, name in enumerate(plan.models)}
        facts = {**facts, **_place(step, plan.steps), "stages": len(plan.models), "decoders": decoders}
        return {**facts, "done": False, "step": at, "view": view}

    def _asked(self, token: str, fields: Fields) -> tuple[Step, Study]:
        """The step that a request is about, and the study as it was when the session began."""
        plan = self._plan(token)
        at = read.whole(fields, "step", 0, len(plan.steps) - 1)
        with _in_words():
            head = self.store.head(token)
            return plan.steps[at], self.store.study(head.study, head.version)

    def _plan(self, token: str) -> Plan:
        with _in_words():
            return self.store.plan(token)

    def _goal(self, study: Study, model: LatentModel) -> None:
        """Finds out when its questions are solved, before anybody is asked one."""
        try:
            solved_when(study.goal, model)
        except (KeyError, ValueError) as error:
            _LOG.exception("The study %s cannot be begun", study.name)
            raise RefusedError("This study cannot be begun; its owner finds the reason in the server's log.") from error

    def _model(self, name: str) -> LatentModel:
        """A model, or words that do not name it: participants must not learn which one it is."""
        try:
            model: LatentModel = self.shelf.latent_model(name)
            return model
        except BusyError:
            raise
        except Exception as error:
            _LOG.exception("A study asked for the model %s, which cannot be had", name)
            text = "The study is interrupted: its server cannot draw these pictures now. Your answers are kept; tell "
            raise RefusedError(f"{text}whoever invited you, and come back to this page later.") from error

    def _filled(self, response: Response, gaps: list[int], step: Reconstruction, study: Study) -> Response:
        """The answer with the agreements of pictures that were never drawn: judged here, the first of them.

        What is beyond `MOST_JUDGED` keeps what was on the screen before it.

        Raises:
            RefusedError: If the history's codes are none of this model's.
        """
        from engine.study.measuring.whole_codes import whole_codes

        history, judged_here = response.history, set(gaps[:MOST_JUDGED])
        try:  # through all of them: a history whose codes do not come back must not be kept
            codes = whole_codes(step.start, history, self._model(step.model).axes)
            missing = [code.tolist() for at, code in enumerate(codes) if at in judged_here]
        except ValueError as error:
            raise RefusedError(str(error)) from error
        if not missing:
            return response
        judged = self._judge([read.numbers({"code": code}, "code", len(step.start)) for code in missing], step, study)
        agreement, errors = list(history.agreement), list(history.error)
        for at, one, other in zip(gaps, judged.agreement, judged.error, strict=False):
            agreement[at], errors[at] = one, other
        for at in gaps[MOST_JUDGED:]:
            agreement[at], errors[at] = agreement[at - 1], errors[at - 1]
        return replace(response, history=replace(history, agreement=tuple(agreement), error=tuple(errors)))

    def _judged(self, response: Response, step: Reconstruction, study: Study) -> Response:
        """The answer with the server's own agreement, which decides whether it is solved.

        Raises:
            RefusedError: If the page says solved and it is far from that.
        """
        code = read.numbers(response.answer, "code", len(step.start))
        judged = self._judge([code], step, study)
        agreement, error = judged.agreement[0], judged.error[0]
        reached_at = solved_when(study.goal, self._model(step.model)).reached_at
        if response.outcome == "solved" and agreement < reached_at - ROUNDING:
            raise RefusedError("This answer does not match its target; reload the page and try again.")
        return replace(response, answer={"code": code, "agreement": agreement, "error": error})

    def _judge(self, codes: list[list[float]], step: Reconstruction, study: Study) -> Judged:
        from engine.study.matching.judging import judge

        model = self._model(step.model)
        return judge(model, solved_when(study.goal, model).agreement, step.target, codes)


def _gaps(body: dict[str, Any]) -> list[int]:
    """Which agreements of a history the page could not know; with their errors they become 0 until they are judged."""
    history = body["history"]
    agreement, error = (history.get(name) if isinstance(history, Mapping) else None for name in ("agreement", "error"))
    if not isinstance(agreement, list) or not isinstance(error, list) or len(agreement) != len(error):
        return []
    gaps = [at for at, value in enumerate(agreement) if value is None]
    agreement, error = list(agreement), list(error)
    for at in gaps:
        agreement[at] = error[at] = 0.0
    body["history"] = {**history, "agreement": agreement, "error": error}
    return gaps


def _listed(listed: Listed, participants: int) -> dict[str, Any]:
    study = listed.study
    if study is None:
        return {"name": listed.name, "problem": listed.problem}
    # How many models, not which: a participant may look here, too.
    facts = {"title": study.title, "models": len(study.models), "tasks": study.tasks, "questions": study.questions}
    return {"name": listed.name, **facts, "participants": participants, "own": listed.own, "problem": None}


@contextmanager
def _in_words() -> Iterator[None]:
    """The store's errors as what they mean for the page: a no for good, or one that passes."""
    from engine.study.store import ResponseError, StoreError, UnknownSessionError

    try:
        yield
    except UnknownSessionError as error:
        raise NotFoundError(str(error)) from error
    except ResponseError as error:
        raise RefusedError(str(error)) from error
    except StoreError as error:
        _LOG.exception("The study store failed")
        raise BusyError("The answers cannot be stored at this moment.") from error  # the page keeps them and asks again


def _place(step: Step, steps: tuple[Step, ...]) -> dict[str, Any]:
    """Where a step is in its stage, for the page's head."""
    stage, question = getattr(step, "stage", None), getattr(step, "question", None)
    alike = [one for one in steps if isinstance(one, Reconstruction | Choice) and one.stage == stage]
    return {"stage": stage, "question": question, "questions": len(alike)}


def _feedback(response: Response, step: Step, study: Study) -> dict[str, Any] | None:
    if not isinstance(step, Choice) or not study.feedback:
        return None
    return {"right": response.answer.get("option") == step.correct, "answer": step.options[step.correct]}


def _clock(fields: Fields) -> float:
    value = fields.get("clock_ms")
    if type(value) not in (int, float) or not abs(cast(float, value)) < LATEST_MS:  # false for NaN, too
        raise RefusedError("clock_ms should be the page's clock in milliseconds since 1970.")
    return float(cast(float, value))
