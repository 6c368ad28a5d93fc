"""Decoders for the page over HTTP: opaque names, waiting, refusals, and files that browsers keep."""

from __future__ import annotations

import gzip
import hashlib
import re
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from apps.canvas import FOLDER
from apps.canvas.onnx_routes import VENDOR, CatalogueDecoders, onnx_routes
from apps.refusals import UnknownModelError
from engine.checkpoints.onnx_decoder import OnnxExportError
from tests.apps.canvas.toys import toys

DATA = b"an ONNX file" * 100
PACKED = gzip.compress(DATA, mtime=0)


def carded(id, weights):
    config = {"weights": {"sha256": weights}, "network": {"name": "dense"}, "space": {}, "layout": []}
    return SimpleNamespace(id=id, card=SimpleNamespace(config=config))


class Files:
    """What `OnnxFiles.get` answers, by model."""

    def get(self, model):
        if model.id == "toy/heavy":
            raise OnnxExportError("toy/heavy is too heavy for a page")
        return None if model.id == "toy/young" else PACKED


@pytest.fixture
def models():
    found = {id: carded(id, id) for id in ("toy/light", "toy/young", "toy/heavy")}
    return found | {"toy/few": toys()["toy/few"]}


@pytest.fixture
def client(models):
    def lookup(id):
        if id not in models:
            raise UnknownModelError(f"No model {id!r}.")
        return models[id]

    routes = CatalogueDecoders(lookup, Files()).routes(prefix="/lab/canvas")
    return TestClient(Starlette(routes=routes), base_url="http://testserver/lab/canvas/")


def name_of(client, id):
    return client.get(f"onnx-name/{id}").json()["name"]


def test_a_light_decoder_comes_gzipped_and_is_kept_for_good(client):
    name = name_of(client, "toy/light")
    answer = client.get(f"onnx/{name}")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    assert int(answer.headers["content-length"]) == len(PACKED)
    again = client.get(f"onnx/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_who_cannot_unpack_gets_it_plain(client):
    answer = client.get(f"onnx/{name_of(client, 'toy/light')}", headers={"Accept-Encoding": "identity"})
    assert answer.content == DATA
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"


def test_a_decoder_that_is_being_made_is_waited_for(client):
    answer = client.get(f"onnx/{name_of(client, 'toy/young')}")
    assert answer.status_code == 202
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["retry-after"]) > 0


def test_a_heavy_decoder_is_none_and_its_model_is_not_told(client):
    answer = client.get(f"onnx/{name_of(client, 'toy/heavy')}")
    assert answer.status_code == 404
    assert "toy" not in answer.text


def test_a_name_tells_no_model_and_only_names_given_out_are_served(client, models):
    name = name_of(client, "toy/light")
    assert re.fullmatch("[0-9a-f]{64}", name)
    for other in ("toy/light", "toy%2Flight", name[:-1], "0" * 64, "..%2Fcanvas.js"):
        assert client.get(f"onnx/{other}").status_code == 404
    models["toy/light"] = carded("toy/light", "trained anew")
    assert client.get(f"onnx/{name}").status_code == 404
    assert name_of(client, "toy/light") != name


def test_models_without_a_checkpoint_have_no_name(client):
    assert name_of(client, "toy/few") is None
    assert client.get("onnx-name/toy/none").status_code == 404


def test_others_may_give_names_of_their_own():
    routes = onnx_routes({"k7": carded("toy/light", "a")}.__getitem__, Files())
    assert TestClient(Starlette(routes=routes)).get("/canvas/onnx/k7").content == DATA


def test_the_runtime_is_what_was_published_and_what_the_script_asks_for(client):
    folder = re.search(r'RUNTIME = "vendor/([^"]+)"', (FOLDER / "onnx_source.js").read_text())[1]
    sums = dict(line.split()[::-1] for line in (VENDOR / folder / "SHA256SUMS").read_text().splitlines())
    assert len(sums) == 3
    for name, sha256 in sums.items():
        answer = client.get(f"vendor/{folder}/{name}")
        assert hashlib.sha256(answer.content).hexdigest() == sha256
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        media = "application/wasm" if name.endswith(".wasm") else "text/javascript"
        assert answer.headers["content-type"].startswith(media)
    assert "Microsoft" in (VENDOR / folder / "LICENSE").read_text()


@pytest.mark.parametrize("path", ["README.md", "nothing.mjs", "..%2Fcanvas.js", "%2e%2e/canvas.js"])
def test_nothing_else_is_served(client, path):
    assert client.get(f"vendor/{path}").status_code == 404
