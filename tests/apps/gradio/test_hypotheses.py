"""The Hypotheses workspace without a browser: what is read from a page, what streams back, files to take away."""

from __future__ import annotations

import base64
import io
import json
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from apps.gradio_app import hypotheses, hypotheses_routes
from apps.gradio_app.hypotheses_export import Export
from apps.gradio_app.routes import explorer_routes
from apps.hypothesising import CAPACITY, Grounds
from apps.refusals import RefusedError
from apps.shelf import Shelf
from engine.checkpoints import catalog, load
from engine.explain.hypotheses import session_from_json
from engine.explain.readouts import gauge_named
from tests.apps.test_streaming import taken_apart
from tests.apps.zoo import make_zoo

MODEL, OTHER, SERIES, READER = "mnist/ig5", "mnist/tc5", "sinelines/gt", "mnist/digits"
PAIR = {"model": MODEL, "classifier": READER}
SHIFT = {"kind": "shift", "axis": "Code 1", "amplitude": 1.5}
EMPTY = {"format": 1, "seed": 7, "cards": []}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = make_zoo(tmp_path_factory.mktemp("zoo"), (MODEL, OTHER, SERIES, READER))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(folder))
        entries = catalog()
    folders = {entry.id: entry.folder for entry in entries}
    return Shelf(device="cpu", load=lambda name, device: load(folders[name], device), catalogue=lambda: entries)


@pytest.fixture(scope="module")
def client(shelf):
    return TestClient(Starlette(routes=explorer_routes(shelf)), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def grounds(shelf):
    return Grounds(shelf)


def ask(client, path, **fields):
    return client.post(f"/explorer/hypotheses/{path}", json=fields)


def got(client, path, **fields):
    answer = ask(client, path, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(answer, status=400):
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


def pieces(answer):
    assert answer.status_code == 200, answer.text
    return taken_apart(answer.content)


def written(client, change=SHIFT, sign="raises", output="3"):
    return got(client, "write", **PAIR, output=output, sign=sign, change=change)["hypothesis"]


def session(*hypotheses):
    return {**EMPTY, "cards": [{"hypothesis": one, "result": None} for one in hypotheses]}


@pytest.fixture(scope="module")
def tested(client):
    """A session with one card tested and one that is not."""
    cards = session(written(client), written(client, {"kind": "switch", "axis": "Category", "option": "2"}))
    received = pieces(ask(client, "test", session=cards, card=0, count=24))
    assert [one["type"] for one, _ in received][-2:] == ["tested", "done"]
    cards["cards"][0]["result"] = received[-2][0]["result"]
    return cards


# ---------------------------------------------------------------------------------------------- pairs


def test_models_that_draw_pictures_and_classifiers_are_listed(client):
    found = client.get("/explorer/hypotheses/choices").json()
    assert {one["id"] for one in found["models"]} == {MODEL, OTHER}
    assert [one["id"] for one in found["classifiers"]] == [READER]


def test_a_pair_tells_readouts_and_what_can_be_changed(client):
    pair = got(client, "pair", **PAIR)
    assert [gauge["name"] for gauge in pair["gauges"]] == [f"P({digit})" for digit in range(10)]
    kinds = {axis["name"]: axis["kind"] for axis in pair["axes"]}
    assert kinds["Category"] == "category" and kinds["Code 1"] == "continuous"
    assert (pair["note"], pair["styles"]) == ("", [])


def test_pairs_that_cannot_be_are_refused_in_words(client):
    assert "reads pictures" in refusal(ask(client, "pair", model=SERIES, classifier=READER))
    assert "choose one of mnist/digits" in refusal(ask(client, "pair", model=MODEL, classifier=OTHER), 404)
    assert "No model" in refusal(ask(client, "pair", model="no/model", classifier=READER), 404)
    assert "model should be a text" in refusal(ask(client, "pair", classifier=READER))


def test_a_generator_is_measured_once_and_again_when_it_was_loaded_anew(grounds, shelf):
    first = grounds.of(MODEL)
    assert grounds.of(MODEL) is first
    anew = SimpleNamespace(latent_model=lambda name: load(shelf.entry(name).folder, "cpu"))
    again = Grounds(anew)
    assert again.of(MODEL) is not again.of(MODEL)


def test_few_grounds_are_kept(shelf):
    models = {f"copy/{k}": load(shelf.entry(MODEL).folder, "cpu") for k in range(CAPACITY + 1)}
    kept = Grounds(SimpleNamespace(latent_model=models.__getitem__))
    first = kept.of("copy/0")
    for name in models:
        kept.of(name)
    assert kept.of("copy/0") is not first


# ---------------------------------------------------------------------------------------------- generate


def test_a_search_sends_progress_and_sentences_with_two_pictures_each(client):
    received = [one for one, _ in pieces(ask(client, "generate", **PAIR, output="3", bank=8, seed=1))]
    [found] = [one for one in received if one["type"] == "findings"]
    assert found["whole"] is True
    assert received[-1]["type"] == "done"
    assert any(one["type"] == "progress" for one in received)
    assert found["pictures"]["shape"] == [2 * len(found["rows"]), 28, 28, 1]
    effects = [abs(row["mean"]) for row in found["rows"]]
    assert effects == sorted(effects, reverse=True)
    first = found["rows"][0]
    assert "P(3)" in first["sentence"] and first["count"] == 8
    assert len(first["codes"][0]) == len(first["codes"][1])


def test_a_large_search_shows_a_first_look_before_the_whole(client):
    received = [one for one, _ in pieces(ask(client, "generate", **PAIR, output="3", bank=48))]
    looks = [one for one in received if one["type"] == "findings"]
    assert [(one["whole"], one["rows"][0]["count"]) for one in looks] == [(False, 12), (True, 48)]
    assert all(row["of"] == "effect" for row in looks[0]["rows"])


def test_a_finding_becomes_a_card_as_it_is(client):
    received = [one for one, _ in pieces(ask(client, "generate", **PAIR, output="3", bank=8))]
    [found] = [one for one in received if one["type"] == "findings"]
    card = got(client, "cards", session=session(found["rows"][0]["hypothesis"]))["cards"][0]
    assert found["rows"][0]["sentence"].startswith(card["doing"])
    assert card["tested"] is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"bank": 7}, "bank should be a whole number from 8 to 512"),
        ({"bank": "64"}, "bank should be"),
        ({"seed": -1}, "seed should be"),
        ({"output": "eleven"}, "eleven"),
        ({"output": None}, "output should be a text"),
    ],
)
def test_a_search_with_bad_fields_does_not_begin(client, wrong, words):
    assert words in refusal(ask(client, "generate", **{**PAIR, "output": "3", **wrong}))


