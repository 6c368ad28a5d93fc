"""Changes, hypotheses and their effects in words."""

from __future__ import annotations

import re

from engine.explain.hypotheses.card import Hypothesis
from engine.explain.hypotheses.change import Both, Change, Restyle, Shift, Single
from engine.explain.hypotheses.effects import Of

_PLAIN = re.compile(r"[\w.+/-]+")


def sentence(change: Change, effect: float, name: str, unit: str = "", *, of: Of = "effect") -> str:
    """What a change does: `Raising smile (direction) by 1.5 sd lowers P(young) by 0.12`.

    Args:
        change: The change.
        effect: Its mean effect, in the readout's unit.
        name: The readout for the eye, `P(young)`.
        unit: Of the readout, empty for a probability.
        of: Whether the effect is that of the change, or what a pair does beyond the sum of its two changes.
    """
    done, pair = doing(change), of == "interaction"
    if effect == 0:
        return f"{done}, {name} ends where the two effects add up to" if pair else f"{done} leaves {name} where it is"
    size = amount(abs(effect), unit)
    if size == amount(0.0, unit):  # rounded to nothing, and yet there may be no doubt about its direction
        size = f"less than {amount(0.1 if unit else 0.01, unit)}"
    if pair:
        return f"{done}, {name} ends {size} {'higher' if effect > 0 else 'lower'} than the two effects add up to"
    return f"{done} {'raises' if effect > 0 else 'lowers'} {name} by {size}"


def prediction(hypothesis: Hypothesis, name: str) -> str:
    """What a hypothesis says, without a size: `Raising smile (direction) by 1.5 sd lowers P(young)`."""
    up = hypothesis.sign > 0
    if hypothesis.of == "interaction":
        way = "higher" if up else "lower"
        return f"{doing(hypothesis.change)}, {name} ends {way} than the two effects add up to"
    return f"{doing(hypothesis.change)} {'raises' if up else 'lowers'} {name}"


def doing(change: Change) -> str:
    """What is done: `Raising Latent 2 by 1.5 sd`, `Switching the category from 3 to 8`."""
    if not isinstance(change, Both):
        words = _single(change)
    else:
        words = f"{_single(change.first)} and {_single(change.second)} together"
    return words[0].upper() + words[1:]


def amount(value: float, unit: str) -> str:
    """A difference with its unit: `0.12`, `3.2 years`."""
    return f"{value:z.1f} {unit}" if unit else f"{value:z.2f}"


def _single(change: Single) -> str:
    if isinstance(change, Shift):
        name = f"{change.axis} (direction)" if change.direction else change.axis
        return f"{'raising' if change.amplitude > 0 else 'lowering'} {name} by {abs(change.amplitude):g} sd"
    if isinstance(change, Restyle):
        if change.share == 1:
            return f"giving {_lower(change.slot)} {_quoted(change.label)}"
        return f"mixing {change.share:.0%} of {_quoted(change.label)} into {_lower(change.slot)}"
    start = "" if change.start is None else f"from {_quoted(change.start)} "
    return f"switching the {change.category.lower()} {start}to {_quoted(change.option)}"


def _lower(name: str) -> str:
    """A name within a sentence: `layers 1-4`; one of several capitals (`EYES`) stays."""
    return name[0].lower() + name[1:] if name[1:] == name[1:].lower() else name


def _quoted(option: str) -> str:
    """Of more than one word in quotes, so that a sentence can be read; a style's name is a phrase of its own."""
    plain = _PLAIN.fullmatch(option) or re.fullmatch(r"style \d+", option)
    return option if plain else f"“{option}”"
