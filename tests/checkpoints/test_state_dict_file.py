from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import zipfile
from collections import OrderedDict

import pytest
import safetensors.torch
import torch
from torch import nn

from engine.checkpoints import (
    CorruptError,
    NonFiniteError,
    PickleInDisguiseError,
    TensorDtypesError,
    TensorNamesError,
    TensorShapesError,
)
from engine.checkpoints.state_dict_file import MAX_BYTES, fitted, read_state_dict


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))


STATE = network().state_dict()


class Attack:
    """Runs a command when a careless reader opens it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def saved(content, **options):
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


@pytest.fixture
def read(tmp_path):
    """Reads bytes, or what torch.save makes of an object."""

    def run(content, name="weights.pt", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else saved(content, **options))
        return read_state_dict(path)

    return run


@pytest.mark.parametrize(
    "content",
    [
        saved(STATE),
        saved(STATE, _use_new_zipfile_serialization=False),  # as before 2020
        saved(OrderedDict((name, nn.Parameter(value, requires_grad=False)) for name, value in STATE.items())),
        saved({"state_dict": STATE, "epoch": 3, "args": {"lr": 0.1}}),
        saved({"model": STATE, "optimiser": {"state": {}}}),
        saved({f"module.{name}": value for name, value in STATE.items()}),
    ],
    ids=["zip", "old", "parameters", "state_dict", "model", "module."],
)
def test_state_dicts_as_programs_write_them(read, content):
    found = read(content)
    torch.testing.assert_close(dict(found.tensors), dict(STATE), rtol=0, atol=0)
    network().load_state_dict(fitted(found, network(), "the network"))


def test_safetensors(read):
    found = read(safetensors.torch.save(dict(STATE)), "weights.safetensors")
    torch.testing.assert_close(dict(found.tensors), dict(STATE), rtol=0, atol=0)
    assert len(found.sha256) == 64


@pytest.mark.parametrize("old", [False, True])
def test_a_whole_model_is_refused_and_how_to_save_it_said(read, old):
    with pytest.raises(PickleInDisguiseError, match=r"more than tensors \(torch\.nn.*Sequential\).*None of it was run"):
        read(network(), _use_new_zipfile_serialization=not old)


@pytest.mark.parametrize("form", ["zip", "old", "pickle", "pickle 2"])
def test_an_attack_is_refused_and_does_not_run(read, tmp_path, form):
    content = {**STATE, "0.weight": Attack(tmp_path / "ran")}
    data = {
        "zip": lambda: saved(content),
        "old": lambda: saved(content, _use_new_zipfile_serialization=False),
        "pickle": lambda: pickle.dumps(content["0.weight"]),
        "pickle 2": lambda: pickle.dumps(content["0.weight"], protocol=2),
    }[form]()
    with pytest.raises(PickleInDisguiseError, match="asks for more than tensors.*None of it was run"):
        read(data)
    assert not (tmp_path / "ran").exists()
    pickle.loads(pickle.dumps(content["0.weight"]))
    assert (tmp_path / "ran").exists(), "a careless reader would have run it"


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_program_is_refused(read):
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(network().eval()), buffer)
    with pytest.raises(PickleInDisguiseError, match="a TorchScript program"):
        read(buffer.getvalue())


def test_a_pickle_that_is_called_safetensors_is_refused(read):
    with pytest.raises(PickleInDisguiseError, match="is a zip archive, as torch.save writes"):
        read(STATE, "weights.safetensors")


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_file_that_was_cut_short(read, share, old):
    data = saved(STATE, _use_new_zipfile_serialization=not old)
    with pytest.raises((CorruptError, PickleInDisguiseError), match=r"weights\.pt"):
        read(data[: int(share * len(data))])


@pytest.mark.parametrize("data", [b"", b"hello", b"\x00" * 64, b"PK\x03\x04 no archive"])
def test_what_is_no_file_of_weights(read, data):
    with pytest.raises(CorruptError, match="is cut short, damaged, or no file of torch.save"):
        read(data)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CorruptError, match=r"has no weights\.pt"):
        read_state_dict(tmp_path / "weights.pt")


def test_an_archive_that_would_swell_is_not_unpacked(read):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights/data.pkl", b"\x80\x02}.")
        archive.writestr("weights/data/0", bytes(10**7))
    with pytest.raises(CorruptError, match="it was compressed, and not by torch.save"):
        read(buffer.getvalue())


@pytest.mark.parametrize(("field", "value"), [(6, 255), (8, 8)], ids=["a version to come", "a name that is no text"])
def test_an_archive_with_a_damaged_directory(read, field, value):
    data = bytearray(saved(STATE))
    entry = data.rindex(b"PK\x01\x02")  # the last line of its table of contents
    if field == 8:
        data[entry + 9] |= value  # "the name is UTF-8"
        data[entry + 46] = 0xFF
    else:
        data[entry + field] = value
    with pytest.raises(CorruptError, match="is cut short, damaged, or no file of torch.save"):
        read(bytes(data))


def test_a_file_of_absurd_size_is_not_read(tmp_path):
    path = tmp_path / "weights.pt"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # takes no place on the disk
    with pytest.raises(CorruptError, match=r"has 2,147,483,649 bytes; weights may have 2,147,483,648"):
        read_state_dict(path)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([STATE["0.weight"]], "holds no state dict, .*but a list"),
        (STATE["0.weight"], "but a Tensor"),
        ({"epoch": 3, "lr": 0.1}, "but a dict with epoch, lr"),
        ({3: STATE["0.weight"]}, "but a dict with 3"),
        ({}, "but a dict with nothing"),
        ({"a": torch.eye(3).to_sparse()}, "but a dict with a"),
        ({"state_dict": {}}, "but a dict with state_dict"),
        ({"a": torch.empty(3, device="meta")}, "but a dict with a"),
    ],
)
def test_what_is_no_state_dict(read, content, text):
    with pytest.raises(CorruptError, match=f"{text}. Save one where the model is"):
        read(content)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_the_networks(read, dtype):
    state = {name: value.to(dtype) if value.is_floating_point() else value for name, value in STATE.items()}
    weights = fitted(read(state), network(), "the network")
    assert {value.dtype for value in weights.values()} == {torch.float32, torch.int64}


def test_counters_that_older_files_lack(read):
    state = {name: value for name, value in STATE.items() if not name.endswith("num_batches_tracked")}
    assert fitted(read(state), network(), "the network")["1.num_batches_tracked"] == 0


def test_a_network_without_memory_will_do(read):
    with torch.device("meta"):
        planned = network()
    torch.testing.assert_close(fitted(read(STATE), planned, "the network"), dict(STATE))


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"0.weight": None}, TensorNamesError, r"the weights of the network: it lacks 0\.weight, and has nothing that"),
        ({"fc.weight": torch.ones(2)}, TensorNamesError, r"it lacks nothing, and has fc\.weight that it does not know"),
        ({"0.weight": torch.ones(2, 3, 3)}, TensorShapesError, r"0\.weight \[2, 3, 3\] instead of \[2, 1, 3, 3\]"),
        ({"0.bias": torch.ones(2, dtype=torch.int64)}, TensorDtypesError, r"0\.bias is torch\.int64"),
        ({"0.bias": torch.ones(2, dtype=torch.complex64)}, TensorDtypesError, r"0\.bias is torch\.complex64"),
        ({"1.num_batches_tracked": torch.tensor(1.0)}, TensorDtypesError, r"tracked is torch\.float32"),
        ({"0.bias": torch.tensor([1.0, float("nan")])}, NonFiniteError, r"NaN or infinity in 0\.bias"),
        ({"0.bias": torch.tensor([1.0, 1e300], dtype=torch.float64)}, NonFiniteError, r"in 0\.bias"),
    ],
)
def test_weights_of_another_network(read, change, error, text):
    state = {name: value for name, value in {**STATE, **change}.items() if value is not None}
    with pytest.raises(error, match=text):
        fitted(read(state), network(), "the network")


def keyed_by(nested, old):
    """A file of torch.save whose state dict has a nested tuple as a key; `nested` are the opcodes that make it."""
    content = b"\x80\x02}" + nested + b"Ns."
    if old:
        head = saved({}, _use_new_zipfile_serialization=False)
        return head.replace(pickle.dumps({}, protocol=2), content)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved({}))) as source, zipfile.ZipFile(buffer, "w") as target:
        for entry in source.namelist():
            target.writestr(entry, content if entry.endswith("/data.pkl") else source.read(entry))
    return buffer.getvalue()


@pytest.mark.parametrize("old", [False, True])
def test_keys_nested_so_deep_that_hashing_ends_the_process_are_refused(tmp_path, old):
    """In a process of its own, which torch's reader would take down."""
    file = tmp_path / "deep.pt"
    file.write_bytes(keyed_by(b"N" + pickle.TUPLE1 * 1_000_000, old))
    program = (
        "import sys; from pathlib import Path; from engine.checkpoints.state_dict_file import read_state_dict\n"
        "try: read_state_dict(Path(sys.argv[1]))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    result = subprocess.run([sys.executable, "-c", program, file], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"CorruptError {file} nests tuples more than 1000 deep")


@pytest.mark.parametrize("old", [False, True])
def test_nesting_is_seen_through_memo_marks_and_calls(read, old):
    once = b"q\x00h\x00"  # put into the memo and taken from it again
    for step in (once + pickle.TUPLE1, b"N" + pickle.TUPLE2, b"0(h\x00N" + pickle.TUPLE + b"q\x00"):
        nested = b"Nq\x00" + step * 1001
        with pytest.raises(CorruptError, match="nests tuples"):
            read(keyed_by(nested, old))


def test_many_tuples_beside_each_other_are_no_nesting(read):
    with pytest.raises(CorruptError, match="holds no state dict"):
        read({"state": [(number, (number,)) for number in range(5000)]})
