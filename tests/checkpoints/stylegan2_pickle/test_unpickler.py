from __future__ import annotations

import io
import os
import pickle
import sys

import numpy as np
import pytest
import torch

from engine.checkpoints import ConfigError, CorruptError, PickleInDisguiseError
from engine.checkpoints.stylegan2_pickle import read
from engine.checkpoints.stylegan2_pickle.records import Record
from engine.checkpoints.stylegan2_pickle.unpickler import unpickled
from tests.checkpoints.stylegan2_pickle import writer


class Runs:
    """Makes a file when it is unpickled without restrictions."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class Calls:
    """A call of a function by its name, with any arguments."""

    def __init__(self, function, *arguments, state=None):
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.reduced


@pytest.fixture
def made(tmp_path):
    """What an attack would make; every test sees to it that an unrestricted reader would have run it."""
    path = tmp_path / "made"
    yield path
    assert not path.exists(), "the attack was run"


def storage(values):
    return torch.storage.TypedStorage(wrap_storage=values.untyped_storage(), dtype=values.dtype, _internal=True)


def check_it_attacks(data, made):
    pickle.loads(data)
    assert made.is_dir()
    made.rmdir()


def test_a_foreign_function_is_not_run(tmp_path, made):
    content = {"G_ema": writer.generator(size=4), "extra": Runs(made)}
    check_it_attacks(pickle.dumps(content["extra"]), made)
    (tmp_path / "a.pkl").write_bytes(writer.written(content))
    with pytest.raises(PickleInDisguiseError, match=rf"asks for '{os.mkdir.__module__}\.mkdir'.* None of it was run"):
        read(tmp_path / "a.pkl")


def test_the_bytes_inside_a_tensor_are_not_run(tmp_path, made):
    inner = io.BytesIO()
    torch.save({"weights": Runs(made)}, inner, _use_new_zipfile_serialization=False)
    data = pickle.dumps({"G_ema": Calls(torch.storage._load_from_bytes, inner.getvalue())}, protocol=4)
    check_it_attacks(data, made)
    (tmp_path / "a.pkl").write_bytes(data)
    with pytest.raises(PickleInDisguiseError, match=rf"asks for '{os.mkdir.__module__}\.mkdir' inside a tensor.* None"):
        read(tmp_path / "a.pkl")


def test_the_source_of_a_module_stays_text(tmp_path, made):
    content = {"G_ema": writer.generator(size=4)}
    source = f"import pathlib\npathlib.Path({str(made)!r}).mkdir()\n"
    exec(source)  # as the official loader would
    made.rmdir()
    for part in content["G_ema"].modules():
        part.written_as["module_src"] = source
    (tmp_path / "a.pkl").write_bytes(writer.written(content))
    before = set(sys.modules)
    found = read(tmp_path / "a.pkl")
    assert found.generator.z_dim == 5
    assert not {name for name in set(sys.modules) - before if "torch_utils" in name or "dnnlib" in name}
    assert source not in repr(found)


def test_a_number_that_is_an_object_is_not_read(tmp_path, made):
    scalar = np.float64(1).__reduce__()[0]
    data = pickle.dumps({"G_ema": Calls(scalar, np.dtype("O"), Runs(made))}, protocol=4)
    (tmp_path / "a.pkl").write_bytes(data)
    with pytest.raises(PickleInDisguiseError, match="asks for numbers of the type 'O8'"):
        read(tmp_path / "a.pkl")


def test_something_outside_the_file_is_refused():
    class Outside(pickle.Pickler):
        def persistent_id(self, thing):
            return "elsewhere" if thing == "here" else None

    file = io.BytesIO()
    Outside(file, protocol=4).dump({"G_ema": "here"})
    with pytest.raises(PickleInDisguiseError, match="something outside itself, by a persistent id"):
        unpickled(file.getvalue())


@pytest.mark.parametrize(
    "thing",
    [
        io.BytesIO,
        print,
        eval,
        __import__,
        getattr,
        bytearray(b"1"),
        np.zeros(3),
        torch.float32,
        torch.nn.Linear(1, 1),
        torch.Size([1]),
        Exception("a"),
        range(3),
        slice(3),
        complex(1),
        type,
        object(),
        pickle.loads,
        torch.load,
    ],
    ids=lambda thing: getattr(thing, "__name__", type(thing).__name__),  # repr tells addresses
)
def test_only_the_listed_names_are_known(thing):
    for protocol in (2, 3, 4):
        with pytest.raises(PickleInDisguiseError, match="which no network pickle of StyleGAN2-ADA needs"):
            unpickled(pickle.dumps([thing], protocol=protocol))


def test_no_attribute_of_what_is_listed_can_be_reached_or_set():
    dotted = pickle.PROTO + b"\x04" + b"\x8c\x0bcollections\x8c\x14OrderedDict.fromkeys\x93."
    with pytest.raises(PickleInDisguiseError, match=r"collections.OrderedDict.fromkeys"):
        unpickled(dotted)
    with pytest.raises(PickleInDisguiseError, match="asks for a state for"):
        unpickled(b"\x80\x02cdnnlib.util\nEasyDict\nN}X\x07\x00\x00\x00cleared\x88s\x86b.")
    with pytest.raises(PickleInDisguiseError, match="asks for a state for a function"):
        unpickled(b"\x80\x02ctorch._utils\n_rebuild_parameter\n}b.")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_content_comes_back(protocol):
    content = {
        "text": "ö",
        "bytes": b"\x00\xff",
        "numbers": [0, -3, 70_000, 2**40, 1.5, None, True],
        "set": {"a", "b"},
        "empty": (set(), (), [], {}),
        "tuples": ((1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        "numpy": [np.float64(0.1), np.float32(0.5), np.int64(-7), np.bool_(True)],
        "easy": writer.EasyDict(a=1),
    }
    found = unpickled(writer.written(content, protocol))
    assert found == content
    assert [type(number) for number in found["numpy"]] == [float, float, int, bool]


def test_a_network_is_an_inert_record():
    record = unpickled(writer.written(writer.generator(size=4)))
    assert isinstance(record, Record) and record.class_name == "Generator"
    assert not callable(record) and not hasattr(record, "__dict__")
    assert writer.SOURCE not in str(record.state)


def test_a_view_beyond_what_is_stored_is_refused(tmp_path):
    numbers = storage(torch.arange(6.0))
    for offset, size, stride in (
        (3, (4,), (1,)),
        (0, (2, 4), (4, 1)),
        (-1, (2,), (1,)),
        (0, (-1,), (1,)),
        (0, "a", (1,)),
    ):
        content = {"G_ema": writer.generator(size=4)}
        beyond = Calls(torch._utils._rebuild_tensor_v2, numbers, offset, size, stride, False, {})
        content["G_ema"].mapping._buffers["w_avg"] = beyond
        (tmp_path / "a.pkl").write_bytes(writer.written(content))
        with pytest.raises(CorruptError, match="a tensor mapping.w_avg that reaches beyond its stored values"):
            read(tmp_path / "a.pkl")


def test_tensors_may_be_views_of_one_storage(tmp_path):
    content = {"G_ema": writer.generator(size=4)}
    both = torch.arange(12.0).reshape(6, 2)
    content["G_ema"].mapping._buffers["w_avg"] = both[:, 1]
    (tmp_path / "a.pkl").write_bytes(writer.written(content))
    assert read(tmp_path / "a.pkl").tensors["mapping.w_avg"].tolist() == [1, 3, 5, 7, 9, 11]


def test_a_legacy_tensorflow_file_is_recognised(tmp_path):
    data = b"\x80\x03cdnnlib.tflib.network\nNetwork\nq\x00)\x81q\x01}q\x02b."
    (tmp_path / "a.pkl").write_bytes(data)
    with pytest.raises(ConfigError, match=r"a.pkl is a network pickle of the TensorFlow version.*Convert it with"):
        read(tmp_path / "a.pkl")


@pytest.mark.parametrize("container", ["dict", "set", "dict one by one", "set of a list"])
def test_nothing_nested_is_hashed(container):
    """Python's hash of a tuple a million deep ends the whole process."""
    deep = b"N" + pickle.TUPLE1 * 1000
    data = {
        "dict": b"}(" + deep + b"Nu.",
        "dict one by one": b"}" + deep + b"Ns.",
        "set": b"\x8f(" + deep + b"\x90.",
        "set of a list": b"cbuiltins\nset\n](" + deep + b"e\x85R.",
    }[container]
    with pytest.raises(PickleInDisguiseError, match="asks for a tuple as a key"):
        unpickled(b"\x80\x04" + data)


