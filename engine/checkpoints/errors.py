"""Everything that can be wrong with a checkpoint, each under its own name; the message says what to do."""

from __future__ import annotations


class CheckpointError(Exception):
    """A checkpoint cannot be had, read or written; the base of all errors below."""


class MissingCheckpointError(CheckpointError):
    """No checkpoint of that name, folder or repository."""


class OfflineError(CheckpointError):
    """The checkpoint is neither shipped nor cached, and the Hub cannot be reached."""


class GatedError(CheckpointError):
    """The Hub has the repository but asks for an account, a token or an accepted licence."""


class CorruptError(CheckpointError):
    """A file is missing, cut short, damaged, or not what the config says it is."""


class PickleInDisguiseError(CheckpointError):
    """A weight file is a pickle, or asks for more than tensors when it may be one; nothing of it is ever run."""


class ConfigError(CheckpointError):
    """`config.json` lacks something, or names a network or an option that is not known here."""


class NewerFormatError(ConfigError):
    """`config.json` was written by a later version of this program."""


class TensorNamesError(CheckpointError):
    """The weights have other names than the network."""


class TensorShapesError(CheckpointError):
    """The weights have other shapes than the network."""


class TensorDtypesError(CheckpointError):
    """The weights have other number types than allowed."""


class NonFiniteError(CheckpointError):
    """Weights or examples contain NaN or infinity."""


class SamplesTooLargeError(CheckpointError):
    """`samples.safetensors` exceeds what a checkpoint may carry."""


class NeedsError(CheckpointError):
    """A checkpoint stands on another one that is missing or has other weights."""
