from __future__ import annotations

import base64
import json
import math
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from apps.canvas import Frame, answer, decode_frame, describe, frames, read_message, start_code, static_folder
from apps.refusals import BusyError, RefusedError, UnknownModelError
from engine.explain import Redraw
from tests.apps.canvas.toys import lookup_of, toys

MODELS = toys()
FEW, CURVE, COLOUR, LARGE = (MODELS[f"toy/{name}"] for name in ("few", "curve", "colour", "large"))


def request(model, /, **fields):
    return {"model": model.id, "code": [0.5] * model.latent_dim, "size": None, "seq": 1} | fields


def decoded(model, code):
    with torch.no_grad():
        return model.decode(torch.tensor([code], dtype=torch.float32))[0]


def test_image_bytes_are_the_decoders_pixels_row_by_row():
    code = [0.3, -1.2, 0.8]
    shape, data = decode_frame(COLOUR, request(COLOUR, code=code))
    expected = (decoded(COLOUR, code).permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    assert shape == (48, 32, 3)
    np.testing.assert_array_equal(np.frombuffer(data, np.uint8).reshape(shape), expected)


def test_series_bytes_are_little_endian_float32():
    code = [0.3, -1.2, 0.8]
    shape, data = decode_frame(CURVE, request(CURVE, code=code))
    assert shape == (64,)
    np.testing.assert_array_equal(np.frombuffer(data, "<f4"), decoded(CURVE, code).numpy())


@pytest.mark.parametrize(
    ("size", "shape"), [(None, (512, 384, 3)), (128, (128, 96, 3)), (1, (1, 1, 3)), (4096, (512, 384, 3))]
)
def test_size_bounds_the_longest_side(size, shape):
    assert decode_frame(LARGE, request(LARGE, size=size))[0] == shape


def test_a_preview_is_the_mean_of_the_pixels_it_stands_for():
    full = np.frombuffer(decode_frame(LARGE, request(LARGE))[1], np.uint8).reshape(128, 4, 96, 4, 3).mean((1, 3))
    small = np.frombuffer(decode_frame(LARGE, request(LARGE, size=128))[1], np.uint8).reshape(128, 96, 3)
    assert np.abs(full - small).max() <= 1.0


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=5, max_size=5), st.integers(0, 2**53))
def test_every_finite_code_is_answered_with_its_number(code, seq):
    frame = answer(lookup_of(MODELS), {"model": "toy/few", "code": code, "seq": seq})
    assert (frame.seq, frame.shape, len(frame.data)) == (seq, (28, 28, 1), 784)
    assert frame.duration_ms >= 0


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (None, "should be an object .* got NoneType"),
        ([1, 2], "should be an object .* got list"),
        ({"code": [0.0] * 5}, "model should be a name of 1 to 200 characters; got None"),
        (request(FEW, model=""), "model should be a name"),
        (request(FEW, model="x" * 201), "model should be a name"),
        (request(FEW, model={"a": 1}), "model should be a name"),
        (request(FEW, depth=1), r"got also \['depth'\]"),
        (request(FEW, code=None), "code should be a list of 5 numbers; got NoneType"),
        (request(FEW, code="00000"), "code should be a list of 5 numbers; got str"),
        (request(FEW, code=[0.0] * 4), "code should be a list of 5 numbers; got 4 entries"),
        (request(FEW, code=[0.0] * 100_000), "code should be a list of 5 numbers; got 100000 entries"),
        (request(FEW, code=[0, 0, math.nan, 0, 0]), r"code\[2\] should be a finite number .* got nan"),
        (request(FEW, code=[0, 0, 0, math.inf, 0]), r"code\[3\] should be a finite number .* got inf"),
        (request(FEW, code=[0, 0, 0, 0, 2e6]), r"code\[4\] should be a finite number .* got 2000000.0"),
        (request(FEW, code=[10**400, 0, 0, 0, 0]), r"code\[0\] .* got a huge integer"),
        (request(FEW, code=[True, 0, 0, 0, 0]), r"code\[0\] .* got True"),
        (request(FEW, code=["1.0", 0, 0, 0, 0]), r"code\[0\] .* got '1.0'"),
        (request(FEW, code=[[0.0], 0, 0, 0, 0]), r"code\[0\] .* got \[0.0\]"),
        (request(FEW, size=0), "size should be a whole number from 1 to 4096, or absent; got 0"),
        (request(FEW, size=5000), "size should be .* got 5000"),
        (request(FEW, size=2.5), "size should be .* got 2.5"),
        (request(FEW, size=True), "size should be .* got True"),
        (request(FEW, seq=-1), "seq should be .* got -1"),
        (request(FEW, seq="1"), "seq should be .* got '1'"),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(payload, text):
    with pytest.raises(RefusedError, match=text):
        answer(lookup_of(MODELS), payload)


