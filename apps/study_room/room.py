"""The owner's room: which studies there are, who took part, and each study's analysis, computed once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.quiz.shelf import StudyShelf
from apps.refusals import NotFoundError, RefusedError, told
from apps.shelf import Shelf
from apps.study_store import study_store

if TYPE_CHECKING:
    from engine.study.analysis import Analysis
    from engine.study.design import Study
    from engine.study.measuring.yardsticks import Yardstick, Yardsticks
    from engine.study.session import Session
    from engine.study.store import Store

KEPT = 4  # analyses in memory
Report = Callable[[float, str], object]


@dataclass(frozen=True)
class Row:
    """A study as the list shows it.

    Attributes:
        name: Its place in links.
        title: What participants read; empty where its file cannot be read.
        began: How many sessions began.
        finished: How many of them were finished.
        versions: How many versions of its file somebody took part in.
        own: Whether it is a file of this server; else it is ready-made, or only its answers are left.
        problem: What is wrong with its file; None if nothing is.
    """

    name: str
    title: str
    began: int
    finished: int
    versions: int
    own: bool
    problem: str | None


@dataclass(frozen=True, eq=False)
class Analysed:
    """A study's sessions with their analysis."""

    study: Study
    sessions: tuple[Session, ...]
    yardsticks: Yardsticks
    analysis: Analysis


@dataclass(eq=False)
class StudyRoom:
    """Answers for one server; safe to use from many threads. Who may ask is for the pages to decide (`apps.owner`).

    Attributes:
        shelf: The models of this process.
        studies: The study files of this server and the ready-made ones.
        open: Gives the store.
    """

    shelf: Shelf
    studies: StudyShelf = field(default_factory=StudyShelf)
    open: Callable[[], Store] = study_store
    _analysed: OrderedDict[Hashable, Analysed] = field(default_factory=OrderedDict)
    _read: tuple[Hashable, tuple[Session, ...]] | None = None
    _computing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def store(self) -> Store:
        """The study store.

        Raises:
            RefusedError: If it cannot be opened.
        """
        with in_words():
            return self.open()

    def listed(self) -> list[Row]:
        """All studies: those with sessions first, most of them first; then this server's own files, then the rest."""
        with in_words():
            stored = self.store.studies()
        files = {one.name: one for one in self.studies.entries()}
        rows = []
        for name in dict.fromkeys([one.study.name for one in stored] + list(files)):
            versions = [one for one in stored if one.study.name == name and one.sessions]
            file = files.get(name)
            study = (file and file.study) or (versions[-1].study if versions else None)
            rows.append(
                Row(
                    name=name,
                    title=study.title if study else "",
                    began=sum(one.sessions for one in versions),
                    finished=sum(one.finished for one in versions),
                    versions=len(versions),
                    own=bool(file and file.own),
                    problem=file.problem if file else None,
                )
            )
        return sorted(rows, key=lambda row: (-row.began, not row.own, row.name))

    def versions(self, name: str) -> list[tuple[int, int]]:
        """The versions of a study that somebody took part in, with their sessions, newest first."""
        with in_words():
            found = [(one.version, one.sessions) for one in self.store.studies() if one.study.name == name]
        return [(version, sessions) for version, sessions in reversed(found) if sessions]

    def sessions(self, name: str) -> tuple[Session, ...]:
        """All sessions of a study, every version; read anew when they have changed."""
        with in_words():
            key = (name, self.store.mark(name))
            kept = self._read
            if kept is None or kept[0] != key:
                self._read = kept = (key, tuple(self.store.sessions(name)))
            return kept[1]

    def declared(self, name: str, version: int | None = None) -> Study:
        """What a study says: the version that was taken part in, else its file.

        Raises:
            NotFoundError: If there is no such study.
            RefusedError: If its file is not valid.
        """
        if version is None and not self.versions(name):
            return self.studies.get(name)
        with in_words():
            return self.store.study(name, version)

    def analysed(self, name: str, version: int | None = None, *, report: Report | None = None) -> Analysed:
        """The analysis of a study, computed when its answers have changed since.

        Args:
            name: Of the study.
            version: Only the sessions of this version of its file; None: all, judged by the newest.
            report: Told how far it is: a share in [0, 1] and what comes next.

        Raises:
            NotFoundError: If there is no such study.
            RefusedError: If it cannot be analysed; the message says why.
        """
        study = self.declared(name, version)
        with in_words():
            key = (name, version, study, self.store.mark(name))
        with self._computing:  # one at a time: the second to ask for the same finds it made
            if key not in self._analysed:
                sessions = tuple(one for one in self.sessions(name) if version in (None, one.version))
                self._analysed[key] = analysed(study, sessions, self.yardsticks(study, report), report=report)
                while len(self._analysed) > KEPT:
                    self._analysed.popitem(last=False)
            self._analysed.move_to_end(key)
            return self._analysed[key]

    def forget(self) -> None:
        """Keeps nothing in memory: everything is read and computed anew when it is next asked for."""
        with self._computing:
            self._analysed.clear()
            self._read = None

    def yardsticks(self, study: Study, report: Report | None = None) -> dict[str, Yardstick]:
        """Of those models of a study that can be loaded; the analysis says which are missing."""
        from engine.study.measuring.yardsticks import yardstick

        found = {}
        for number, model in enumerate(study.models):
            if report:
                report(0.3 * number / len(study.models), f"Loading {model}")
            try:
                found[model] = yardstick(self.shelf.latent_model(model), study)
            except Exception as error:
                told(error)  # logs what nobody foresaw
        return found

    def session(self, name: str, participant: str) -> Session:
        """One participant's session.

        Raises:
            NotFoundError: If nobody of that name took part.
        """
        found = next((one for one in self.sessions(name) if one.participant == participant), None)
        if found is None:
            raise NotFoundError(f"{participant[:40] or 'Nobody'} is not among this study's participants any more.")
        return found

    def withdraw(self, name: str, participant: str) -> str:
        """Deletes all of one participant; says what that did.

        Raises:
            NotFoundError: If nobody of that name took part.
        """
        session = self.session(name, participant)
        with in_words():
            gone = self.store.withdraw(session.token)
        self.forget()
        count = len(session.responses)
        text = f"{participant} was withdrawn: {count} {'answer' if count == 1 else 'answers'} deleted."
        copy = " The copy on the Hub cannot be reached now; it is asked again until it has forgotten them, too."
        return text if gone else text + copy


def analysed(
    study: Study, sessions: tuple[Session, ...], yardsticks: Yardsticks, *, report: Report | None = None
) -> Analysed:
    """Analyses sessions, stored or not.

    Raises:
        RefusedError: If they do not belong to the study.
    """
    from engine.study.analysis import analyse

    if report:
        report(0.3, f"Analysing {len(sessions)} sessions")
    with in_words():
        return Analysed(study, sessions, yardsticks, analyse(study, sessions, yardsticks))


@contextmanager
def in_words() -> Iterator[None]:
    """Errors of store, study files and analysis as what a page says."""
    from engine.study.store import StoreError, UnknownSessionError, UnknownStudyError

    try:
        yield
    except (UnknownSessionError, UnknownStudyError) as error:
        raise NotFoundError(str(error)) from error
    except (StoreError, ValueError, OSError) as error:
        raise RefusedError(str(error)) from error
