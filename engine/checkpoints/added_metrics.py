"""Figures that are measured after a checkpoint was written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.checkpoints.card import CAPTIONS, readme
from engine.checkpoints.folder import json_bytes, read_card, write_files


def add_metrics(folder: Path, metrics: Mapping[str, Mapping[str, Any]]) -> None:
    """Puts metrics beside those a checkpoint has, in its `metrics.json` and on its card; all else stays as it is.

    Args:
        folder: The checkpoint folder; it is replaced at once, so that a reader finds it whole at any moment.
        metrics: By name, as in `write_checkpoint`; they take the place of older ones of the same name.

    Raises:
        CheckpointError: If config or metrics of the checkpoint cannot be read.
        ValueError: If a number is not finite.
        OSError: If it cannot be written; the folder stays as it was.
    """
    card = read_card(folder)
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    merged = {**card.metrics, **metrics}
    text = readme(card.config, merged, tuple(name for name in CAPTIONS if name in files))
    write_files(folder, {**files, "metrics.json": json_bytes(merged), "README.md": text.encode()})
