"""The Explain workspace without a browser: what is read from a page, what streams back, files to take away."""

from __future__ import annotations

import base64
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from torch import nn

from apps.explaining import Question, caption, describe_methods, read_methods, read_target, resolved, spoken
from apps.gradio_app import explain_export
from apps.gradio_app.explain import Asked, read_question
from apps.gradio_app.routes import explorer_routes
from apps.refusals import RefusedError
from apps.shelf import Shelf
from engine.checkpoints import catalog, load
from engine.explain.heatmaps import HEATMAPS, Target, attribute, build_method, normalise
from engine.interfaces import Readout, Space
from engine.metrics import agreement, deletion_insertion, random_order
from engine.models import ImageClassifier
from engine.models.predictions import predictions
from tests.apps.test_streaming import taken_apart
from tests.apps.zoo import make_zoo

MODEL, FAST = "mnist/digits", [{"name": "saliency"}, {"name": "input-x-gradient"}]
EXAMPLES = [{"example": 0}, {"example": 5}]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    ids = ("mnist/tc5", MODEL, "mnist/digits-paper", "sinelines/gt")
    folder = make_zoo(tmp_path_factory.mktemp("zoo"), ids)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(folder))
        entries = catalog()
    folders = {entry.id: entry.folder for entry in entries}
    return Shelf(device="cpu", load=lambda name, device: load(folders[name], device), catalogue=lambda: entries)


@pytest.fixture(scope="module")
def client(shelf, tmp_path_factory):
    from apps.explaining import kept_maps

    kept_maps.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path_factory.mktemp("cache")))
        kept_maps()
    yield TestClient(Starlette(routes=explorer_routes(shelf)), raise_server_exceptions=False)
    kept_maps.cache_clear()


def ask(client, path="maps", **fields):
    sent = {"classifier": MODEL, "pictures": EXAMPLES, "methods": FAST, **fields}
    return client.post(f"/explorer/explain/{path}", json=sent)


def pieces(response):
    assert response.status_code == 200, response.text
    return taken_apart(response.content)


def exported(client, **fields):
    """The `file` piece of an answer, and the bytes of its parts together."""
    received = pieces(ask(client, "export", **{"classifiers": [MODEL], **fields}))
    assert received[-1][0]["type"] == "done", received[-1][0]
    [about] = [one for one, _ in received if one["type"] == "file"]
    return about, b"".join(data for one, data in received if one["type"] == "part")


def png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------- controls


def test_every_method_is_described_with_its_options():
    described = {one["name"]: one for one in describe_methods()}
    assert described.keys() == set(HEATMAPS)
    for one in described.values():
        assert one["title"]
        assert one["about"].endswith(".")
        assert all(option["help"].endswith(".") for option in one["options"])
        json.dumps(one)
    steps = described["integrated-gradients"]["options"][0]
    assert (steps["name"], steps["low"], steps["high"], steps["default"]) == ("steps", 2, 300, 50)


def test_classifiers_are_listed_with_their_shapes_and_nothing_else_is(client):
    listed = client.get("/explorer/explain/choices").json()
    assert [(one["id"], one["shape"]) for one in listed["classifiers"]] == [
        ("mnist/digits", [1, 28, 28]),
        ("mnist/digits-paper", [1, 28, 28]),
    ]
    [group] = listed["groups"]
    assert group["title"] == "MNIST" and [one["name"] for one in group["models"]] == ["digits", "digits-paper"]
    assert group["models"][0]["metric"]["name"] == "Accuracy"
    assert len(listed["colors"]) == 255
    assert set(listed["defaults"]) <= set(HEATMAPS)


def test_models_are_listed_with_the_shapes_they_draw(client):
    models = client.get("/explorer/explain/choices").json()["models"]
    assert {one["id"]: one["shape"] for one in models} == {"mnist/tc5": [1, 28, 28], "sinelines/gt": [64]}


def test_a_loaded_classifier_tells_its_classes_and_layers(client):
    facts = client.get(f"/explorer/explain/classifier/{MODEL}").json()
    assert facts["classes"] == [str(k) for k in range(10)]
    assert facts["names"] == facts["classes"]
    assert facts["exclusive"] is True
    assert facts["layers"]


