"""A decoder as one ONNX file that any runtime can draw with, checked against the model it was made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.checkpoints.errors import CheckpointError
from engine.interfaces import Decoder
from engine.models.layers import one_hot

if TYPE_CHECKING:
    from onnx import ModelProto

FORMAT = 1  # of the files: raise it when an export of the same model comes out otherwise
INPUT, OUTPUT = "z", "x"
LIGHT_FLOPS = 100_000_000  # below it a page draws a picture in under 16 ms with one thread of WebAssembly
TOLERANCE = 1e-4  # a fortieth of the step between two grey levels
_CHECKED = 32
Floats = NDArray[np.float32]


class OnnxExportError(CheckpointError):
    """A decoder cannot be exported, or what was exported draws something else."""


@dataclass(frozen=True, kw_only=True)
class OnnxDecoder:
    """An exported decoder.

    Attributes:
        data: The ONNX file: input `z`, (N, D) float32; output `x`, (N, *space.shape) float32; any N. It holds no name
            of the model or of its layers.
        opset: Version of the ONNX operators it uses.
        max_difference: Largest absolute difference between what it and the model draw.
        flops: Operations for one picture; see `decode_flops`.
    """

    data: bytes
    opset: int
    max_difference: float
    flops: int


def export_decoder(model: Decoder, *, codes: Tensor | None = None) -> OnnxDecoder:
    """Exports `decode` and checks, by ONNX Runtime or the slower reference of ONNX, that it draws the same.

    Args:
        model: Any decoder, in eval mode where it is a network.
        codes: Codes to trace and check with, (N, D), at least two; by default those of its examples, else random ones.

    Raises:
        OnnxExportError: If it uses what ONNX cannot express, or draws other values.
    """
    codes = (_codes(model) if codes is None else codes)[:_CHECKED].detach().float()
    flops = decode_flops(model, codes[:1])
    proto = _traced(model, codes[:2])
    _anonymise(proto)
    data: bytes = proto.SerializeToString()
    difference = _difference(model, data, codes)
    if not difference <= TOLERANCE:  # also where it is not a number
        raise OnnxExportError(
            f"The exported decoder draws other values than the model: up to {difference:.2g} apart, {TOLERANCE:g} is "
            "allowed. Draw this model with torch."
        )
    opset = next(row.version for row in proto.opset_import if row.domain in ("", "ai.onnx"))
    return OnnxDecoder(data=data, opset=opset, max_difference=difference, flops=flops)


def decode_flops(model: Decoder, code: Tensor | None = None) -> int:
    """Floating-point operations of the products and convolutions for one picture; a multiply-add counts as two."""
    from torch.utils.flop_counter import FlopCounterMode

    code = _codes(model)[:1] if code is None else code
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.decode(code)
    return int(counter.get_total_flops())


def is_light(flops: int) -> bool:
    """Whether a page can draw as fast as a hand moves."""
    return flops <= LIGHT_FLOPS


class _Decode(nn.Module):
    """`decode` as the `forward` that torch exports."""

    def __init__(self, model: Decoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor) -> Tensor:
        return self.model.decode(z)


def _codes(model: Decoder) -> Tensor:
    codes: Tensor | None = getattr(getattr(model, "examples", None), "codes", None)
    if codes is not None and len(codes) > 1:
        return codes
    generator = torch.Generator().manual_seed(0)
    parts = [torch.randn(_CHECKED, part.size, generator=generator) for part in model.layout]
    for k, part in enumerate(model.layout):
        if part.kind == "onehot":
            parts[k] = one_hot(parts[k].argmax(dim=1), part.size)
    return torch.cat(parts, dim=1).to(getattr(model, "device", "cpu"))


def _traced(model: Decoder, codes: Tensor) -> ModelProto:
    from torch.onnx import OnnxExporterError

    try:
        with torch.no_grad():
            program = torch.onnx.export(
                _Decode(model).eval(),
                (codes.clone(),),
                dynamo=True,
                external_data=False,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes={"z": {0: torch.export.Dim("batch")}},
                verbose=False,
            )
    except OnnxExporterError as error:
        raise OnnxExportError(f"torch cannot export this decoder to ONNX: {_first_line(error)}") from error
    assert program is not None  # None is what a file name would have given
    return program.model_proto


def _anonymise(proto: ModelProto) -> None:
    """Takes out what tells where the file comes from: names of modules, source lines, paths.

    The names of values become numbers; a graph that holds graphs of its own keeps them.
    """
    graph = proto.graph
    proto.producer_name = proto.producer_version = proto.doc_string = proto.domain = ""
    del proto.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    graph.name, graph.doc_string = "decoder", ""
    for item in [*graph.node, *graph.initializer, *graph.input, *graph.output]:
        item.doc_string = ""
        del item.metadata_props[:]
    for node in graph.node:
        node.name = ""
    if proto.functions or any(row.HasField("g") or row.graphs for node in graph.node for row in node.attribute):
        return
    made = [*(row.name for row in graph.initializer), *(name for node in graph.node for name in node.output if name)]
    numbers = {name: str(k) for k, name in enumerate(made)} | {INPUT: INPUT, OUTPUT: OUTPUT, "": ""}
    for row in graph.initializer:
        row.name = numbers[row.name]
    for node in graph.node:
        node.input[:] = [numbers[name] for name in node.input]
        node.output[:] = [numbers[name] for name in node.output]


def _difference(model: Decoder, data: bytes, codes: Tensor) -> float:
    """Largest absolute difference over a batch and over a single code."""
    run = _runner(data)
    differences = []
    for batch in (codes, codes[:1]):
        with torch.no_grad():
            expected = model.decode(batch).float().cpu().numpy()
        found = run(batch.cpu().numpy())
        if found.shape != expected.shape:
            raise OnnxExportError(f"The exported decoder draws {found.shape}; the model draws {expected.shape}.")
        differences.append(float(np.abs(found - expected).max()))
    return max(differences)


def _runner(data: bytes) -> Callable[[Floats], Floats]:
    """What runs an ONNX file: ONNX Runtime where it is installed, else the reference of ONNX."""
    session: Any
    try:
        from onnxruntime import InferenceSession
    except ImportError:
        from onnx import load_from_string
        from onnx.reference import ReferenceEvaluator

        session = ReferenceEvaluator(load_from_string(data))
    else:
        session = InferenceSession(data, providers=["CPUExecutionProvider"])
    return lambda z: session.run(None, {INPUT: z})[0]


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
