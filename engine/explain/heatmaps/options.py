"""Options of a method: typed fields with range, choices and a sentence, from which controls are drawn and checked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["int", "float", "bool", "choice", "layer"]


@dataclass(frozen=True, kw_only=True)
class Option:
    """What a control needs to know.

    Attributes:
        name: The field's name.
        kind: `int`, `float`, `bool`, one of `choices`, or the name of a `layer` (see `cam.feature_maps`).
        default: Where the control starts.
        help: One sentence for the user.
        low: Smallest allowed number.
        high: Largest allowed number.
        step: Distance of two positions of a slider; values between are allowed.
        choices: Allowed texts of a `choice`.
    """

    name: str
    kind: Kind
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: object) -> None:
        """Raises ValueError, in words, if a value is not allowed."""
        wanted = self._wanted()
        if self.kind == "bool":
            right = isinstance(value, bool)
        elif self.kind == "choice":
            right = value in self.choices
        elif self.kind == "layer":
            right = isinstance(value, str)
        else:
            right = _is_number(value, self.kind) and self.low <= value <= self.high  # type: ignore[operator]
        if not right:
            raise ValueError(f"{self.name} should be {wanted}; got {value!r}.")

    def _wanted(self) -> str:
        if self.kind == "choice":
            return f"one of {list(self.choices)}"
        if self.kind in ("bool", "layer"):
            return {"bool": "True or False", "layer": "the name of a layer, or '' for the last"}[self.kind]
        number = "a whole number" if self.kind == "int" else "a number"
        return f"{number} from {self.low:g} to {self.high:g}"


def option(
    default: Any,  # noqa: ANN401 - a number, a text or a truth value
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    choices: tuple[str, ...] = (),
    layer: bool = False,
) -> Any:  # noqa: ANN401 - dataclasses' own field
    """A field of a method; its kind follows from its default."""
    kind = "layer" if layer else "choice" if choices else type(default).__name__
    about = {"kind": kind, "help": help, "low": low, "high": high, "step": step, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata={"option": about})


def options_of(method: type[Any] | object) -> tuple[Option, ...]:
    """The options of a method, in the order to show."""
    return tuple(
        Option(name=field.name, default=field.default, **field.metadata["option"])
        for field in dataclasses.fields(method)  # type: ignore[arg-type]
        if "option" in field.metadata
    )


def check_options(method: object) -> None:
    """Raises ValueError if a field of a method is out of range."""
    for one in options_of(method):
        try:
            one.check(getattr(method, one.name))
        except ValueError as error:
            raise ValueError(f"{type(method).__name__}: {error}") from None


def values_of(method: object) -> Mapping[str, Any]:
    """The options of a method as plain values by name."""
    return {one.name: getattr(method, one.name) for one in options_of(method)}


def _is_number(value: object, kind: str) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or (kind == "float" and isinstance(value, float) and math.isfinite(value))