@pytest.mark.parametrize("name", ["mnist/tc5", "mnist/unknown"])
def test_what_is_no_classifier_is_refused_by_every_route(client, name):
    for path in ("classifier", "examples"):
        answer = client.get(f"/explorer/explain/{path}/{name}")
        assert answer.status_code == 404
        assert "choose one of mnist/digits" in answer.json()["error"]
    assert ask(client, classifier=name).status_code == 404


def test_examples_come_in_pages_with_their_labels(client):
    answer = client.get(f"/explorer/explain/examples/{MODEL}?start=3&count=4").json()
    assert answer["shape"] == [4, 28, 28, 1]
    assert answer["captions"][0] == "number 3, 3"
    assert client.get(f"/explorer/explain/examples/{MODEL}?start=x").status_code == 400


# ---------------------------------------------------------------------------------------------- maps


def test_maps_are_the_engines_own_and_scaled_alike(client, shelf):
    received = pieces(ask(client))
    model = shelf.get(MODEL)
    x = model.examples.x[[0, 5]]
    kinds = [fields["type"] for fields, _ in received]
    assert (kinds[0], kinds[-1]) == ("pictures", "done")
    np.testing.assert_array_equal(np.frombuffer(received[0][1], np.uint8), (255 * x).round().byte().numpy().ravel())
    for fields, data in received:
        if fields["type"] != "map":
            continue
        with torch.no_grad():
            target = model.logits(x).argmax(dim=1).tolist()
        expected = attribute(model, x, fields["method"], target=target).values
        sums = np.frombuffer(data[: 4 * x.numel()], "<f4").reshape(fields["shape"])
        np.testing.assert_allclose(sums, expected.sum(dim=1), atol=1e-6)
        planes = np.frombuffer(data[4 * x.numel() :], np.int8).reshape(3, *fields["shape"])
        for plane, sign in zip(planes, ("all", "positive", "negative"), strict=True):
            np.testing.assert_allclose(plane / 127, normalise(expected, sign=sign), atol=0.5 / 127 + 1e-6)
    assert kinds.count("map") == len(FAST)


def test_a_large_set_comes_a_few_pictures_at_a_time(client):
    received = pieces(ask(client, pictures=[{"example": k} for k in range(6)]))
    maps = [(fields["method"], fields["pictures"]) for fields, _ in received if fields["type"] == "map"]
    assert maps == [(one["name"], rows) for rows in ([0, 1, 2, 3], [4, 5]) for one in FAST]


def test_what_was_computed_before_is_kept_unless_a_hand_passes_by(client):
    picture = [{"example": 40}]
    assert [f["cached"] for f, _ in pieces(ask(client, pictures=picture, live=True)) if f["type"] == "map"] == [0, 0]
    assert [f["cached"] for f, _ in pieces(ask(client, pictures=picture)) if f["type"] == "map"] == [0, 0]
    assert [f["cached"] for f, _ in pieces(ask(client, pictures=picture)) if f["type"] == "map"] == [1, 1]


def test_a_method_that_cannot_explain_the_model_says_why_and_the_others_go_on(client):
    methods = [{"name": "grad-cam", "options": {"layer": "network.nothing"}}, *FAST]
    received = [fields for fields, _ in pieces(ask(client, methods=methods))]
    failure = next(fields for fields in received if fields["type"] == "failure")
    assert "layer should be one of" in failure["reason"]
    assert [fields["method"] for fields in received if fields["type"] == "map"] == [one["name"] for one in FAST]


def test_what_traverse_shows_is_explained(client, shelf):
    drawing = shelf.get("mnist/tc5")
    code = drawing.mean_code.tolist()
    received = pieces(ask(client, pictures=[{"model": "mnist/tc5", "code": code}]))
    expected = drawing.decode(drawing.mean_code[None]).detach()
    shown = np.frombuffer(received[0][1], np.uint8).reshape(28, 28)
    np.testing.assert_allclose(shown, 255 * expected[0, 0], atol=0.51)
    answer = ask(client, pictures=[{"model": "sinelines/gt", "code": shelf.get("sinelines/gt").mean_code.tolist()}])
    assert answer.status_code == 400
    assert "choose two whose pictures have one shape" in answer.json()["error"]


