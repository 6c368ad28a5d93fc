"""Maps as one NPZ file: numbers before any normalisation, the pictures, and what made them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from engine.explain.heatmaps.attribution import Attribution


def heatmaps_npz(x: Tensor, results: Sequence[Attribution], **more: Any) -> bytes:  # noqa: ANN401 - JSON values
    """The bytes of an NPZ file that `np.load` opens without unpickling.

    It holds `pictures`, (N, C, H, W) float32 in [0, 1]; under each method's name its attributions, of the same shape;
    and `made_by`, a text: JSON with model, target, seed, precision, and each method's options, seconds and notes.

    Args:
        x: The pictures.
        results: Their maps, of one model and target, by different methods.
        more: Further entries of the JSON.

    Raises:
        ValueError: If there are no results.
    """
    if not results:
        raise ValueError("There are no maps to keep; explain the pictures by at least one method.")
    arrays = {one.method: one.values.numpy() for one in results}
    made_by = np.array(json.dumps({**made_by_of(results), **more}))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, pictures=x.detach().float().cpu().numpy(), made_by=made_by, **arrays)  # type: ignore[arg-type] # numpy's stub takes `allow_pickle` for any name
    return buffer.getvalue()


def made_by_of(results: Sequence[Attribution]) -> dict[str, Any]:
    """What made maps, as JSON values."""
    first = results[0]
    return {
        "model": first.model_id,
        "target": {
            "classes": list(first.target.classes),
            "against": list(first.target.against),
            "negated": first.target.negated,
        },
        "seed": first.seed,
        "precision": first.precision,
        "methods": {
            one.method: {
                "options": dict(one.options),
                "signed": one.signed,
                "seconds": round(one.seconds, 4),
                "cached": one.cached,
                "notes": list(one.notes),
            }
            for one in results
        },
    }
