"""Reading JSON that may be anything: every field is asked for by name, type and bounds, and errors tell the place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

MAX_TEXT = 300


class SavedError(ValueError):
    """A saved session cannot be read; the message says which field and why."""


class Fields:
    """One JSON object; what is not asked for is refused by `finish`.

    Args:
        value: Should be an object.
        place: Where it stands, such as `cards[3].result`.
    """

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, Mapping):
            raise SavedError(f"{place or 'The file'} should be an object; found {_shown(value)}.")
        self._rest: dict[str, Any] = dict(value)
        self.place = place

    def at(self, name: str) -> str:
        """The place of one of its fields."""
        return f"{self.place}.{name}" if self.place else name

    def text(self, name: str, *, options: Sequence[str] = ()) -> str:
        """A text, one of `options` where there are any."""
        value = self._take(name)
        fits = isinstance(value, str) and len(value) <= MAX_TEXT and (not options or value in options)
        what = f"one of {list(options)}" if options else f"a text of up to {MAX_TEXT} letters"
        return self._fit(name, value, fits, what)

    def texts(self, name: str, most: int) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(name)
        fits = isinstance(value, list) and len(value) <= most and all(_is_text(one) for one in value)
        return tuple(self._fit(name, value, fits, f"a list of up to {most} texts"))

    def yes(self, name: str) -> bool:
        """True or false."""
        value = self._take(name)
        return self._fit(name, value, isinstance(value, bool), "true or false")

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from low to high."""
        value = self._take(name)
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return self._fit(name, value, fits, f"a whole number from {low} to {high}")

    def number(self, name: str, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number from low to high."""
        value = self._take(name)
        return float(self._fit(name, value, _is_number(value) and low <= value <= high, _range(low, high)))

    def numbers(self, name: str, most: int) -> tuple[float, ...]:
        """A list of finite numbers."""
        value = self._take(name)
        fits = isinstance(value, list) and len(value) <= most and all(map(_is_number, value))
        return tuple(map(float, self._fit(name, value, fits, f"a list of up to {most} finite numbers")))

    def rows(self, name: str, most: int) -> list[Fields]:
        """A list of objects."""
        value = self._take(name)
        self._fit(name, value, isinstance(value, list) and len(value) <= most, f"a list of up to {most} objects")
        return [Fields(row, f"{self.at(name)}[{number}]") for number, row in enumerate(value)]

    def inner(self, name: str) -> Fields:
        """An object."""
        return Fields(self._take(name), self.at(name))

    def value(self, name: str) -> object:
        """Whatever stands there, for another reader."""
        return self._take(name)

    def missing(self, name: str) -> bool:
        """Whether a field is null; it then counts as asked for."""
        if self._rest.get(name, ...) is None:
            del self._rest[name]
            return True
        return False

    def finish(self) -> None:
        """Refuses what was not asked for."""
        if self._rest:
            raise SavedError(f"{self.place or 'The file'} has fields that are not known: {sorted(self._rest)[:6]}.")

    def _take(self, name: str) -> Any:  # noqa: ANN401 - a JSON value
        if name not in self._rest:
            raise SavedError(f"{self.place or 'The file'} lacks {name}.")
        return self._rest.pop(name)

    def _fit(self, name: str, value: Any, fits: bool, what: str) -> Any:  # noqa: ANN401 - a JSON value
        if not fits:
            raise SavedError(f"{self.at(name)} should be {what}; found {_shown(value)}.")
        return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT


def _range(low: float, high: float) -> str:
    return "a finite number" if math.isinf(low) and math.isinf(high) else f"a number from {low:g} to {high:g}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