def test_classifiers_are_asked_about_one_picture(client):
    asked = {"pictures": [{"example": 3, "of": "mnist/digits-paper"}], "methods": FAST[:1]}
    own, other = (pieces(ask(client, classifier=name, **asked)) for name in (MODEL, "mnist/digits-paper"))
    assert own[0][1] == other[0][1]
    assert own[1][1] != other[1][1]


def test_an_uploaded_picture_is_fitted_and_explained(client):
    file = png(Image.new("RGB", (60, 40), "white"))
    headers = {"Content-Type": "application/octet-stream"}
    made = client.post(f"/explorer/prepare/{MODEL}?fit=pad", content=file, headers=headers).json()
    received = pieces(ask(client, pictures=[{"data": made["data"], "name": "white.png"}]))
    assert received[0][0]["names"] == ["white.png"]
    assert received[0][1] == base64.b64decode(made["data"])
    bad = client.post(f"/explorer/prepare/{MODEL}", content=b"\x89PNG\r\n\x1a\n" + b"x" * 99, headers=headers)
    assert bad.status_code == 400
    assert "not a picture" in bad.json()["error"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"classifier": 3}, "classifier should be a text"),
        ({"methods": []}, "methods should be a list"),
        ({"methods": "saliency"}, "methods should be a list"),
        ({"methods": [{"name": "saliency"}] * 2}, "named twice"),
        ({"methods": [{"name": "salience"}]}, "No heatmap method 'salience'"),
        ({"methods": [{"name": "saliency", "options": {"absolute": 1}}]}, "absolute should be True or False"),
        ({"methods": [{"name": "saliency", "options": {"steps": 1}}]}, "has no option 'steps'"),
        ({"methods": [{"name": "integrated-gradients", "options": {"steps": 10**9}}]}, "from 2 to 300"),
        ({"methods": [{"name": "integrated-gradients", "options": {"steps": True}}]}, "a whole number"),
        ({"methods": [{"name": "integrated-gradients", "options": []}]}, "{name, options}"),
        ({"pictures": []}, "pictures should be a list of 1 to 16; got 0"),
        ({"pictures": [{"example": 0}] * 17}, "1 to 16; got 17"),
        ({"pictures": [{"example": -1}]}, "example should be a whole number"),
        ({"pictures": [{"example": 10**6}]}, "example should be a whole number"),
        ({"pictures": [{"data": "AAAA", "name": "x"}]}, "base64 of 784 bytes"),
        ({"pictures": [{"data": "*" * 1048, "name": "x"}]}, "should be base64"),
        ({"pictures": ["/etc/passwd"]}, "A picture should be"),
        ({"pictures": [{"model": "mnist/tc5", "code": [0, 0, 0, 0, 1e30]}]}, "code[4]"),
        ({"target": "7"}, "target should be"),
        ({"target": {"of": "ten"}}, "no output 'ten'; choose one of 0, 1"),
        ({"target": {"of": ["7"]}}, "no output"),
        ({"target": {"of": "7", "minus": "7"}}, "with itself is always zero"),
        ({"target": {"negated": "yes"}}, "target should be"),
    ],
)
def test_hostile_questions_are_refused_in_words(client, fields, message):
    answer = ask(client, **fields)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_a_question_that_is_no_json_or_too_long_is_refused(client):
    for content, headers in ((b"{", {"Content-Type": "application/json"}), (b"{}", {"Content-Type": "text/plain"})):
        assert client.post("/explorer/explain/maps", content=content, headers=headers).status_code == 400
    answer = ask(client, pictures=["x" * (13 * 2**20)])
    assert answer.status_code == 400
    assert "larger than 12 MB" in answer.json()["error"]