def test_a_reader_who_leaves_ends_the_search_and_the_test(grounds, client):
    sent = []
    left = SimpleNamespace(send=lambda kind, *_, **__: sent.append(kind), stopped=lambda: True)
    gauge = gauge_named(grounds.gauges(MODEL, READER), "3")
    hypotheses.send_findings(gauge, grounds.of(MODEL), left, bank=8, seed=0)
    asked = hypotheses.read_test(grounds, {"session": session(written(client)), "card": 0})
    hypotheses.send_test(*asked, left)
    assert sent == []


# ---------------------------------------------------------------------------------------------- cards


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (SHIFT, "Raising Code 1 by 1.5 sd raises P(3)"),
        ({**SHIFT, "amplitude": -2}, "Lowering Code 1 by 2 sd raises P(3)"),
        ({"kind": "switch", "axis": "Category", "option": "2", "start": "1"},
         "Switching the category from 1 to 2 raises P(3)"),
        ({"kind": "switch", "axis": "Category", "option": "2", "start": None},
         "Switching the category to 2 raises P(3)"),
    ],
)  # fmt: skip
def test_cards_are_written_by_hand(client, change, sentence):
    [card] = got(client, "cards", session=session(written(client, change)))["cards"]
    assert (card["sentence"], card["rises"]) == (sentence, True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"change": None}, "change should be an object"),
        ({"change": {"kind": "jump"}}, "kind should be one of"),
        ({"change": {**SHIFT, "axis": "Code 99"}}, "Code 99"),
        ({"change": {**SHIFT, "amplitude": 0}}, "other than zero"),
        ({"change": {**SHIFT, "amplitude": "much"}}, "amplitude should be a number"),
        ({"change": {**SHIFT, "amplitude": 1e9}}, "up to 100"),
        ({"change": {**SHIFT, "axis": "Category"}}, "is a category"),
        ({"change": {"kind": "switch", "axis": "Category", "option": "x"}}, "no such option"),
        ({"change": {"kind": "switch", "axis": "Category", "option": "2", "start": "2"}}, "another option"),
        ({"change": {"kind": "style", "slot": "Layer 1", "label": "style 1"}}, "no slot"),
        ({"sign": "sideways"}, "sign should be one of"),
        ({"output": "eleven"}, "eleven"),
    ],
)
def test_a_card_that_cannot_be_is_refused_in_words(client, fields, words):
    given = {**PAIR, "output": "3", "sign": "raises", "change": SHIFT, **fields}
    assert words in refusal(ask(client, "write", **given))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "should be an object"),
        ([], "should be an object"),
        ({}, "lacks format"),
        ({**EMPTY, "format": 99}, "Update the program"),
        ({**EMPTY, "seed": -1}, "seed should be"),
        ({**EMPTY, "cards": [{}]}, "cards[0] lacks hypothesis"),
        ({**EMPTY, "more": 1}, "not known"),
    ],
)
def test_a_session_that_is_none_is_refused_by_every_route(client, given, words):
    for path in ("cards", "test", "export"):
        assert words in refusal(ask(client, path, session=given, card=0, **{"as": "html"}))


