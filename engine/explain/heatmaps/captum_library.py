"""Captum, imported when first used and without its remarks on what is known here."""

from __future__ import annotations

import warnings
from functools import cache
from types import ModuleType


@cache
def captum_attr() -> ModuleType:
    """The module `captum.attr`; importing it takes seconds."""
    import captum.attr

    # Said at every call, although its callers see to hooks and gradients.
    warnings.filterwarnings("ignore", message=r"\s*Setting (forward, )?backward hooks", category=UserWarning)
    return captum.attr
