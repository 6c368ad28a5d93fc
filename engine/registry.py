"""One registry: a name for a factory, filled on import and then only read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Registry(Generic[F]):
    """Files factories under names.

    Args:
        kind: What is filed, for messages: "model", "data set".
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._factories: dict[str, F] = {}

    def register(self, name: str) -> Callable[[F], F]:
        """Returns a decorator that files a factory under `name`.

        Raises:
            ValueError: If the name is taken.
        """

        def add(factory: F) -> F:
            if name in self._factories:
                raise ValueError(
                    f"{self.kind} {name!r} is taken by {self._factories[name]}; choose another name."
                )
            self._factories[name] = factory
            return factory

        return add

    def build(self, name: str, /, **options: Any) -> Any:  # noqa: ANN401 - what is built depends on the name
        """Calls the factory filed under `name`."""
        return self[name](**options)

    def __getitem__(self, name: str) -> F:
        if name not in self._factories:
            raise KeyError(unknown(self.kind, name, self._factories))
        return self._factories[name]

    def __contains__(self, name: object) -> bool:
        return name in self._factories

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._factories))

    def __len__(self) -> int:
        return len(self._factories)


def unknown(kind: str, name: str, known: Any) -> str:  # noqa: ANN401 - any iterable of names
    """The message for a name that is not known: names that are nearly it, else all there are."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=5, cutoff=0.5)
    if not near:
        return f"No {kind} {name!r}; choose one of {names}."
    *others, last = map(repr, near)
    return f"No {kind} {name!r}; did you mean {', '.join(others) + ' or ' if others else ''}{last}?"
