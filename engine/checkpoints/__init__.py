"""Checkpoints: the folder format, where models are found, the Hub, and foreign formats."""

from __future__ import annotations

from engine.checkpoints.added_metrics import add_metrics
from engine.checkpoints.catalog import Entry, catalog
from engine.checkpoints.closure import closure, copy_checkpoints
from engine.checkpoints.device import DeviceError, choose_device
from engine.checkpoints.directions import Direction, add_directions, directions_bytes, read_directions
from engine.checkpoints.errors import (
    CheckpointError,
    ConfigError,
    CorruptError,
    GatedError,
    MissingCheckpointError,
    NeedsError,
    NewerFormatError,
    NonFiniteError,
    OfflineError,
    PickleInDisguiseError,
    SamplesTooLargeError,
    TensorDtypesError,
    TensorNamesError,
    TensorShapesError,
)
from engine.checkpoints.examples import Examples, read_examples
from engine.checkpoints.fair_face_file import import_fair_face
from engine.checkpoints.folder import Card, half_precision, read_card, weights_hash, write_checkpoint
from engine.checkpoints.foreign_classifier import import_classifier
from engine.checkpoints.loaded import Loaded, LoadedClassifier, LoadedDecoder, LoadedEncoder
from engine.checkpoints.loading import load
from engine.checkpoints.resolve import find_folder, roots
from engine.checkpoints.stylegan2_pickle.importing import import_stylegan2
from engine.checkpoints.tfjs import import_tfjs
from engine.checkpoints.upload import upload

__all__ = [
    "Card",
    "CheckpointError",
    "ConfigError",
    "CorruptError",
    "DeviceError",
    "Direction",
    "Entry",
    "Examples",
    "GatedError",
    "Loaded",
    "LoadedClassifier",
    "LoadedDecoder",
    "LoadedEncoder",
    "MissingCheckpointError",
    "NeedsError",
    "NewerFormatError",
    "NonFiniteError",
    "OfflineError",
    "PickleInDisguiseError",
    "SamplesTooLargeError",
    "TensorDtypesError",
    "TensorNamesError",
    "TensorShapesError",
    "add_directions",
    "add_metrics",
    "catalog",
    "choose_device",
    "closure",
    "copy_checkpoints",
    "directions_bytes",
    "find_folder",
    "half_precision",
    "import_classifier",
    "import_fair_face",
    "import_stylegan2",
    "import_tfjs",
    "load",
    "read_card",
    "read_directions",
    "read_examples",
    "roots",
    "upload",
    "weights_hash",
    "write_checkpoint",
]
