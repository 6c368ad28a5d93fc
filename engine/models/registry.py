"""The registry of network families; each files itself from its own module."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from engine.registry import Registry

MODELS: Registry[Callable[..., nn.Module]] = Registry("network")
