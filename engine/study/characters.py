"""Whole characters: JSON can hold half of one, as a text cut inside an emoji does, but no file in UTF-8 can."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")


def whole_characters(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with U+FFFD for every half of a character in its texts and names."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {whole_characters(name): whole_characters(part) for name, part in value.items()}
    return [whole_characters(part) for part in value] if isinstance(value, list) else value
