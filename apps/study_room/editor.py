"""Study files written in the app: what to begin with, what is wrong with a text, and saving it for participants."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.refusals import RefusedError
from apps.study_room.room import StudyRoom, in_words

if TYPE_CHECKING:
    from engine.study.design import Study, TaskName
    from engine.study.files.model_facts import ModelFacts
    from engine.study.files.study_problem import Problem

BLANK = "a blank file"
_FACTS_S = 10.0
_TEXT = """\
# docs/studies.md explains every field.
format: 1
name: my-study             # its place in the link
title: Pictures and dials  # participants read it: name no model
models:
  - dsprites/vae
  - dsprites/ae
tasks: [reconstruction]
order: balanced
questions: 5
consent: |
  Say who you are, what the study is for, and what you record.
after_model:
  - use: ease
contrasts:
  - {first: dsprites/vae, second: dsprites/ae, measure: completion}
"""


@dataclass(frozen=True)
class Checked:
    """What is known of a text.

    Attributes:
        study: The study; None if the text has problems.
        problems: What is wrong, in the order of the text.
    """

    study: Study | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Saved:
    """What saving a text did.

    Attributes:
        name: Of the study, and so of its file and its link.
        text: What it means, in a sentence or two.
        asked: Whether nothing was written, because another study would be replaced by it.
    """

    name: str
    text: str
    asked: bool = False


@dataclass(eq=False)
class Editor:
    """Edits the study folder of a room."""

    room: StudyRoom
    _facts: tuple[float, Mapping[str, ModelFacts]] | None = None
    _saving: threading.Lock = field(default_factory=threading.Lock)

    def templates(self) -> list[str]:
        """What to begin with: a blank file, the ready-made studies, this server's own."""
        from engine.study.files.ready_made import ready_made

        own = [one.name for one in self.room.studies.entries() if one.own]
        return [BLANK, *own, *(name for name in ready_made() if name not in own)]

    def text(self, template: str) -> str:
        """The text of one of `templates`.

        Raises:
            RefusedError: If there is none of that name.
        """
        from engine.study.files.ready_made import ready_made, ready_made_file

        if template == BLANK:
            return _TEXT
        if template not in self.templates():
            raise RefusedError(f"There is no study {template[:60]!r} to begin with.")
        found = [path for path in sorted(self.room.studies.folder().glob("*")) if template in (path.stem, _named(path))]
        if not found and template in ready_made():
            found = [ready_made_file(template)]
        with in_words():
            return found[0].read_text(encoding="utf-8", errors="replace") if found else _TEXT

    def check(self, text: str) -> Checked:
        """Reads a text and compares it with the catalogue."""
        from engine.study.files.study_file import parse_study
        from engine.study.files.study_problem import StudyFileError

        try:
            return Checked(parse_study(text, facts=self.facts()), ())
        except StudyFileError as error:
            return Checked(None, error.problems)

    def save(self, text: str, *, replacing: str = "", replace: bool = False) -> Saved:
        """Writes a text into the study folder, under the name it declares.

        Args:
            text: Of the file, comments and all.
            replacing: The study that it is a change of: its file is replaced without asking.
            replace: Whether any other study of that name is replaced, too.

        Raises:
            RefusedError: If the text has problems or cannot be written.
        """
        from engine.files import locked, write_atomically

        study = self.check(text).study
        if study is None:
            raise RefusedError("The file has problems; mend what is listed beside it first.")
        folder = self.room.studies.folder()
        path, content = folder / f"{study.name}.yaml", text.encode()
        with self._saving, in_words():
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder / ".studies.lock"):
                there = path.is_file() and path.read_bytes() != content
                if there and not replace and replacing != study.name:
                    words = f"There is a study “{study.name}” already. Replace its file, or change the name in yours."
                    return Saved(study.name, words, asked=True)
                self._refuse_twin(study, path.name)
                meaning = self._meaning(study)
                write_atomically(path, content)
        return Saved(study.name, meaning)

    def draft(
        self, *, title: str, models: Sequence[str], task: TaskName, questions: int, order: str, ease: bool
    ) -> str:
        """A study file from the commonest fields, each pair of models declared as a contrast.

        Raises:
            RefusedError: If they make no study; the message says why.
        """
        from engine.study.design import Contrast, Study
        from engine.study.files.study_file import write_study
        from engine.study.measuring.measures import PRIMARY
        from engine.study.questionnaires import EASE

        name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-") or "my-study"
        with in_words():
            return write_study(
                Study(
                    name=name,
                    title=title.strip(),
                    models=tuple(models),
                    tasks=(task,),
                    questions=questions,
                    order=order,  # type: ignore[arg-type] # write_study checks it
                    after_model=EASE if ease else (),
                    contrasts=tuple(
                        Contrast(first=first, second=second, measure=PRIMARY[task])
                        for first, second in itertools.combinations(models, 2)
                    ),
                )
            )

    def facts(self) -> Mapping[str, ModelFacts]:
        """What is known of the models of the catalogue, not older than ten seconds."""
        from engine.checkpoints import read_card
        from engine.study.files.model_facts import ModelFacts, facts_of

        now = time.monotonic()
        if self._facts is None or now - self._facts[0] > _FACTS_S:
            found = {
                entry.id: ModelFacts(kind=entry.kind, dataset=entry.dataset, error=entry.error)
                if entry.error
                else facts_of(read_card(entry.folder).config)
                for entry in self.room.shelf.entries()
            }
            self._facts = now, found
        return self._facts[1]

    def _refuse_twin(self, study: Study, file: str) -> None:
        for path in self.room.studies.folder().glob("*.*"):
            if path.name != file and path.suffix in (".yaml", ".yml", ".json") and _named(path) == study.name:
                raise RefusedError(f"{path.name} declares a study “{study.name}”, too; change the name in one of them.")

    def _meaning(self, study: Study) -> str:
        from engine.study.files.ready_made import ready_made

        stored = [one for one in self.room.store.studies() if one.study.name == study.name and one.sessions]
        if stored and study not in [one.study for one in stored]:
            newest, began = stored[-1].version, sum(one.sessions for one in stored)
            return (
                f"Saved as version {newest + 1}: {began} took part in “{study.name}” before this change. They keep "
                "their version, go on with it, and are analysed apart unless you ask for all together."
            )
        hides = " It stands before the ready-made study of this name." if study.name in ready_made() else ""
        return f"Saved. “{study.name}” can be taken part in at once.{hides}"


def _named(path: object) -> str | None:
    """The name that a study file declares; None if it cannot be read."""
    from engine.study.files.study_file import read_study
    from engine.study.files.study_problem import StudyFileError

    try:
        return read_study(str(path)).name
    except (OSError, StudyFileError):
        return None
