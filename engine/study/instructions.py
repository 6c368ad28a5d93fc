"""What participants read above the practice where a study has no text of its own, one for each task."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.study.design import TaskName

_ASKED = "Each question shows one picture. Say where the dial stood when it was drawn."
_AFTER = "Then say how sure you are, and whether the dial makes sense to you."

INSTRUCTIONS: Mapping[TaskName, str] = MappingProxyType(
    {
        "reconstruction": "\n\n".join(
            (
                "Every box below draws something, and its dials change what it draws. What a dial does is for you to "
                "find out.",
                "In each question you get such a box and a target. Turn the dials until what the box draws matches the "
                "target: a bar shows how well they agree, and a mark on it how well they have to. Please be as quick "
                "and turn the dials as little as you can. If a question resists you for long, you may skip it.",
                "Try the boxes, then solve the three below.",
            )
        ),
        "exemplars": "\n\n".join(
            (
                "Every box below draws something, and its dials change what it draws.",
                "You will get to know one dial at a time by pictures drawn while that dial stood low, in the middle or "
                "high, and the other dials anywhere. " + _ASKED,
                _AFTER,
            )
        ),
        "traversals": "\n\n".join(
            (
                "Every box below draws something, and its dials change what it draws.",
                "You will get to know one dial at a time by rows of pictures: along a row only that dial is turned, "
                "from low to high. " + _ASKED,
                _AFTER,
            )
        ),
        "samples": "\n\n".join(
            (
                "Every box below draws something, and its dials change what it draws.",
                "You will get to know one dial at a time by pictures drawn with all dials anywhere, sorted by where "
                "that dial stood. " + _ASKED,
                _AFTER,
            )
        ),
        "none": "\n\n".join(
            (
                "Every box below draws something, and its dials change what it draws.",
                _ASKED + " Nothing will explain to you what the dial does.",
                _AFTER,
            )
        ),
    }
)
