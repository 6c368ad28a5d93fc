"""Decoders as files that participants' pages may fetch, under names from which nobody can tell the model."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any

from apps.refusals import NotFoundError


@dataclass
class BlindFiles:
    """Gives every decoder's file a name for as long as this process runs.

    A name stands for one content: a checkpoint that is replaced gets another. After a restart of the server the old
    names are unknown, and pages that hold one let the server draw.
    """

    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _models: dict[str, Any] = field(default_factory=dict)

    def name(self, model: Any) -> str | None:  # noqa: ANN401 - a latent model
        """The name of a model's file; None for one without a checkpoint, which the server draws."""
        from engine.checkpoints.onnx_cache import onnx_key

        card = getattr(model, "card", None)
        if card is None:
            return None
        name = hmac.new(self._key, onnx_key(card).encode(), hashlib.sha256).hexdigest()[:32]
        self._models[name] = model
        return name

    def model(self, name: str) -> Any:  # noqa: ANN401 - a latent model
        """The model of a name that was given out.

        Raises:
            NotFoundError: If it was not.
        """
        if name not in self._models:
            raise NotFoundError("No decoder has this name; reload the page.")
        return self._models[name]
