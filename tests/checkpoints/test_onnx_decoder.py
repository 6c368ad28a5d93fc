"""Decoders as ONNX files: the same pictures, for every shipped model and every family."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from onnx import load_from_string
from onnxruntime import InferenceSession
from torch import nn

import engine
from engine.checkpoints import onnx_decoder
from engine.checkpoints.onnx_decoder import OnnxExportError, decode_flops, export_decoder, is_light
from engine.interfaces import Part, Space
from tests.apps.canvas.toys import toys
from tests.checkpoints.small import recipe

SHIPPED = {entry.id: entry.folder for entry in engine.catalog() if entry.kind != "classifier" and not entry.error}


def run(data, codes):
    return InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, {"z": codes.numpy()})[0]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_decoder_draws_the_same_by_onnx(name):
    model = engine.load(SHIPPED[name], "cpu")
    decoder = export_decoder(model)
    codes = model.examples.codes[-50:].float()
    with torch.no_grad():
        expected = model.decode(codes).numpy()
    assert np.abs(run(decoder.data, codes) - expected).max() < 1e-5
    assert decoder.max_difference < 1e-5
    assert is_light(decoder.flops)


def test_an_imported_decoder_can_be_exported():
    model = recipe("mnist/half").network.build(seed=1).eval()
    decoder = export_decoder(model)
    assert decoder.max_difference < 1e-5
    assert run(decoder.data, torch.zeros(3, model.latent_dim)).shape == (3, *model.space.shape)


@pytest.mark.parametrize("name", ["toy/mixed", "toy/colour"])
def test_models_without_examples_are_checked_with_random_codes(name):
    model = toys()[name]
    assert export_decoder(model).max_difference < 1e-5


def test_the_file_tells_nothing_of_where_it_comes_from():
    data = export_decoder(recipe("mnist/ss5").network.build(seed=1).eval()).data
    graph = load_from_string(data).graph
    assert {value.name for value in graph.input} == {"z"} and {value.name for value in graph.output} == {"x"}
    assert all(row.name.isdigit() for row in graph.initializer)
    assert not any(node.name or node.doc_string or node.metadata_props for node in graph.node)
    for word in (b"mnist", b"engine", b"network", b"torch", b".py", b"weight"):
        assert word not in data


class Half(nn.Module):
    """Not what it seems: draws something else when it is traced."""

    latent_dim, layout, space = 2, (Part("z", 2),), Space(kind="series", shape=(2,))

    def decode(self, z):
        return z if torch.compiler.is_exporting() else 2 * z


class Loop(Half):
    """Asks for a value, which no traced graph can."""

    def decode(self, z):
        return z if z.sum().item() > 0 else -z


def test_a_file_that_draws_something_else_is_refused():
    with pytest.raises(OnnxExportError, match="draws other values than the model"):
        export_decoder(Half())


def test_what_onnx_cannot_express_is_refused_in_one_line():
    with pytest.raises(OnnxExportError, match="torch cannot export this decoder to ONNX") as caught:
        export_decoder(Loop())
    assert "\n" not in str(caught.value)


def test_without_onnx_runtime_the_reference_checks(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    assert export_decoder(recipe("sinelines/vae").network.build(seed=1).eval()).max_difference < 1e-5


def test_a_multiply_add_counts_as_two():
    class Line(nn.Module):
        latent_dim, layout, space = 3, (Part("z", 3),), Space(kind="series", shape=(7,))
        weight = torch.ones(3, 7)

        def decode(self, z):
            return z @ self.weight

    assert decode_flops(Line(), torch.zeros(1, 3)) == 2 * 3 * 7
    assert is_light(onnx_decoder.LIGHT_FLOPS) and not is_light(onnx_decoder.LIGHT_FLOPS + 1)
