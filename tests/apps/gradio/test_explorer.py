"""The explorer without a browser: models on their shelf, routes and their refusals, the first view, the page itself."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from apps import fields as read
from apps.gradio_app import first_view, routes, traverse
from apps.gradio_app.browser import default_model, listing
from apps.gradio_app.routes import explorer_routes, warming
from apps.shelf import Shelf
from engine.checkpoints import catalog, load
from tests.apps.zoo import make_zoo

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(
        tmp_path_factory.mktemp("zoo"), ("sinelines/vae", "sinelines/gt", "mnist/tc5", "mnist/ig5", "mnist/digits")
    )


def entries_of(folder):
    """The catalogue of that folder alone: the repository's own checkpoints would go before it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(folder))
        return catalog()


@pytest.fixture(scope="module")
def shelf(zoo):
    entries = entries_of(zoo)
    folders = {entry.id: entry.folder for entry in entries}
    return Shelf(device="cpu", load=lambda name, device: load(folders[name], device), catalogue=lambda: entries)


@pytest.fixture(scope="module")
def client(shelf):
    return TestClient(Starlette(routes=explorer_routes(shelf)), raise_server_exceptions=False)


def post(client, path, status=200, **fields):
    response = client.post(f"/explorer/{path}", json=fields)
    assert response.status_code == status, response.text
    return response.json()


def pixels(answer):
    kind = np.uint8 if len(answer["shape"]) == 4 else np.float32
    return np.frombuffer(base64.b64decode(answer["data"]), kind).reshape(answer["shape"])


def png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: read.text({}, "model"), "model should be a text"),
        (lambda: read.text({"to": "x"}, "to", options=("median",)), r"to should be one of \['median'\]"),
        (lambda: read.whole({"n": True}, "n", 0, 3), "n should be a whole number from 0 to 3; got True"),
        (lambda: read.whole({"n": 10**40}, "n", 0, 3), "a huge integer"),
        (lambda: read.numbers({"code": [0.0]}, "code", 2), "list of 2 numbers; got 1 entries"),
        (lambda: read.numbers({"code": [0.0, float("nan")]}, "code", 2), r"code\[1\] should be a finite"),
        (lambda: read.numbers({"code": [0.0, 1e9]}, "code", 2), r"code\[1\] should be a finite"),
        (lambda: read.raw({"data": "****"}, "data", 3), "should be base64"),
        (lambda: read.raw({"data": "AAAA"}, "data", 9), "base64 of 9 bytes"),
    ],
)
def test_wrong_fields_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("code", [[0] * 4, [0, 0, 1e9, 0, 0], [0, 0, 10**400, 0, 0]])
def test_a_code_of_a_link_is_refused_in_the_same_words_by_picture_and_strips(client, code):
    picture = client.post("/canvas/decode", json={"model": "mnist/tc5", "code": code, "seq": 1})
    assert picture.status_code == 400
    assert picture.json() == post(client, "strips", 400, model="mnist/tc5", code=code)


def test_facts_describe_a_model_and_bring_its_first_picture(client, shelf):
    facts = client.get("/explorer/facts/mnist/tc5").json()
    assert facts["code"] in shelf.get("mnist/tc5").examples.codes.tolist()
    assert facts["encodes"] is True
    assert len(base64.b64decode(facts["frame"]["data"])) == 28 * 28


def test_live_pictures_come_from_the_same_server(client, shelf):
    z = shelf.get("sinelines/gt").mean_code
    response = client.post("/canvas/decode", json={"model": "sinelines/gt", "code": z.tolist(), "seq": 4})
    assert response.headers["X-Seq"] == "4"
    expected = shelf.get("sinelines/gt").decode(z[None])[0]
    np.testing.assert_allclose(np.frombuffer(response.content, "<f4"), expected, atol=1e-6)