def test_a_map_that_is_zero_everywhere_says_why(client):
    black = {"data": base64.b64encode(bytes(784)).decode(), "name": "black"}
    methods = [{"name": "input-x-gradient"}, {"name": "saliency"}]
    received = pieces(ask(client, pictures=[black, {"example": 0}], methods=methods))
    zero = {fields["method"]: fields["zero"] for fields, _ in received if fields["type"] == "map"}
    assert zero["input-x-gradient"] == ["This method finds nothing for this target.", None]
    assert zero["saliency"] == [None, None]
    assert "what speaks against it is left out" in build_method("grad-cam").zero
    assert build_method("grad-cam", {"positive": False}).zero == zero["input-x-gradient"][0]


# ---------------------------------------------------------------------------------------------- judgement


def test_a_map_is_judged_by_the_engines_own_numbers(client, shelf):
    checks = ["pixels", "agreement", "sensitivity_n", "max_sensitivity"]
    asked = {"pictures": [{"example": 2}], "judged": "input-x-gradient", "checks": checks}
    received = [fields for fields, _ in pieces(ask(client, "judge", **asked))]
    found = {fields["check"]: fields for fields in received if fields["type"] == "judged"}
    assert list(found) == checks
    model = shelf.get(MODEL)
    x = model.examples.x[2:3]
    maps = {one["name"]: attribute(model, x, one["name"]).values for one in FAST}
    curves = deletion_insertion(model, x, maps["input-x-gradient"])
    assert found["pixels"]["deletion_auc"] == pytest.approx(float(curves.deletion_auc), abs=1e-4)
    assert found["pixels"]["insertion"] == pytest.approx(curves.insertion[0].tolist(), abs=1e-4)
    chance = random_order(model, x)
    assert found["pixels"]["random_order_auc"] == pytest.approx(float(chance.deletion_auc), abs=1e-4)
    for name in ("deletion", "insertion"):
        assert found["pixels"]["random_order"][name] == pytest.approx(getattr(chance, name)[0].tolist(), abs=1e-4)
    np.testing.assert_allclose(found["agreement"]["matrix"], agreement(maps).matrix, atol=1e-4)
    assert len(found["sensitivity_n"]["correlation"]) == len(found["sensitivity_n"]["shares"])
    assert found["max_sensitivity"]["change"] > 0


def test_a_map_that_is_zero_everywhere_has_no_curves_and_no_numbers(client):
    black = {"data": base64.b64encode(bytes(784)).decode(), "name": "black"}
    checks = ["pixels", "sensitivity_n", "max_sensitivity", "randomisation", "agreement"]
    asked = {"pictures": [black], "judged": "input-x-gradient", "checks": checks}
    found = {fields["check"]: fields for fields, _ in pieces(ask(client, "judge", **asked)) if "check" in fields}
    for check in checks[:4]:
        assert found[check].keys() == {"type", "check", "reason"}
        assert "zero everywhere" in found[check]["reason"]
    assert found["agreement"]["matrix"][0][1] is None


def test_sums_of_a_map_without_signs_are_not_judged(client):
    asked = {"pictures": [{"example": 2}], "judged": "saliency", "checks": ["sensitivity_n"]}
    [(fields, _), _] = pieces(ask(client, "judge", **asked))
    assert "no signs" in fields["reason"]


def test_randomisation_tells_how_far_it_is_and_draws_every_depth(client):
    asked = {"pictures": [{"example": 2}], "judged": "input-x-gradient", "checks": ["randomisation"]}
    received = [fields for fields, _ in pieces(ask(client, "judge", **asked))]
    judged = next(fields for fields in received if fields["type"] == "judged")
    assert len(judged["layers"]) == len(judged["correlation"])
    assert sum(fields["type"] == "progress" for fields in received) == len(judged["layers"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"checks": ["pixels", "os"]}, "checks should be a list of some of"),
        ({"checks": "pixels"}, "checks should be a list"),
        ({"judged": "lime"}, "judged should be one of"),
        ({"pictures": EXAMPLES}, "One picture's map is judged at a time; got 2"),
    ],
)
def test_a_judgement_that_makes_no_sense_is_refused(client, fields, message):
    asked = {"pictures": [{"example": 2}], "judged": "saliency", "checks": ["pixels"], **fields}
    answer = ask(client, "judge", **asked)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