def test_an_unknown_model_is_an_error_of_the_lookup():
    with pytest.raises(UnknownModelError, match="No model 'toy/fwe'; choose one of"):
        answer(lookup_of(MODELS), request(FEW, model="toy/fwe"))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"code": [NaN]}', "NaN is not a number of JSON"),
        (b'{"code": [-Infinity]}', "-Infinity is not a number"),
        (b"[" * 100_000, "not JSON"),
        (b"[1, 2]", "got list"),
        (b'{"code": "' + b"a" * 300_000 + b'"}', "has 300012 bytes; at most 262144"),
    ],
)
def test_a_body_that_is_no_request_is_told_so(body, text):
    with pytest.raises(RefusedError, match=text):
        read_message(body)


def test_a_body_survives_the_way_through_json():
    message = request(FEW, code=[0.1, -2, 3.5e-8, 0, 1], size=64, seq=12)
    assert read_message(json.dumps(message).encode()) == message


def test_json_answers_carry_the_same_bytes():
    frame = answer(lookup_of(MODELS), request(FEW, seq=4))
    text = json.loads(json.dumps(frame.to_json()))
    assert base64.b64decode(text["data"]) == frame.data
    assert (text["seq"], tuple(text["shape"])) == (4, frame.shape)


class Odd(SimpleNamespace):
    __hash__ = object.__hash__


def fake(decode, **more):
    same = {"latent_dim": 5, "layout": FEW.layout, "axes": FEW.axes, "space": FEW.space}
    return Odd(id="odd", decode=decode, **same, **more)


def test_a_model_of_the_wrong_shape_is_named():
    with pytest.raises(ValueError, match=r"shape \(1, 28, 28\); expected \(1, 1, 28, 28\)"):
        decode_frame(fake(lambda z: torch.zeros(1, 28, 28)), request(FEW))


def test_values_that_are_not_finite_are_not_drawn():
    with pytest.raises(RefusedError, match="not finite; move the sliders"):
        decode_frame(fake(lambda z: torch.full((1, 1, 28, 28), math.nan)), request(FEW))


def test_the_code_goes_to_the_models_device():
    seen = []
    decode_frame(fake(lambda z: seen.append(z.device) or torch.zeros(1, 1, 28, 28), device="cpu"), request(FEW))
    assert seen == [torch.device("cpu")]


