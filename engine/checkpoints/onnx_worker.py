"""The process that exports one decoder for `onnx_cache`, so that the program that asked goes on drawing meanwhile."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from engine.checkpoints.errors import CheckpointError
from engine.checkpoints.loading import load
from engine.checkpoints.onnx_decoder import OnnxExportError, decode_flops, export_decoder, is_light

LIMIT_S = 900.0
MAX_BYTES = 64 * 2**20  # of a file that a page downloads
# The priority is lowered first: importing torch is a good part of the work.
_START = "import os; hasattr(os, 'nice') and os.nice(10); from engine.checkpoints.onnx_worker import main; main()"
_FACTS, _FILE = "facts.json", "decoder.onnx.gz"


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of an export.

    Attributes:
        flops: Operations for one picture.
        packed: The ONNX file, gzipped; None for a decoder that is too heavy for a page.
        sha256: Of `packed`; empty without it.
        opset: Version of ONNX operators; 0 without a file.
        max_difference: From the model's own pictures.
    """

    flops: int
    packed: bytes | None = None
    sha256: str = ""
    opset: int = 0
    max_difference: float = 0.0

    def facts(self) -> dict[str, object]:
        """All but the file, JSON-able."""
        return {name: value for name, value in asdict(self).items() if name != "packed"}


def export_apart(folder: Path, weights: str) -> Made:
    """Exports the decoder of a checkpoint folder in a process of its own, at low priority; takes 5 to 30 s.

    Args:
        folder: The checkpoint.
        weights: SHA-256 its weights should have.

    Raises:
        OnnxExportError: With the reason, if nothing came of it.
    """
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    with TemporaryDirectory(prefix="latent-explorer-onnx-") as place:
        command = [sys.executable, "-P", "-c", _START, str(folder.resolve()), weights, place]
        try:
            done = subprocess.run(
                command, env={**os.environ, **own}, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OnnxExportError(f"The process that exports to ONNX did not finish: {error}") from error
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise OnnxExportError(words or f"The process that exports to ONNX ended with {done.returncode}.")
        file = Path(place) / _FILE
        packed = file.read_bytes() if file.is_file() else None
        return Made(packed=packed, **json.loads((Path(place) / _FACTS).read_text(encoding="utf-8")))


def export_folder(folder: Path, weights: str) -> Made:
    """Exports the decoder of a checkpoint folder, if it is light enough for a page.

    Raises:
        CheckpointError: If it cannot be loaded or exported.
    """
    model = load(folder, "cpu")
    found = model.card.config["weights"]["sha256"]
    if found != weights:
        raise OnnxExportError(f"{folder} holds other weights by now ({found[:12]} instead of {weights[:12]}).")
    flops = decode_flops(model)
    if not is_light(flops):
        return Made(flops=flops)
    decoder = export_decoder(model)
    if len(decoder.data) > MAX_BYTES:
        raise OnnxExportError(f"The decoder has {len(decoder.data) / 2**20:.0f} MiB; a page gets at most 64.")
    packed = gzip.compress(decoder.data, compresslevel=9, mtime=0)
    sha256 = hashlib.sha256(packed).hexdigest()
    difference = decoder.max_difference
    return Made(flops=flops, packed=packed, sha256=sha256, opset=decoder.opset, max_difference=difference)


def main() -> None:
    """Exports the folder named by the arguments and writes what came of it; one line of words where nothing did."""
    folder, weights, place = sys.argv[1:4]
    torch.set_num_threads(1)
    try:
        made = export_folder(Path(folder), weights)
    except CheckpointError as error:
        raise SystemExit(" ".join(str(error).split())) from error
    if made.packed is not None:
        (Path(place) / _FILE).write_bytes(made.packed)
    (Path(place) / _FACTS).write_text(json.dumps(made.facts()), encoding="utf-8")
