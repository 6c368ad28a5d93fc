"""A target in words: `predicted`, a class by name or number, `A-B` for one class rather than another; and back."""

from __future__ import annotations

from collections.abc import Sequence

from engine.models.target import Target
from engine.registry import unknown

PREDICTED_WORD = "predicted"


def target_from(text: str, classes: Sequence[str], *, negated: bool = False) -> Target:
    """The target that a text names.

    Names win over numbers: of the classes 3 and 8, `8` is the second. Names may hold hyphens themselves; a text is cut
    into two classes where both sides are known.

    Args:
        text: `predicted`, a class's name (in any case) or number, or two of these with a hyphen.
        classes: Names of the model's outputs.
        negated: Whether what speaks against it is explained.

    Raises:
        ValueError: If it names no class, the same one twice, or may be cut in several ways.
    """
    one = _classes(text, classes)
    if one is not None:
        return Target(one, negated=negated)
    cuts = [place for place, letter in enumerate(text) if letter == "-"]
    sides = [(_classes(text[:cut], classes), _classes(text[cut + 1 :], classes)) for cut in cuts]
    pairs = [(first, second) for first, second in sides if first is not None and second]
    if len(pairs) > 1:
        raise ValueError(f"{text!r} may be cut at several hyphens; name the classes by their numbers, such as 0-1.")
    if not pairs:
        words = unknown("class", text, classes)
        raise ValueError(f"{words} Numbers from 0 to {len(classes) - 1}, {PREDICTED_WORD!r} and A-B work too.")
    first, second = pairs[0]
    if first == second:
        raise ValueError(f"The difference of a class with itself is always zero; got {text!r}. Name another class.")
    return Target(first, second, negated)


def target_words(target: Target, classes: Sequence[str]) -> str:
    """A target for the eye: `3`, `3 rather than 8`, `against 3`.

    Args:
        target: With one class for all pictures, or none.
        classes: Names of the model's outputs.
    """
    name = classes[target.classes[0]] if target.classes else "predicted class"
    words = f"{name} rather than {classes[target.against[0]]}" if target.against else name
    return f"against {words}" if target.negated else words


def _classes(text: str, classes: Sequence[str]) -> tuple[int, ...] | None:
    """() for the predicted class, (number,) of a class, None for what is neither."""
    text = text.strip()
    folded = [name.casefold() for name in classes]
    if text in classes:
        return (list(classes).index(text),)
    if text.casefold() == PREDICTED_WORD:
        return ()
    if folded.count(text.casefold()) == 1:
        return (folded.index(text.casefold()),)
    number = text.lstrip("0") or "0"
    short = bool(text) and len(number) <= len(str(len(classes)))  # Python refuses to read thousands of digits
    if short and number.isascii() and number.isdigit() and int(number) < len(classes):
        return (int(number),)
    return None
