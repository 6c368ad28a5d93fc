"""Configurations as a line of text and as JSON, in the grammar of the published system: `2-a-1_0_25-2-0`, `2-s-4-1`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from engine.explain.style_matrix.configuration import STEP, Configuration, Mix, Mixed, Single, steps_of

_LONGEST = 4096  # characters: 64 slots need fewer than 1,400
_LINE = re.compile(
    r"(?P<generator>.+?)-(?:s-(?P<style>\d{1,6})-(?P<slot>\d{1,6})|a(?P<mixes>(?:-\d{1,6}(?:_\d{1,6}_\d{1,6})?)+))",
    re.ASCII,
)


def to_text(generator: str, configuration: Configuration, *, step: float = STEP) -> str:
    """The normal form as text: `generator-s-style-slot` or `generator-a` and a mix a slot, `first_second_steps`.

    Args:
        generator: Its id.
        configuration: Of any form.
        step: What shares are counted in.
    """
    configuration = configuration.normal(step)
    if isinstance(configuration, Single):
        return f"{generator}-s-{configuration.style}-{configuration.slot}"
    return f"{generator}-a-" + "-".join(_mix_text(mix, step) for mix in configuration.mixes)


def from_text(text: str, *, step: float = STEP) -> tuple[str, Configuration]:
    """The generator's id and the configuration that a line says.

    Raises:
        ValueError: If it is not of this grammar.
    """
    found = _LINE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(f"A configuration reads 'generator-s-style-slot' or 'generator-a-first_second_steps-...'; "
                         f"got {text[:80]!r}.")  # fmt: skip
    if found["mixes"] is None:
        return found["generator"], Single(int(found["slot"]), int(found["style"]))
    return found["generator"], Mixed(tuple(_mix_of(part, step) for part in found["mixes"][1:].split("-")))


def to_json(configuration: Configuration) -> dict[str, Any]:
    """As the published interface writes it: `styleArray` or `singleStyle`."""
    if isinstance(configuration, Single):
        return {"singleStyle": {"layer": configuration.slot, "id": configuration.style}}
    return {"styleArray": [_mix_json(mix) for mix in configuration.mixes]}


def from_json(value: Any) -> Configuration:  # noqa: ANN401 - what a file or page sent
    """The configuration that a JSON value says.

    Raises:
        ValueError: If it says none.
    """
    if isinstance(value, Mapping) and set(value) == {"singleStyle"}:
        single = _numbers(value["singleStyle"], {"layer", "id"})
        return Single(int(single["layer"]), int(single["id"]))
    if not isinstance(value, Mapping) or set(value) != {"styleArray"} or not isinstance(value["styleArray"], list):
        raise ValueError(f"A configuration has 'styleArray', a list, or 'singleStyle' alone; got {str(value)[:80]}.")
    return Mixed(tuple(_mix_of_json(one) for one in value["styleArray"]))


def _mix_text(mix: Mix, step: float) -> str:
    return str(mix.first) if mix.second is None else f"{mix.first}_{mix.second}_{steps_of(mix.share, step)}"


def _mix_of(part: str, step: float) -> Mix:
    first, *rest = map(int, part.split("_"))
    if not rest:
        return Mix(first)
    share = round(rest[1] * step, 9)
    if share > 1:
        raise ValueError(f"{part!r} takes {rest[1]} steps of {step}, more than the whole.")
    return Mix(first, rest[0], share)


def _mix_json(mix: Mix) -> dict[str, Any]:
    if mix.second is None:
        return {"style1": mix.first}
    return {"style1": mix.first, "style2": mix.second, "proportionStyle1": mix.share}


def _mix_of_json(value: Any) -> Mix:  # noqa: ANN401
    numbers = _numbers(value, {"style1"}, {"style2", "proportionStyle1"})
    if "style2" not in numbers or "proportionStyle1" not in numbers:
        return Mix(int(numbers["style1"]))  # as published: half a mix is the first style alone
    return Mix(int(numbers["style1"]), int(numbers["style2"]), float(numbers["proportionStyle1"]))


def _numbers(value: Any, required: AbstractSet[str], optional: AbstractSet[str] = frozenset()) -> dict[str, float]:  # noqa: ANN401
    names = set(value) if isinstance(value, Mapping) else set()
    if not required <= names <= required | optional:
        raise ValueError(f"{sorted(required)} are needed and {sorted(optional)} may be given; got {str(value)[:80]}.")
    for name, number in value.items():
        kinds = (int, float) if name == "proportionStyle1" else int
        if isinstance(number, bool) or not isinstance(number, kinds) or not abs(number) <= 10**6:
            raise ValueError(f"{name} should be {'a number' if kinds is not int else 'a whole number'} from 0 on; "
                             f"got {str(number)[:80]}.")  # fmt: skip
    return dict(value)
