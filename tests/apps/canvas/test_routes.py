from __future__ import annotations

import json

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from apps.canvas import routes
from apps.canvas.routes import FILES, canvas_routes
from apps.refusals import BusyError, RefusedError
from engine.checkpoints import CorruptError
from tests.apps.canvas.toys import lookup_of, toys


@pytest.fixture(scope="module")
def client():
    app = Starlette(routes=canvas_routes(lookup_of(toys()), prefix="/lab/canvas"))
    return TestClient(app, base_url="http://testserver/lab/canvas/")


def question(**fields):
    return {"model": "toy/few", "code": [0.0] * 5, "size": None, "seq": 7} | fields


def test_pixels_come_as_bytes_with_their_shape_and_number(client):
    answer = client.post("decode", json=question())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert (answer.headers["x-shape"], answer.headers["x-seq"]) == ("28,28,1", "7")
    assert float(answer.headers["x-decode-ms"]) >= 0
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) == 784


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (b"nonsense", 400, "not JSON"),
        (json.dumps(question(code=[0.0] * 4)).encode(), 400, "code should be a list of 5 numbers"),
        (json.dumps(question(model="toy/none")).encode(), 404, "No model 'toy/none'; choose one of"),
        (b" " * 300_000, 400, "larger than 0.25 MB"),
    ],
)
def test_a_bad_request_is_answered_in_words(client, body, status, text):
    answer = client.post("decode", content=body)
    assert answer.status_code == status
    assert text in answer.json()["error"]


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (BusyError("The server is busy."), 503, "The server is busy."),
        (torch.OutOfMemoryError("CUDA out of memory."), 507, "The device's memory is full."),
        (RefusedError("This code draws nothing."), 400, "This code draws nothing."),
        (CorruptError("model.safetensors is cut short."), 409, "model.safetensors is cut short."),
        (RuntimeError("a bug"), 500, "The program failed (RuntimeError)."),
    ],
)
def test_what_goes_wrong_is_told_in_words_to_the_sliders_and_to_the_page(client, monkeypatch, error, status, text):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(routes, "answer", fail)
    monkeypatch.setattr(routes, "describe", fail)
    for answer in (client.post("decode", json=question()), client.get("describe/toy/few")):
        assert answer.status_code == status
        assert answer.json()["error"].startswith(text)


def test_decoding_is_no_get(client):
    assert client.get("decode").status_code in (404, 405)


def test_models_are_described_by_their_name(client):
    state = client.get("describe/toy/mixed").json()
    assert state["model"] == "toy/mixed"
    assert state["axes"][0]["options"] == list("0123456789")
    assert state["frame"]["shape"] == [28, 28, 1]


def test_an_unknown_model_is_not_described(client):
    answer = client.get("describe/toy/none")
    assert answer.status_code == 404
    assert "choose one of" in answer.json()["error"]


@pytest.mark.parametrize("name", sorted(FILES))
def test_files_are_served_with_their_type_and_checked_on_every_visit(client, name):
    answer = client.get(name)
    assert answer.headers["content-type"].startswith(FILES[name])
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["etag"]


@pytest.mark.parametrize("name", ["__init__.py", "..%2fcanvas%2fframes.py", "%2e%2e/__init__.py", "nothing.js"])
def test_nothing_else_is_served(client, name):
    assert client.get(name).status_code == 404


def test_no_file_names_an_address_outside_this_machine():
    from apps.canvas import FOLDER

    for name in FILES:
        text = (FOLDER / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text