def test_no_more_than_two_decodes_run_at_a_time():
    running, most, lock, enough = 0, 0, threading.Lock(), threading.Event()

    def decode(z):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        enough.wait(0.05)
        with lock:
            running -= 1
        return torch.zeros(1, 1, 28, 28)

    threads = [threading.Thread(target=decode_frame, args=(fake(decode), request(FEW))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_who_waits_too_long_is_told_the_server_is_busy(monkeypatch):
    monkeypatch.setattr(frames, "WAIT_S", 0.01)
    monkeypatch.setattr(frames, "_TURNS", threading.BoundedSemaphore(1))
    with frames._TURNS, pytest.raises(BusyError, match="server is busy"):
        decode_frame(FEW, request(FEW))


def test_searching_codes_does_not_hold_up_live_pictures(monkeypatch):
    class Encoding(type(FEW)):
        def encode(self, x):
            return torch.zeros(len(x), 5)

    quick = Encoding("quick", FEW.layout, FEW.axes, FEW.space)
    monkeypatch.setattr(frames, "WAIT_S", 0.01)
    monkeypatch.setattr(frames, "_SEARCHES", threading.BoundedSemaphore(1))
    with frames._SEARCHES:
        with pytest.raises(BusyError):
            decode_frame(Redraw(FEW, MODELS["toy/slow"]), request(FEW))  # has no encoder: 120 steps of a search
        assert decode_frame(Redraw(FEW, quick), request(FEW))[0] == (28, 28, 1)
        assert decode_frame(FEW, request(FEW))[0] == (28, 28, 1)


def test_a_failing_decoder_gives_its_turn_back(monkeypatch):
    monkeypatch.setattr(frames, "_TURNS", threading.BoundedSemaphore(1))

    def decode(z):
        raise RuntimeError("out of memory")

    for _ in range(3):
        with pytest.raises(RuntimeError, match="out of memory"):
            decode_frame(fake(decode), request(FEW))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_description_is_json_and_its_code_can_be_asked_for(name):
    model = MODELS[name]
    state = json.loads(json.dumps(describe(model, first_frame=True), allow_nan=False))
    assert [axis["name"] for axis in state["axes"]] == [axis.name for axis in model.axes]
    assert sum(part["size"] for part in state["layout"]) == len(state["code"]) == model.latent_dim
    shape, data = decode_frame(model, {"model": name, "code": state["code"]})
    assert state["frame"] == {"shape": list(shape), "data": base64.b64encode(data).decode()}


def test_a_description_starts_at_the_axes_centres():
    mixed = describe(MODELS["toy/mixed"])["code"]
    assert mixed == pytest.approx([1] + 9 * [0] + 3 * [0.1])
    along = torch.tensor(describe(COLOUR)["code"])
    assert float(along @ torch.tensor([0.6, 0.0, 0.8])) == pytest.approx(0.0, abs=1e-6)
    assert float(along[1]) == pytest.approx(0.1)


def test_a_description_starts_where_it_is_told():
    assert describe(FEW, code=torch.arange(5.0)[None])["code"] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("code", [torch.zeros(4), torch.tensor([0, 0, 0, 0, math.nan])])
def test_a_start_code_that_does_not_fit_is_refused(code):
    with pytest.raises(ValueError, match="start code of 'toy/few' should be 5 finite numbers"):
        describe(FEW, code=code)


def test_an_axis_without_a_measured_range_is_named():
    broken = SimpleNamespace(**vars(fake(None)) | {"axes": (replace(FEW.axes[0], low=math.nan),)})
    with pytest.raises(ValueError, match="'z0' has low = nan"):
        describe(broken, code=torch.zeros(5))


def test_the_static_folder_has_every_file_the_routes_serve():
    from apps.canvas.routes import FILES

    assert all((static_folder() / name).is_file() for name in FILES)


def test_a_frame_is_frozen():
    with pytest.raises(AttributeError):
        Frame(seq=1, shape=(1,), data=b"", duration_ms=0.0).seq = 2


def test_a_model_starts_at_the_example_nearest_to_its_middle():
    codes = torch.tensor([[9.0, 0, 0, 0, 0], [0.1, 0, 0, 0, 30], [1, 0, 0, 0, 1]])
    model = Odd(examples=SimpleNamespace(codes=codes), mean_code=torch.zeros(5))
    assert start_code(model).tolist() == [1, 0, 0, 0, 1]  # each entry in units of its own spread
    assert start_code(FEW) is FEW.mean_code
