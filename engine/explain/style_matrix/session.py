"""Work with a style matrix over time: the state now, those to go back and forward to, and those marked by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Concatenate, ParamSpec

from engine.explain.style_matrix.state import State

P = ParamSpec("P")

_REMEMBERED = 200  # states; older ones are forgotten
_LONGEST_NAME = 80
MOST_BOOKMARKS = 100


@dataclass(frozen=True)
class Bookmark:
    """A state with a name of 1 to 80 characters."""

    name: str
    state: State

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > _LONGEST_NAME:
            raise ValueError(f"A bookmark's name has 1 to {_LONGEST_NAME} characters; got {self.name[:100]!r}.")


@dataclass(frozen=True, kw_only=True)
class Session:
    """A state with its history; whatever is done makes a new session of it.

    Attributes:
        state: Now.
        past: States before, the latest last.
        future: States that were undone, the next one last.
        bookmarks: States to come back to.
    """

    state: State
    past: tuple[State, ...] = ()
    future: tuple[State, ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()

    def do(self, command: Callable[Concatenate[State, P], State], *args: P.args, **options: P.kwargs) -> Session:
        """The session after a command of `commands.py`; one that changes nothing leaves no trace."""
        return self.move_to(command(self.state, *args, **options))

    def move_to(self, state: State) -> Session:
        """The session after another state took the place of this one."""
        if state == self.state:
            return self
        return replace(self, state=state, past=(*self.past, self.state)[-_REMEMBERED:], future=())

    def undo(self) -> Session:
        """One step back; itself at the beginning."""
        if not self.past:
            return self
        return replace(self, state=self.past[-1], past=self.past[:-1], future=(*self.future, self.state))

    def redo(self) -> Session:
        """One step forward again; itself at the end."""
        if not self.future:
            return self
        return replace(self, state=self.future[-1], past=(*self.past, self.state), future=self.future[:-1])

    def bookmark(self, name: str) -> Session:
        """Marks this state; a name that is taken now means this one.

        Raises:
            ValueError: If the name is empty or too long, or there are too many.
        """
        others = tuple(mark for mark in self.bookmarks if mark.name != name)
        if len(others) >= MOST_BOOKMARKS:
            raise ValueError(f"There are {MOST_BOOKMARKS} bookmarks; delete one before you add another.")
        return replace(self, bookmarks=(*others, Bookmark(name, self.state)))

    def unbookmark(self, name: str) -> Session:
        """Forgets a bookmark."""
        self._marked(name)
        return replace(self, bookmarks=tuple(mark for mark in self.bookmarks if mark.name != name))

    def return_to(self, name: str) -> Session:
        """Goes to a bookmarked state, as one step that can be undone.

        Raises:
            ValueError: If there is none of that name.
        """
        return self.move_to(self._marked(name).state)

    def _marked(self, name: str) -> Bookmark:
        for mark in self.bookmarks:
            if mark.name == name:
                return mark
        raise ValueError(f"No bookmark {name!r}; there are {[mark.name for mark in self.bookmarks]}.")