def test_another_model_redraws_what_this_one_draws(client, shelf):
    z = shelf.get("sinelines/gt").mean_code
    response = client.post(
        "/canvas/decode", json={"model": "sinelines/gt > sinelines/vae", "code": z.tolist(), "seq": 1}
    )
    vae = shelf.get("sinelines/vae")
    with torch.inference_mode():
        expected = vae.decode(vae.encode(shelf.get("sinelines/gt").decode(z[None])))[0]
    np.testing.assert_allclose(np.frombuffer(response.content, "<f4"), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("sinelines/gt > mnist/tc5", 400),
        ("sinelines/gt > sinelines/vae > sinelines/gt", 404),
        ("mnist/tc5 > mnist/digits", 404),
        ("mnist/digits", 404),
        ("sinelines/gt > ", 404),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(client, name, status):
    for path, fields in (("decode", {"code": [0] * 5, "seq": 1}), ("describe", {})):
        ask = client.post if fields else client.get
        more = {"json": {"model": name, **fields}} if fields else {}
        answer = ask(f"/canvas/{path}" + ("" if fields else f"/{name}"), **more)
        assert answer.status_code == status
        assert answer.json()["error"]


@pytest.mark.parametrize("name", ["sinelines/gt > sinelines/vae", "mnist/unknown"])
def test_an_unknown_model_has_no_facts_and_those_that_can_be_opened_are_named(client, name):
    for path in ("facts", "examples"):
        answer = client.get(f"/explorer/{path}/{name}")
        assert answer.status_code == 404
        assert name in answer.json()["error"]
    assert name in post(client, "jump", 404, model=name, to="median")["error"]
    said = client.get(f"/explorer/facts/{name}").json()["error"]
    assert "mnist/tc5" in said
    assert "mnist/digits" not in said  # a classifier has no sliders
    assert "[" not in said


def test_of_a_classifier_the_page_learns_that_it_is_one(client):
    assert client.get("/explorer/facts/mnist/digits").json() == {"model": "mnist/digits", "kind": "classifier"}
    assert client.get("/explorer/examples/mnist/digits").status_code == 404


def test_a_bug_is_an_error_of_the_server_with_a_line_in_its_log(client, monkeypatch, caplog):
    def broken(model, fields):
        raise KeyError("posX")

    monkeypatch.setattr(traverse, "jump", broken)
    answer = post(client, "jump", 500, model="mnist/tc5", to="median")
    assert "KeyError" in answer["error"]
    assert "broken" in caplog.text


def test_strips_hold_a_walk_along_every_axis(client, shelf):
    model = shelf.get("mnist/tc5")
    code = model.mean_code.tolist()
    answer = post(client, "strips", model="mnist/tc5", code=code, range="percentile", count=5)
    assert [row["axis"] for row in answer["strips"]] == list(range(len(model.axes)))
    assert answer["shape"] == [25, 28, 28, 1]
    first = model.axes[0]
    z = model.mean_code.clone()
    z[first.indices[0]] = first.low
    expected = (model.decode(z[None]) * 255).round()[0, 0].detach().numpy()
    assert np.abs(pixels(answer)[0, :, :, 0] - expected).max() <= 1


def test_random_codes_follow_their_seed(client):
    first, again, other = (
        post(client, "jump", model="mnist/ig5", to="random", seed=seed)["code"] for seed in (1, 1, 2)
    )
    assert first == again != other


def test_the_nearest_example_brings_its_picture(client, shelf):
    examples = shelf.get("mnist/tc5").examples
    answer = post(client, "jump", model="mnist/tc5", to="nearest", code=examples.codes[7].tolist())
    assert answer["index"] == 7
    assert "label 7" in answer["note"]
    assert pixels(answer["input"])[0, ..., 0].tolist() == (examples.x[7, 0] * 255).round().int().tolist()


def test_examples_come_in_pages(client):
    answer = client.get("/explorer/examples/mnist/tc5?start=90&count=50").json()
    assert (answer["start"], answer["total"], answer["shape"][0], len(answer["captions"])) == (90, 96, 6, 6)
    assert client.get("/explorer/examples/mnist/tc5?start=x").status_code == 400


def test_an_input_is_encoded_by_all_models_asked(client, shelf):
    prepared = client.post("/explorer/prepare/mnist/tc5", content=png(Image.new("L", (90, 40), 255)),
                           headers={"Content-Type": "application/octet-stream"}).json()  # fmt: skip
    assert [note.split(",")[0] for note in prepared["notes"]] == [
        "Nothing can be seen in the result",
        "Padded above and below.",
        "Light and dark were exchanged (its border is bright).",
        "Resized from 90 x 40 to 28 x 28 pixels.",
    ]
    answer = post(client, "encode", models=["mnist/tc5", "mnist/ig5"], data=prepared["data"])
    x = torch.zeros(1, 1, 28, 28)
    torch.testing.assert_close(
        torch.tensor(answer["codes"]["mnist/tc5"]), shelf.get("mnist/tc5").encode(x)[0], atol=1e-5, rtol=1e-4
    )
    assert "mnist/ig5 has no encoder: its code was searched" in answer["note"]
    post(client, "encode", 400, models=["mnist/tc5", "sinelines/vae"], data=prepared["data"])


def test_numbers_are_encoded_as_series(client):
    prepared = client.post("/explorer/prepare/sinelines/vae", content=b"0\n1\n2\n",
                           headers={"Content-Type": "application/octet-stream"}).json()  # fmt: skip
    assert len(prepared["series"]) == 64
    assert (
        len(post(client, "encode", models=["sinelines/vae"], series=prepared["series"])["codes"]["sinelines/vae"]) == 5
    )


def test_a_line_brings_codes_and_a_few_pictures(client):
    answer = post(client, "line", model="mnist/tc5", a=[0] * 5, b=[1] * 5, count=5, thumbnails=3)
    assert [code[0] for code in answer["codes"]] == [0, 0.25, 0.5, 0.75, 1]
    assert (answer["shown"], answer["shape"][0]) == ([0, 2, 4], 3)


@pytest.mark.parametrize(
    ("kind", "media"), [("gif", "image/gif"), ("png", "image/png"), ("csv", "text/csv; charset=utf-8")]
)
@pytest.mark.parametrize("model", ["mnist/tc5", "sinelines/gt"])
def test_a_line_can_be_taken_away(client, kind, media, model):
    response = client.post(
        "/explorer/download", json={"model": model, "a": [0] * 5, "b": [1] * 5, "count": 4, "as": kind}
    )
    assert response.headers["Content-Type"] == media
    assert response.headers["Content-Disposition"].endswith(f'{model.replace("/", "-")}-a-to-b.{kind}"')
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(response.text)))
        assert [len(row) for row in rows] == [6] * 5
        assert rows[-1] == ["3", *["1"] * 5]
    else:
        assert Image.open(io.BytesIO(response.content)).n_frames == (6 if kind == "gif" else 1) or kind == "png"