def test_nothing_nested_is_hashed_inside_a_tensor():
    """Nor by torch's restricted reader, which such a tuple would end with the process."""
    inner = b"\x80\x02}N" + pickle.TUPLE1 * 1000 + b"Ns."
    with pytest.raises(CorruptError, match="more before its values than torch.save writes"):
        unpickled(pickle.dumps(Calls(torch.storage._load_from_bytes, inner), protocol=4))


@pytest.mark.parametrize(
    "opcode", [b"\x82\x01", b"(cbuiltins\nset\no", b"(ibuiltins\nset\n", b"\x96" + b"\xff" * 8, b"(\x91"]
)
def test_other_opcodes_are_not_known(opcode):
    with pytest.raises(CorruptError, match="cut short or damaged"):
        unpickled(b"\x80\x04" + opcode + b".")


def test_the_storage_must_be_one(tmp_path):
    for inner in ({"a": torch.zeros(3)}, torch.zeros(3), [1]):
        file = io.BytesIO()
        torch.save(inner, file, _use_new_zipfile_serialization=False)
        with pytest.raises(PickleInDisguiseError, match="in place of a tensor's values"):
            unpickled(pickle.dumps(Calls(torch.storage._load_from_bytes, file.getvalue()), protocol=4))
    file = io.BytesIO()
    torch.save(storage(torch.zeros(3)), file)
    with pytest.raises(CorruptError, match="not stored as StyleGAN2-ADA does"):
        unpickled(pickle.dumps(Calls(torch.storage._load_from_bytes, file.getvalue()), protocol=4))
