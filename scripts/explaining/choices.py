"""What the command line asks for: classifiers, methods with their options, targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import engine
from engine.checkpoints import Entry
from engine.explain.heatmaps import HEATMAPS, Method, Option, build_method, options_of
from engine.interfaces import Space
from engine.registry import unknown

# The static part of the published system: its four methods, and where its options differ from the methods' own.
PUBLISHED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "integrated-gradients": {"steps": 200},
        "smoothgrad-squared": {"samples": 200, "noise": 0.225},
        "guided-backprop": {},
        "guided-grad-cam": {},
    }
)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_READ: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {"int": int, "float": float, "bool": lambda word: _TRUTH.get(word.lower(), word), "choice": str, "layer": str}
)


class UsageError(ValueError):
    """The call was wrong; the message says what and what to do."""


def classifiers(names: Sequence[str]) -> list[Entry]:
    """The catalogue's entries of these classifiers, each once.

    Raises:
        UsageError: If one is not there, is no classifier or is damaged, or none is named.
    """
    known = {entry.id: entry for entry in engine.catalog()}
    able = [entry.id for entry in known.values() if entry.kind == "classifier"]
    if not names:
        raise UsageError(f"Say which classifier is explained: --model ID, one of {able}.")
    for name in names:
        if name not in known:
            raise UsageError(f"{unknown('classifier', name, able)} --list shows all.")
        if known[name].error:
            raise UsageError(f"{name} cannot be loaded: {known[name].error}")
        if known[name].kind != "classifier":
            raise UsageError(f"{name} is no classifier; choose one of {able}.")
    return [known[name] for name in dict.fromkeys(names)]


def methods(names: Sequence[str], settings: Sequence[str], space: Space) -> tuple[Method, ...]:
    """Methods as this job runs them, each once, in the order given.

    Args:
        names: Names in `HEATMAPS`; none stands for the published four.
        settings: METHOD.OPTION=VALUE each.
        space: Of the classifier's pictures: the published baseline belongs to colour pictures.

    Raises:
        UsageError: If a method, an option or a value is not there.
    """
    chosen = {name: _starting(name, space) for name in (names or PUBLISHED)}
    for text in settings:
        name, option, value = _parts(text)
        if name not in chosen:
            among = f"{name} is not among the methods {list(chosen)}; add --method {name}"
            raise UsageError(f"--set {text}: {among if name in HEATMAPS else _no_method(name)}")
        known = {one.name: one for one in options_of(HEATMAPS[name])}
        if option not in known:
            raise UsageError(f"--set {text}: {name} has no option {option!r}; it has {list(known) or 'none'}.")
        chosen[name][option] = _value(text, known[option], value)
    return tuple(build_method(name, options) for name, options in chosen.items())


def _starting(name: str, space: Space) -> dict[str, Any]:
    if name not in HEATMAPS:
        raise UsageError(_no_method(name))
    colour = name == "integrated-gradients" and space.shape[0] == 3
    return {**PUBLISHED.get(name, {}), **({"baseline": "imagenet"} if colour else {})}


def _no_method(name: str) -> str:
    return f"{unknown('method', name, HEATMAPS)} --list shows all."


def _parts(text: str) -> tuple[str, str, str]:
    left, equals, value = text.partition("=")
    name, dot, option = left.strip().partition(".")
    if not (equals and dot and name and option):
        raise UsageError(f"--set takes METHOD.OPTION=VALUE, such as integrated-gradients.steps=50; got {text!r}.")
    return name, option, value.strip()


def _value(text: str, option: Option, value: str) -> Any:  # noqa: ANN401 - what the option's kind asks for
    try:
        found = _READ[option.kind](value)
    except ValueError:
        found = value  # which no number's option allows
    try:
        option.check(found)
    except ValueError as error:
        raise UsageError(f"--set {text}: {error}") from error
    return found