# ---------------------------------------------------------------------------------------------- files


def test_a_sheet_has_a_row_for_each_picture_or_classifier(client):
    about, one = exported(client, **{"as": "png"}, opacity=50)
    assert (about["name"], about["media_type"]) == ("mnist-digits-heatmaps.png", "image/png")
    _, two = exported(client, classifiers=[MODEL, "mnist/digits-paper"], pictures=EXAMPLES[:1], **{"as": "png"})
    sizes = [Image.open(io.BytesIO(data)).size for data in (one, two)]
    assert 0 < sizes[0][1] - sizes[1][1] < 50  # two rows each; one classifier alone stands above them


def test_a_sheet_says_who_was_asked_what_it_says_and_what_is_explained(client, monkeypatch):
    told = []
    monkeypatch.setattr(explain_export, "heatmap_sheet", lambda x, maps, **look: told.append(look) or b"")
    asked = {"target": {"of": "3", "minus": "8"}, "as": "png", "sign": "negative"}
    exported(client, **asked)
    exported(client, classifiers=[MODEL, "mnist/digits-paper"], pictures=EXAMPLES[:1], **asked)
    one, several = told
    assert (one["heading"], one["sign"]) == (MODEL, "negative")
    name, said, target = one["names"][0].split("\n")
    assert name.startswith("example 0") and target == "Explained: 3 rather than 8"
    assert said.startswith("Model says: ") and said.endswith("%")
    assert [row.split("\n")[0] for row in several["names"]] == [MODEL, "mnist/digits-paper"]


def test_numbers_say_what_made_them_and_need_no_pickle(client, shelf):
    _, data = exported(client, target={"of": "3", "minus": "8"}, **{"as": "npz"})
    found = np.load(io.BytesIO(data), allow_pickle=False)
    made_by = json.loads(str(found["made_by"]))
    assert made_by["model"] == shelf.get(MODEL).id
    assert made_by["targets"] == ["3 rather than 8"] * 2
    expected = attribute(shelf.get(MODEL), shelf.get(MODEL).examples.x[[0, 5]], "saliency", target=Target((3,), (8,)))
    np.testing.assert_allclose(found["saliency"], expected.values, atol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"as": "exe"}, "as should be one of"),
        ({"as": "png", "classifiers": []}, "classifiers should be a list of 1 to 8"),
        ({"as": "npz", "classifiers": [MODEL, "mnist/digits-paper"]}, "ask for each of them"),
        ({"as": "png", "opacity": 101}, "opacity should be"),
        ({"as": "png", "sign": "both"}, "sign should be one of"),
    ],
)
def test_files_that_cannot_be_had_are_refused(client, fields, message):
    answer = ask(client, "export", **{"classifiers": [MODEL], **fields})
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_a_file_without_any_map_is_refused_when_all_methods_were_tried(client):
    methods = [{"name": "grad-cam", "options": {"layer": "no"}}]
    answer = pieces(ask(client, "export", classifiers=[MODEL], methods=methods, **{"as": "png"}))
    assert answer[-1][0]["type"] == "error" and "There is no map to keep" in answer[-1][0]["text"]


def test_a_file_tells_how_far_it_is_and_comes_in_parts(client, monkeypatch):
    monkeypatch.setattr(explain_export, "_PART", 1000)
    slow = [{"name": "smoothgrad", "options": {"samples": 200}}, {"name": "vargrad", "options": {"samples": 200}}]
    received = pieces(ask(client, "export", classifiers=[MODEL], methods=slow, **{"as": "npz"}))
    shares = [one["share"] for one, _ in received if one["type"] == "progress"]
    assert shares[-1] is None and 0 <= shares[0] <= 1 and shares[:-1] == sorted(shares[:-1])
    parts = [len(data) for one, data in received if one["type"] == "part"]
    assert len(parts) > 3 and set(parts[:-1]) == {1000} and 0 < parts[-1] <= 1000


