from __future__ import annotations

import gzip
import hashlib
import io
import pickle

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.checkpoints import (
    CheckpointError,
    CorruptError,
    NonFiniteError,
    PickleInDisguiseError,
    TensorDtypesError,
    TensorNamesError,
    TensorShapesError,
)
from engine.checkpoints.weights import read_header, read_weights

STATE = {"layer.weight": torch.arange(6.0).reshape(2, 3), "layer.bias": torch.ones(2), "steps": torch.tensor(7)}


@pytest.fixture
def read(tmp_path):
    """Reads bytes or tensors as the weights of a network with the tensors `STATE`."""

    def run(content, **options):
        path = tmp_path / "model.safetensors"
        path.write_bytes(content if isinstance(content, bytes) else safetensors.torch.save(content))
        return read_weights(path, STATE, **options)

    return run


def test_tensors_come_back(read):
    torch.testing.assert_close(read(STATE), STATE, rtol=0, atol=0)


def test_float16_comes_back_as_float32(read):
    found = read({**STATE, "layer.weight": STATE["layer.weight"].half()})
    torch.testing.assert_close(found, STATE, rtol=0, atol=0)


def test_expected_tensors_may_have_no_memory(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors.torch.save(STATE))
    expected = {name: value.to("meta") for name, value in STATE.items()}
    torch.testing.assert_close(read_weights(path, expected), STATE)


def test_wrong_names(read):
    with pytest.raises(TensorNamesError, match=r"it lacks layer\.bias; it has unknown layer\.beta; the config should"):
        read({"layer.weight": STATE["layer.weight"], "layer.beta": STATE["layer.bias"], "steps": STATE["steps"]})


def test_wrong_shapes(read):
    with pytest.raises(TensorShapesError, match=r"layer\.weight \[3, 2\] instead of \[2, 3\]"):
        read({**STATE, "layer.weight": torch.zeros(3, 2)})


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("layer.weight", STATE["layer.weight"].double(), "layer.weight is F64, not F32 or F16"),
        ("layer.weight", STATE["layer.weight"].bfloat16(), "layer.weight is BF16, not F32 or F16"),
        ("layer.bias", torch.ones(2, dtype=torch.int64), "layer.bias is I64, not F32 or F16"),
        ("steps", torch.tensor(7.0), "steps is F32, not I64"),
    ],
)
def test_wrong_dtypes(read, name, value, text):
    with pytest.raises(TensorDtypesError, match=text):
        read({**STATE, name: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite(read, value):
    with pytest.raises(NonFiniteError, match=r"contains NaN or infinity in layer\.bias"):
        read({**STATE, "layer.bias": torch.tensor([1.0, value])})


def test_a_missing_file(tmp_path):
    with pytest.raises(CorruptError, match=r"has no model\.safetensors: the checkpoint is incomplete"):
        read_weights(tmp_path / "model.safetensors", STATE)


def test_another_hash(read):
    good = hashlib.sha256(safetensors.torch.save(STATE)).hexdigest()
    read(STATE, sha256=good)
    with pytest.raises(CorruptError, match=f"is not the file its config was written for: SHA-256 .*not {good[:12]}"):
        read({**STATE, "layer.bias": torch.zeros(2)}, sha256=good)


@pytest.mark.parametrize("cut", [0, 4, 8, 40, -1])
def test_a_truncated_file(read, cut):
    with pytest.raises(CorruptError, match=r"cut short|is no safetensors file"):
        read(safetensors.torch.save(STATE)[:cut])


def test_bytes_too_many(read):
    with pytest.raises(CorruptError, match="cut short or damaged"):
        read(safetensors.torch.save(STATE) + b"more")


def test_a_header_that_is_not_json(read):
    with pytest.raises(CorruptError, match="damaged header"):
        read((16).to_bytes(8, "little") + b"{no json at all}")


@pytest.mark.parametrize(
    "header", [b"{}", b'{"a": 3}', b'{"a": {"dtype": "F32"}}', b'{"a": {"dtype": "F32", "shape": 3}}']
)
def test_a_header_of_another_form(read, header):
    with pytest.raises((CorruptError, TensorNamesError)):
        read(len(header).to_bytes(8, "little") + header)


class Trap:
    def __reduce__(self):
        return pytest.fail, ("the pickle was opened",)


def saved_by_torch(content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (saved_by_torch({"layer.weight": Trap()}), "a zip archive, as torch.save writes"),
        *((pickle.dumps({"layer.weight": Trap()}, protocol), "a pickle") for protocol in (2, 3, 4, 5)),
        (gzip.compress(pickle.dumps(Trap())), "a gzip archive"),
    ],
    ids=["torch.save", "protocol 2", "protocol 3", "protocol 4", "protocol 5", "gzip"],
)
def test_a_pickle_in_disguise_is_not_opened(read, content, kind):
    with pytest.raises(PickleInDisguiseError, match=f"is {kind}, not safetensors. It could run code"):
        read(content)


def test_a_header_length_that_looks_like_a_pickle_is_none(tmp_path):
    tensors = {"a" * length: torch.zeros(1) for length in (1,)}
    for padding in range(1000):  # safetensors fills its header up to a multiple of eight
        data = safetensors.torch.save(tensors, metadata={"text": "x" * padding})
        if data[:2] == b"\x80\x02":  # the length 640, and pickle's first opcode with protocol 2
            break
    assert data[:2] == b"\x80\x02"
    assert list(read_header(data, tmp_path)) == ["a"]


def test_a_git_lfs_pointer_is_explained(read):
    with pytest.raises(CorruptError, match="run `git lfs pull`"):
        read(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")


@given(data=st.binary(max_size=200))
def test_any_bytes_give_one_of_our_errors(data):
    with pytest.raises(CheckpointError):
        header = read_header(data, "file")  # only an empty header is a file without tensors
        raise CorruptError(str(header))


@given(place=st.integers(0, 150), value=st.integers(0, 255))
def test_a_changed_byte_of_the_header_gives_one_of_our_errors_or_nothing(tmp_path_factory, place, value):
    path = tmp_path_factory.getbasetemp() / "changed.safetensors"
    data = bytearray(safetensors.torch.save(STATE))
    data[place] = value
    path.write_bytes(data)
    try:
        read_weights(path, STATE)
    except CheckpointError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize("name", ["sinelines/vae", "mnist/digits"])
def test_load_refuses_bad_weights(make, name):
    folder, _ = make(name)
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(CorruptError, match="cut short"):
        engine.load(name)


def test_sizes_are_compared_before_memory_is_spent(make):
    folder, _ = make("sinelines/vae")
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"hidden": 8', '"hidden": 1000000', 1))  # terabytes
    with pytest.raises(TensorShapesError, match=r"\[8, 64\] instead of \[1000000, 64\]"):
        engine.load("sinelines/vae")