def test_too_much_is_refused_before_it_is_read(client):
    body = b"x" * (hypotheses_routes.MAX_BYTES + 1)
    for path in ("cards", "test", "drawn"):
        answer = client.post(f"/explorer/hypotheses/{path}", content=body, headers={"Content-Type": "application/json"})
        assert "larger than 16 MB" in refusal(answer)


def test_what_is_no_json_is_refused(client):
    answer = client.post("/explorer/hypotheses/cards", content=b"{", headers={"Content-Type": "application/json"})
    assert "not JSON" in refusal(answer)
    assert "type application/json" in refusal(client.post("/explorer/hypotheses/cards", content=b"{}"))


def test_a_card_whose_classifier_is_not_here_keeps_its_output(client):
    strange = {**written(client), "classifier": "no/classifier"}
    [card] = got(client, "cards", session=session(strange))["cards"]
    assert card["sentence"] == "Raising Code 1 by 1.5 sd raises 3"
    assert "No classifier" in refusal(ask(client, "test", session=session(strange), card=0), 404)


# ---------------------------------------------------------------------------------------------- tests


def test_a_tested_card_tells_its_verdict_and_numbers(client, tested):
    first, second = got(client, "cards", session=tested)["cards"]
    found = first["tested"]
    assert second["tested"] is None
    assert found["words"].lower().startswith(found["outcome"])
    assert found["p"] == found["raw"]  # the only test
    assert found["count"] == 24
    assert [share for share, _, _ in found["doses"]] == [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5]
    assert len(found["sides"]) == 5
    assert found["low"] <= found["mean"] <= found["high"]


def test_every_test_counts_in_the_correction_of_all_others(client, tested):
    received = pieces(ask(client, "test", session=tested, card=1, count=24))
    both = json.loads(json.dumps(tested))
    both["cards"][1]["result"] = received[-2][0]["result"]
    views = [card["tested"] for card in got(client, "cards", session=both)["cards"]]
    smaller = min(views, key=lambda view: view["raw"])
    assert smaller["p"] == pytest.approx(min(1.0, 2 * smaller["raw"]))
    seeds = [card["result"]["seed"] for card in both["cards"]]
    assert seeds == [session_from_json(both).seed_of(number) for number in range(2)]


def test_a_card_is_tested_once(client, tested):
    assert "Card 1 has been tested" in refusal(ask(client, "test", session=tested, card=0))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"card": 2}, "card should be a whole number from 0 to 1"),
        ({"card": None}, "card should be"),
        ({"card": 1, "count": 2}, "count should be a whole number from 3 to 2048"),
        ({"card": 1, "count": 10**9}, "count should be"),
    ],
)
def test_a_test_with_bad_fields_does_not_begin(client, tested, fields, words):
    assert words in refusal(ask(client, "test", session=tested, **fields))


def test_a_session_without_cards_has_nothing_to_test_or_report(client):
    assert "no cards" in refusal(ask(client, "test", session=EMPTY, card=0))
    assert "no cards" in refusal(ask(client, "export", session=EMPTY, **{"as": "html"}))