def test_a_file_nobody_waits_for_is_not_made(shelf, monkeypatch):
    monkeypatch.setattr(explain_export, "heatmap_sheet", lambda *_, **__: pytest.fail("it was drawn"))
    asked = read_question(shelf, {"classifier": MODEL, "pictures": EXAMPLES, "methods": FAST})
    sent = []
    channel = SimpleNamespace(send=lambda kind, *_, **__: sent.append(kind), stopped=lambda: True)
    explain_export.Export([asked], {"as": "png"}, None).run(channel)
    assert set(sent) <= {"progress"}


# ---------------------------------------------------------------------------------------------- other classifiers


class Picked(nn.Module):
    """Means of the four quarters: logits whose order is plain to see."""

    def forward(self, x):
        return 8 * torch.nn.functional.adaptive_avg_pool2d(x, 2).flatten(1) - 2


def classifier_of(**options):
    space = Space(kind="image", shape=(1, 4, 4))
    return ImageClassifier(Picked(), classes=("a", "b", "c", "d"), space=space, **options)


def test_attributes_are_said_each_for_itself():
    logits = torch.tensor([[2.0, -2.0, 1.0, 0.0]])
    several = predictions(classifier_of(exclusive=False), logits)[0]
    assert several["top"][0] == ["a", pytest.approx(0.8808, abs=1e-4)]
    assert several["top"][1] == ["c", pytest.approx(0.7311, abs=1e-4)]
    one = predictions(classifier_of(), logits)[0]
    assert sum(value for _, value in one["top"]) < 1
    years = Readout(name="age", unit="years", low=0, high=90, center=None)
    [age] = predictions(classifier_of(readout=years), torch.tensor([[31.5]]))
    assert age == {"top": [["age", 31.5]], "unit": "years"}


def test_an_example_with_attributes_is_named_by_those_it_has():
    model = classifier_of(exclusive=False)
    labels = torch.tensor([[1, 0, 0, 1], [0, 0, 0, 0]])
    model.examples = type("Examples", (), {"labels": labels})()
    assert [caption(model, k) for k in (0, 1)] == ["number 0, a, d", "number 1"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Heavy_Makeup", "Heavy makeup"),
        ("5_o_Clock_Shadow", "5 o clock shadow"),
        ("T-shirt/top", "T-shirt/top"),
        ("7", "7"),
    ],
)
def test_names_of_attributes_are_read_as_words(name, said):
    assert spoken(name) == said


def test_whatever_a_page_says_of_attributes_is_in_words_and_files_keep_the_names():
    names = ("Heavy_Makeup", "Male", "Wearing_Hat", "d")
    model = ImageClassifier(Picked(), classes=names, space=Space(kind="image", shape=(1, 4, 4)), exclusive=False)
    model.examples = type("Examples", (), {"labels": torch.tensor([[1, 0, 1, 0]])})()
    assert caption(model, 0) == "number 0, Heavy makeup, Wearing hat"
    question = Question(model=model, x=torch.zeros(1, 1, 4, 4), methods=(), target=Target((0,), (1,)))
    asked = Asked(question=question, names=("x",), logits=torch.tensor([[2.0, -2.0, 1.0, 0.0]]))
    assert [name for name, _ in asked.said[0]["top"]] == ["Heavy makeup", "Wearing hat", "d"]
    assert asked.spoken_words == ("Heavy makeup rather than Male",)
    assert asked.words == ("Heavy_Makeup rather than Male",)


def test_the_predicted_class_is_written_in_once_for_all_methods():
    logits = torch.tensor([[0.0, 3.0], [2.0, 1.0]])
    assert resolved(Target(), logits) == Target((1, 0))
    assert resolved(Target((1,), (0,), True), logits) == Target((1,), (0,), True)
    with pytest.raises(RefusedError, match="with itself"):
        resolved(Target((), (1,)), logits)


def test_methods_and_targets_are_read_from_plain_json():
    assert read_methods([{"name": "lrp"}]) == [build_method("lrp")]
    assert read_target({"of": "b", "minus": None, "negated": True}, ("a", "b")) == Target((1,), (), True)
    assert read_target(None, ("a", "b")) == Target()
