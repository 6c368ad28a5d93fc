"""ONNX files that are there before a page asks: an export in the background takes minutes on a busy machine."""

from __future__ import annotations

import time

import engine
from engine.checkpoints.onnx_cache import OnnxFiles
from engine.checkpoints.onnx_worker import export_folder


def prepared(cache, folders):
    """Puts the ONNX files of checkpoints into a cache folder, as an earlier run of the explorer would have."""
    files = OnnxFiles(cache / "onnx", export=export_folder)
    models = {name: engine.load(folder, "cpu") for name, folder in folders.items()}
    for model in models.values():
        while files.get(model) is None:
            time.sleep(0.05)
    return models