def test_pictures_of_a_test_are_those_of_its_codes(client, tested, grounds):
    result = tested["cards"][0]["result"]
    seen = got(client, "drawn", result=result)
    pairs, against, samples = (len(seen[name]) for name in ("examples", "counterexamples", "samples"))
    assert seen["pictures"]["shape"] == [2 * (pairs + against) + samples, 28, 28, 1]
    assert samples == 24 and seen["samples"] == sorted(seen["samples"])
    for pair in seen["examples"]:
        assert pair["after"] - pair["before"] == pytest.approx(pair["effect"], abs=1e-4)
        assert pair["effect"] > 0
    assert all(pair["effect"] < 0 for pair in seen["counterexamples"])
    pixels = np.frombuffer(base64.b64decode(seen["pictures"]["data"]), dtype=np.uint8)
    lowest = grounds.of(MODEL).codes.to_test(24, seed=result["seed"])[int(np.argmin(result["readings"]))]
    drawn = grounds.of(MODEL).model.decode(lowest[None])[0, 0].detach().mul(255).round().numpy()
    assert np.abs(pixels.reshape(-1, 28, 28)[2 * (pairs + against)] - drawn).max() <= 1


def test_pictures_of_a_model_that_has_changed_since_are_refused(client, tested):
    result = tested["cards"][0]["result"]
    other = {**result, "readings": [value + 0.5 for value in result["readings"]]}
    assert "has changed since this test" in refusal(ask(client, "drawn", result=other))


def test_a_hypothesis_is_tried_on_another_model_by_name(client):
    latent = written(client)
    assert "no such axis" in refusal(ask(client, "again", hypothesis=latent, model=OTHER))
    same = got(client, "again", hypothesis=latent, model=MODEL)["hypothesis"]
    assert same == latent
    assert "No model" in refusal(ask(client, "again", hypothesis=latent, model="no/model"), 404)
    assert "reads pictures" in refusal(ask(client, "again", model=SERIES, hypothesis={
        **latent, "change": {"kind": "shift", "axis": "phase", "amplitude": 1.0, "direction": False}
    }))  # fmt: skip


# ---------------------------------------------------------------------------------------------- files


def exported(client, **fields):
    received = pieces(ask(client, "export", **fields))
    assert received[-1][0]["type"] == "done", received[-1][0]
    [about] = [one for one, _ in received if one["type"] == "file"]
    return about, b"".join(data for one, data in received if one["type"] == "part")


def test_a_report_is_one_file_with_all_cards(client, tested):
    about, data = exported(client, session=tested, **{"as": "html"})
    text = data.decode()
    assert (about["name"], about["media_type"]) == ("hypotheses.html", "text/html")
    assert "1. Raising Code 1 by 1.5 sd raises P(3)" in text
    assert "Not tested." in text
    assert text.count("<img alt=") >= 2
    assert "2. Switching the category to 2 raises P(3)" in text


def test_a_card_whose_model_has_changed_is_reported_in_numbers(client, tested):
    changed = json.loads(json.dumps(tested))
    changed["cards"][0]["result"]["readings"] = [9.0] * 24
    text = exported(client, session=changed, **{"as": "html"})[1].decode()
    assert "mean effect" in text and "<img alt=" not in text


def test_a_tested_card_is_a_picture(client, tested):
    about, data = exported(client, session=tested, card=0, **{"as": "png"})
    assert about["name"] == "hypothesis-1.png"
    assert Image.open(io.BytesIO(data)).width > 600
    assert "has not been tested" in refusal(ask(client, "export", session=tested, card=1, **{"as": "png"}))
    assert "as should be one of" in refusal(ask(client, "export", session=tested, **{"as": "exe"}))


def test_a_report_that_nobody_waits_for_is_not_made(grounds, tested):
    sent, left = [], threading.Event()
    left.set()
    channel = SimpleNamespace(send=lambda kind, *_, **__: sent.append(kind), stopped=left.is_set)
    Export(grounds, {"session": tested, "as": "html"}).run(channel)
    assert sent == []


def test_an_export_reads_its_session_first(grounds):
    with pytest.raises(RefusedError, match="should be an object"):
        Export(grounds, {"session": 3, "as": "html"})