@pytest.mark.parametrize(
    ("path", "fields", "status", "text"),
    [
        ("strips", {"model": "mnist/tc6", "code": [0] * 5}, 404, "No model 'mnist/tc6'"),
        ("strips", {"model": "mnist/tc5", "code": [0] * 4}, 400, "list of 5 numbers"),
        ("strips", {"model": "mnist/tc5", "code": [0] * 5, "count": 1000}, 400, "from 3 to 21"),
        ("jump", {"model": "mnist/tc5", "to": "moon"}, 400, "to should be one of"),
        ("jump", {"model": "mnist/tc5", "to": "example", "index": 96}, 400, "from 0 to 95"),
        ("line", {"model": "mnist/tc5", "a": [0] * 5, "b": [0] * 5, "count": 10**6}, 400, "from 2 to 121"),
        ("encode", {"models": []}, 400, "one to four names"),
        ("encode", {"models": ["mnist/tc5"], "data": "AAAA"}, 400, "base64 of 784 bytes"),
        ("device", {"device": "tpu"}, 400, "device should be one of"),
        ("download", {"model": "mnist/tc5", "as": "exe"}, 400, "as should be one of"),
    ],
)
def test_refusals_are_sentences(client, path, fields, status, text):
    assert text in post(client, path, status, **fields)["error"]


def test_uploads_are_bounded_and_typed(client, monkeypatch):
    monkeypatch.setattr(routes, "MAX_FILE_BYTES", 2**20)
    octets = {"Content-Type": "application/octet-stream"}
    assert (
        "larger than 1 MB"
        in client.post("/explorer/prepare/mnist/tc5", content=bytes(2**20 + 1), headers=octets).json()["error"]
    )
    assert (
        "not a picture" in client.post("/explorer/prepare/mnist/tc5", content=b"x" * 99, headers=octets).json()["error"]
    )
    # what another site's form could send without asking is not read
    assert (
        client.post("/explorer/prepare/mnist/tc5", content=b"x", headers={"Content-Type": "text/plain"}).status_code
        == 400
    )
    assert (
        client.post(
            "/explorer/device", content=b'{"device": "cpu"}', headers={"Content-Type": "text/plain"}
        ).status_code
        == 400
    )
    assert (
        client.post("/explorer/device", content=b"[" * 5000, headers={"Content-Type": "application/json"}).status_code
        == 400
    )


def test_a_full_device_is_told_in_words(client, shelf, monkeypatch):
    def full(z):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(shelf.get("mnist/tc5"), "decode", full)
    answer = post(client, "strips", 507, model="mnist/tc5", code=[0] * 5)
    assert "Choose the CPU" in answer["error"]


@pytest.mark.parametrize("name", ["..%2Fframe.py", "first_view.py", "%2e%2e/frame.py", "nothing.js", "page.html"])
def test_only_the_pages_own_files_are_served(client, name):
    assert client.get(f"/explorer/page/{name}").status_code == 404
    assert client.get("/explorer/page/traverse.js").headers["Cache-Control"] == "no-cache"
    assert client.get("/explorer/page/canvas.js").status_code == 200


# ---------------------------------------------------------------------------------- browser, first view, page


def entry(name, kind="latent", error=""):
    return SimpleNamespace(id=name, kind=kind, error=error, dataset="mnist", title=name, latents=2, preset="starter",
                           metrics={})  # fmt: skip


