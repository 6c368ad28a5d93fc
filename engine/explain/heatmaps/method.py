"""What an attribution method is, and the registry of all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from engine.explain.heatmaps.options import check_options, options_of
from engine.explain.heatmaps.subject import Subject
from engine.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """Turns pictures and a classifier into attributions; its fields are its options, checked when it is made.

    Attributes:
        title: What users read.
        paper: Authors, year and address.
        experimental: Whether results are to be read with care.
    """

    title: ClassVar[str]
    paper: ClassVar[str]
    experimental: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_options(self)

    def rows(self, subject: Subject) -> int:
        """Rows that go through the model for one picture; progress counts them."""
        return 1

    @property
    def signed(self) -> bool:
        """Whether values below zero speak against the target; else all are magnitudes."""
        return True

    @property
    def zero(self) -> str:
        """Why a map may be zero everywhere, in a sentence for its reader."""
        return "This method finds nothing for this target."

    @abstractmethod
    def maps(self, subject: Subject) -> Tensor:
        """Attributions of all pictures of a subject, (N, C, H, W), on its device."""


HEATMAPS: Registry[type[Method]] = Registry("heatmap method")


def build_method(name: str, options: Mapping[str, Any] | None = None) -> Method:
    """The method filed under `name` with these options; what is left out keeps its default.

    Raises:
        KeyError: If there is no such method.
        ValueError: If an option is unknown or out of range; fit to be shown to the user.
    """
    kind, options = HEATMAPS[name], dict(options or {})
    known = [one.name for one in options_of(kind)]
    strange = sorted(options.keys() - set(known))
    if strange:
        raise ValueError(f"{name} has no option {strange[0]!r}; it has {known or 'none'}.")
    return kind(**options)


def name_of(method: Method) -> str:
    """The name a method is filed under.

    Raises:
        KeyError: If it is not registered.
    """
    for name in HEATMAPS:
        if HEATMAPS[name] is type(method):
            return name
    raise KeyError(f"{type(method).__name__} is not registered; file it with @HEATMAPS.register(name).")