def test_the_browser_groups_by_data_set_and_leaves_classifiers_out(shelf):
    groups = listing(shelf)
    assert [group["title"] for group in groups] == ["Sinelines", "MNIST"]
    names = [row["name"] for row in groups[1]["models"]]
    assert "tc5" in names
    assert "digits" not in names
    assert groups[1]["models"][0]["metric"]["paper"] == "25.4"
    assert default_model(shelf) == "mnist/tc5"


def test_a_damaged_checkpoint_is_listed_with_its_reason_and_never_the_default():
    shelf = Shelf(catalogue=lambda: (entry("mnist/tc10", kind="damaged", error="cut short"), entry("mnist/ae5")))
    assert [row["error"] for row in listing(shelf)[0]["models"]] == ["cut short", ""]
    assert default_model(shelf) == "mnist/ae5"


def test_the_first_view_is_kept_until_a_checkpoint_changes(zoo, shelf, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path))
    assert first_view.read() is None
    first_view.write(shelf)
    kept = first_view.read()
    assert kept["facts"]["model"] == "mnist/tc5"
    assert kept["facts"]["frame"]["shape"] == [28, 28, 1]
    monkeypatch.setattr(first_view, "VERSION", 2)
    assert first_view.read() is None


def test_the_shipped_first_view_is_that_of_the_shipped_checkpoints(monkeypatch):
    if not first_view.SHIPPED.is_file():
        pytest.skip("none is shipped: the first start is as slow as it is, later ones find theirs in the cache")
    monkeypatch.delenv("LATENT_EXPLORER_CHECKPOINTS", raising=False)
    kept = json.loads(first_view.SHIPPED.read_text(encoding="utf-8"))
    assert kept["fingerprint"] == first_view.fingerprint(), "run: python -m apps.gradio_app.first_view"


def test_half_a_first_view_is_none(zoo, shelf, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path))
    first_view.write(shelf)
    path = tmp_path / "explorer" / "first_view.json"
    path.write_text(path.read_text()[:100])
    assert first_view.read() is None


def test_warming_loads_the_default_model_once_and_reports(zoo, shelf, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path))
    start = warming(shelf)
    start()
    start()
    assert shelf.ready.wait(30)
    assert json.loads((tmp_path / "explorer" / "first_view.json").read_text())["facts"]["model"] == "mnist/tc5"


def test_series_and_pictures_are_told_apart():
    space = SimpleNamespace(kind="series", shape=(3,))
    assert traverse.picture(torch.tensor([1.0, 2.0, 3.0]), space)["series"] == [1, 2, 3]


CHEAP = """
import sys
sys.argv = ["explorer.py"]
import importlib.util
spec = importlib.util.spec_from_file_location("explorer", "apps/explorer.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
assert "torch" not in sys.modules, "importing the app imported torch"
import gradio, inspect
assert isinstance(module.demo, gradio.Blocks)
assert set(module.LAUNCH_KW) <= set(inspect.signature(gradio.Blocks.launch).parameters)
assert module.LAUNCH_KW["max_file_size"] and module.LAUNCH_KW["strict_cors"] and not module.LAUNCH_KW["ssr_mode"]
assert module.LAUNCH_KW["inbrowser"] is False
assert "allowed_paths" not in module.LAUNCH_KW and "share" not in module.LAUNCH_KW
assert module.demo.delete_cache == (600, 3600) and module.demo.analytics_enabled is False
visible = [d["api_name"] for d in module.demo.config["dependencies"] if d["api_visibility"] == "public"]
assert visible == [], f"public events: {visible}"
"""


def test_importing_the_app_is_cheap_and_its_settings_are_strict(tmp_path):
    env = {**os.environ, "LATENT_EXPLORER_CACHE": str(tmp_path), "LATENT_EXPLORER_OPEN": "0"}
    done = subprocess.run([sys.executable, "-c", CHEAP], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.gpu
def test_models_move_to_cuda_and_back_and_draw_the_same(zoo):
    entries = entries_of(zoo)
    folders = {entry.id: entry.folder for entry in entries}
    shelf = Shelf(device="cpu", load=lambda name, device: load(folders[name], device), catalogue=lambda: entries)
    client = TestClient(Starlette(routes=explorer_routes(shelf)))
    code = shelf.get("mnist/tc5").mean_code.tolist()
    drawn = {}
    for device in ("cpu", "cuda", "auto", "cpu"):
        assert post(client, "device", device=device)["choice"] == device
        drawn[device] = pixels(post(client, "strips", model="mnist/tc5", code=code, count=3)).astype(int)
        assert post(client, "jump", model="mnist/tc5", to="nearest", code=code)["index"] >= 0
        assert client.post("/canvas/decode", json={"model": "mnist/tc5", "code": code, "seq": 1}).status_code == 200
    assert np.abs(drawn["cuda"] - drawn["cpu"]).max() <= 1
