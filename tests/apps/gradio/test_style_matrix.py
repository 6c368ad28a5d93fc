"""The style matrix without a browser: commands, pictures with ratings, files, and what is refused in which words."""

from __future__ import annotations

import base64
import io
import json
import zipfile

import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from apps.gradio_app import style_matrix_routes, style_matrix_styles
from apps.gradio_app.routes import explorer_routes
from apps.shelf import Shelf
from engine.checkpoints import catalog, load
from engine.explain.readouts import gauge_named, gauges
from engine.explain.style_matrix import load_session
from engine.images import from_uint8, to_uint8
from tests.apps.test_streaming import taken_apart
from tests.apps.zoo import make_zoo

MODEL, READER = "mnist/tc5", "mnist/digits"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = make_zoo(tmp_path_factory.mktemp("zoo"), (MODEL, "mnist/ig5", READER, "sinelines/gt"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(folder))
        entries = catalog()
    folders = {entry.id: entry.folder for entry in entries}
    return Shelf(device="cpu", load=lambda name, device: load(folders[name], device), catalogue=lambda: entries)


@pytest.fixture(scope="module")
def client(shelf):
    return TestClient(Starlette(routes=explorer_routes(shelf)), raise_server_exceptions=False)


@pytest.fixture
def ask(client):
    def sent(path, **fields):
        return client.post(f"/explorer/matrix/{path}", json={"model": MODEL, **fields})

    return sent


@pytest.fixture
def start(ask):
    return lambda **fields: answer(ask("start", **fields))


@pytest.fixture
def do(ask):
    return lambda view, command, /, **fields: answer(
        ask("do", model=view["model"], state=view["state"], command=command, **fields)
    )


def answer(response):
    assert response.status_code == 200, response.text
    return response.json()


def refusal(response, status=400):
    assert response.status_code == status, response.text
    return response.json()["error"]


def drawn(ask, view, keys, **fields):
    """Pictures by name, and ratings, of a stream's pieces."""
    response = ask("pictures", model=view["model"], settings=view["state"]["settings"], keys=keys, **fields)
    assert response.status_code == 200, response.text
    received = taken_apart(response.content)
    assert received[-1][0]["type"] == "done", received[-1][0]
    found, ratings = {}, []
    for head, data in received[:-1]:
        kind = np.uint8 if len(head["shape"]) == 4 else np.float32
        for k, one in enumerate(np.frombuffer(data, kind).reshape(head["shape"])):
            found[keys[head["first"] + k]] = one
        ratings += head["ratings"] or []
    return found, ratings


# ------------------------------------------------------------------------------------------------ states


def test_the_same_seed_is_the_same_matrix_and_another_is_another(start):
    one, same, other = start(seed=3), start(seed=3), start(seed=4)
    assert one == same
    assert one["bank"] != other["bank"]
    assert len(one["tiles"]) == len(one["slots"]) and all(len(column) == 8 for column in one["tiles"])


def test_a_mix_goes_to_its_place_and_an_applied_style_stands_alone(start, do):
    view = do(start(), "mix", slot=1, place=2.25)
    assert view["positions"][1] == pytest.approx(2.25)
    upper, lower = view["state"]["order"][1][2:4]
    assert sorted(view["words"][1].split(", ")) == sorted([f"75% of {upper + 1}", f"25% of {lower + 1}"])
    style = view["state"]["order"][1][6]
    applied = do(view, "apply", slot=1, style=style)
    assert (applied["positions"][1], applied["words"][1]) == (6, f"style {style + 1}")


def test_every_result_tile_names_the_picture_that_its_style_makes(start, do):
    view = do(start(styles=3), "show", view="result")
    for slot, column in enumerate(view["tiles"]):
        for place, key in enumerate(column):
            applied = do(view, "apply", slot=slot, style=view["state"]["order"][slot][place])
            assert applied["picture"] == key


def test_copy_paste_add_delete_select_and_move(start, do):
    view = do(do(start(), "apply", slot=0, style=5), "copy", slot=0)
    assert view["copied"] == [view["slots"][0]["name"]]
    pasted = do(do(view, "select", number=2), "paste", number=2)
    assert pasted["words"][0] == "style 6" and pasted["words"][1:] != view["words"][1:]
    more = do(pasted, "add")
    assert len(more["references"]) == 6 and more["picture"] == pasted["picture"]
    assert do(more, "delete", number=5)["references"] == pasted["references"]
    order = view["state"]["order"][1]
    moved = do(view, "move", slot=1, source=0, target=2)
    assert set(moved["state"]["order"][1]) == set(order) and moved["state"]["order"][1] != order


def test_new_pictures_and_new_styles(start, do):
    view = start()
    shuffled = do(view, "pictures", seed=9, count=3)
    assert len(shuffled["references"]) == 3 and shuffled["bank"] == view["bank"]
    restyled = do(view, "styles", styles=4, columns=3, shared=False, seed=1)
    assert [len(column) for column in restyled["tiles"]] == [4, 4, 4]
    assert restyled["bank"] != view["bank"] and len(restyled["references"]) == len(view["references"])


# ------------------------------------------------------------------------------------------------ pictures


def test_pictures_are_what_the_model_draws_and_ratings_what_the_classifier_says(ask, start, shelf):
    view = start()
    keys = [view["picture"], *view["references"][1:], *view["tiles"][0]]
    found, ratings = drawn(ask, view, keys, classifier=READER, output="3")
    assert found.keys() == set(keys) and len(ratings) == len(keys)
    model = shelf.latent_model(MODEL)
    from apps.gradio_app.style_matrix_banks import Atelier
    from engine.explain.style_matrix import from_text, settings_from_json

    bank = Atelier(model).bank(settings_from_json(view["state"]["settings"]))
    with torch.inference_mode():
        x = model.decode(bank.codes_of([from_text(key)[1] for key in keys]))
        expected = gauge_named(gauges(shelf.get(READER), model.space), "3")(x)
    np.testing.assert_allclose(np.stack([found[key] for key in keys]), to_uint8(x), atol=1)
    np.testing.assert_allclose(ratings, expected, atol=1e-5)


def test_a_hand_sees_the_picture_that_stays_when_it_lets_go(ask, start, do):
    view = start()
    fields = {"state": view["state"], "slot": 2, "place": 4.5, "classifier": READER, "output": "3"}
    (head, data), end = taken_apart(ask("live", size=16, **fields).content)
    assert end[0]["type"] == "done" and head["shape"] == [16, 16, 1] and len(data) == 256
    (head, data), _ = taken_apart(ask("live", **fields).content)
    after = do(view, "mix", slot=2, place=4.5)
    found, ratings = drawn(ask, after, [after["picture"]], classifier=READER, output="3")
    assert found[after["picture"]].tobytes() == data
    assert ratings == [head["rating"]]


def test_series_are_curves_without_ratings(ask, start):
    view = start(model="sinelines/gt")
    found, ratings = drawn(ask, view, view["references"])
    assert ratings == [] and next(iter(found.values())).shape == (64,)


def test_columns_are_measured(ask, start):
    view = start(columns=3)
    response = ask("sensitivity", settings=view["state"]["settings"], classifier=READER, output="3")
    [found] = [head for head, _ in taken_apart(response.content) if head["type"] == "sensitivity"]
    assert len(found["pixels"]) == len(found["ratings"]) == 3 and min(found["pixels"]) > 0


def test_a_grid_cell_that_takes_all_parts_is_the_columns_picture(ask):
    found = answer(ask("grid", rows=2, columns=3, seed=5, first=0, last=4))
    x = np.frombuffer(base64.b64decode(found["data"]), np.uint8).reshape(found["shape"])
    columns, cells = x[2:5], x[5:].reshape(2, 3, *x.shape[1:])
    assert found["seeds"] == [5, 6, 7, 8, 9]
    for row in cells:
        np.testing.assert_allclose(row.astype(int), columns.astype(int), atol=1)


def test_scales_have_colours_with_the_centre_in_the_middle(ask):
    found = answer(ask("scale", classifier=READER, output="3"))
    assert (found["low"], found["center"], found["high"]) == (0, 0.5, 1)
    assert found["colors"]["light"][32] == "#f7f7f7" and len(found["colors"]["dark"]) == 65


# ------------------------------------------------------------------------------------------------ files


def test_a_saved_session_comes_back_with_its_bookmarks(ask, start, do):
    view = do(start(seed=2), "show", view="result")
    mark = do(view, "apply", slot=0, style=1)
    saved = answer(ask("save", state=view["state"], rating=f"{READER} 3",
                       bookmarks=[{"name": "first", "state": mark["state"]}]))  # fmt: skip
    assert saved["name"] == "style-matrix-mnist-tc5.json"
    assert load_session(saved["text"]).session.bookmarks[0].name == "first"
    back = answer(ask("load", text=saved["text"]))
    assert back["view"]["picture"] == view["picture"] and back["view"]["tiles"] == view["tiles"]
    assert back["bookmarks"][0]["view"]["picture"] == mark["picture"]
    assert (back["rating"], back["note"]) == (f"{READER} 3", "")
    changed = json.dumps({**json.loads(saved["text"]), "bank": "0" * 32})
    assert "is not the model that this session was saved with" in answer(ask("load", text=changed))["note"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("nonsense", "no JSON"), ("{}", "no session of the style matrix"), (3, "text should be"), (None, "text should")],
)
def test_a_file_that_is_no_session_is_refused(ask, text, said):
    assert said in refusal(ask("load", text=text))


def test_more_than_a_session_may_have_is_not_read(ask, monkeypatch, client):
    monkeypatch.setattr(style_matrix_routes, "MAX_BYTES", 1000)
    assert "larger than" in refusal(ask("load", text="x" * 2000))


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("start", {"styles": 1}, "styles should be a whole number from 2 to 64; got 1"),
        ("start", {"styles": 65}, "from 2 to 64"),
        ("start", {"columns": 40}, "columns; got 40"),
        ("start", {"shared": "yes"}, "shared should be true or false"),
        ("start", {"seed": -1}, "seed should be"),
        ("start", {"view": "both"}, "view should be one of"),
        ("do", {"command": "look"}, "of this session should be"),
        ("grid", {"rows": 13}, "rows should be a whole number from 1 to 12"),
        ("grid", {"first": 3, "last": 1}, "first should be"),
        ("scale", {}, "classifier should name"),
        ("scale", {"classifier": READER, "output": "ten"}, "output 'ten'"),
        ("pictures", {"keys": ["a"]}, "of this session should be"),
        ("live", {"slot": 0, "place": 1}, "of this session should be"),
    ],
)
def test_what_cannot_be_is_named(ask, path, fields, said):
    assert said in refusal(ask(path, **fields))


@pytest.mark.parametrize(
    ("command", "fields", "said"),
    [
        ("fly", {}, "command should be one of"),
        ("mix", {"slot": 99, "place": 0}, "slot should be"),
        ("mix", {"slot": 0, "place": 7.5}, "place should be a number from 0 to 7; got 7.5"),
        ("mix", {"slot": 0, "place": True}, "place should be"),
        ("mix", {"slot": 0, "place": "1"}, "place should be"),
        ("apply", {"slot": 0, "style": 8}, "style should be"),
        ("move", {"slot": 0, "source": 0}, "target should be"),
        ("select", {"number": 5}, "number should be"),
        ("paste", {"number": 1}, "Nothing was copied yet"),
        ("pictures", {"seed": 1.5}, "seed should be"),
        ("show", {"view": ""}, "view should be"),
    ],
)
def test_a_command_that_cannot_be_is_named(ask, start, command, fields, said):
    assert said in refusal(ask("do", state=start()["state"], command=command, **fields))


def test_states_and_pictures_of_other_models_are_refused(ask, start):
    mine, other = start(), start(model="mnist/ig5")
    assert "belongs to another model" in refusal(ask("do", state=other["state"], command="look"))
    settings = mine["state"]["settings"]
    assert "of another bank" in refusal(ask("pictures", settings=settings, keys=other["references"]))
    assert "keys should be" in refusal(ask("pictures", settings=settings, keys=[]))
    refusal(ask("start", model="mnist/none"), 404)
    refusal(ask("start", model=READER), 404)


def test_a_bank_of_one_style_is_refused_in_a_state_too(ask, start):
    view = start()
    state = {**view["state"], "settings": {**view["state"]["settings"], "styles": 1}}
    assert "A bank needs 2 to 64 styles; got 1" in refusal(ask("do", state=state, command="look"))


def test_a_bank_of_the_page_that_names_more_than_there_is_ends_in_words(ask, start):
    view = start()
    key = f"{view['bank']}-s-99-0"
    response = ask("pictures", settings=view["state"]["settings"], keys=[key])
    [(head, _)] = taken_apart(response.content)
    assert head["type"] == "error" and head["status"] == 400 and "numbered from 0" in head["text"]


# ------------------------------------------------------------------------------------------------ export


def test_an_export_is_an_archive_of_all_pictures(ask, start):
    view = start(styles=2, columns=2)
    steps = answer(ask("exports", state=view["state"]))["steps"]
    assert [(one["step"], one["count"]) for one in steps[:2]] == [(1.0, 8), (0.5, 13)]
    received = taken_apart(ask("export", state=view["state"], step=0.5, classifier=READER, output="3").content)
    assert received[-1][0]["type"] == "done"
    data = b"".join(data for head, data in received if head["type"] == "part")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    assert len([name for name in names if name.startswith("style-matrix/pictures/")]) == 13
    assert {"style-matrix/index.html", "style-matrix/page.js", "style-matrix/data.js"} <= set(names)


def test_an_export_of_too_many_pictures_is_refused_with_their_number(ask, start):
    view = start()
    assert not any(one["able"] for one in answer(ask("exports", state=view["state"]))["steps"])
    assert "has 32,808 pictures" in refusal(ask("export", state=view["state"], step=1))
    assert "step should be one of" in refusal(ask("export", state=view["state"], step=0.3))


# ------------------------------------------------------------------------------------------------ pushed styles


@pytest.mark.parametrize(("toward", "rises"), [("high", True), ("low", False)])
def test_styles_are_pushed_to_an_end_of_a_readout(ask, start, toward, rises):
    before = start(styles=3, seed=6)
    rated = {"classifier": READER, "output": "3"}
    fields = {"state": before["state"], "styles": 3, "seed": 6, "toward": toward, **rated}
    received = [head for head, _ in taken_apart(ask("styles", **fields).content)]
    assert received[-1]["type"] == "done", received[-1]
    [after] = [head["view"] for head in received if head["type"] == "view"]
    _, old = drawn(ask, before, sorted(before["tiles"][0]), **rated)
    _, new = drawn(ask, after, sorted(after["tiles"][0]), **rated)
    assert all(b >= a if rises else b <= a for a, b in zip(old, new, strict=True)) and old != new
    assert after["state"]["settings"]["shared"] and after["bank"] != before["bank"]


def test_styles_are_not_pushed_without_a_classifier_or_to_nowhere(ask, start):
    state = start()["state"]
    assert "classifier should name" in refusal(ask("styles", state=state, toward="high"))
    assert "toward should be" in refusal(ask("styles", state=state, classifier=READER, output="3", toward="up"))


# ------------------------------------------------------------------------------------------------ own pictures


@pytest.mark.parametrize("model", [MODEL, "mnist/ig5"])
def test_own_pictures_are_the_first_styles(ask, start, shelf, model, monkeypatch):
    monkeypatch.setattr(style_matrix_styles, "STEPS", 5)
    monkeypatch.setattr(style_matrix_styles, "default_cache", lambda: None)
    view = start(model=model)
    x = shelf.latent_model(model).examples.x[:2]
    sent = [base64.b64encode(pixels.tobytes()).decode() for pixels in to_uint8(x)]
    received = [head for head, _ in taken_apart(
        ask("styles", model=model, state=view["state"], styles=3, seed=1, pictures=sent).content)]  # fmt: skip
    assert received[-1]["type"] == "done", received[-1]
    [piece] = [head for head in received if head["type"] == "view"]
    assert "PSNR" in piece["note"] and piece["view"]["state"]["settings"]["given"]
    if model == MODEL:
        found, _ = drawn(ask, piece["view"], sorted(piece["view"]["tiles"][0])[:2])
        decoder = shelf.latent_model(model)
        with torch.inference_mode():
            expected = to_uint8(decoder.decode(decoder.encode(from_uint8(to_uint8(x)))))
        np.testing.assert_allclose(np.stack([found[key] for key in sorted(found)]), expected, atol=1)


def test_own_pictures_that_do_not_fit_are_refused(ask, start):
    state, sent = start()["state"], base64.b64encode(bytes(784)).decode()
    assert "3 pictures do not fit into 2 styles" in refusal(ask("styles", state=state, styles=2, pictures=[sent] * 3))
    assert "data should be the base64 of 784 bytes" in refusal(ask("styles", state=state, pictures=["abc"]))
    assert "pictures should be" in refusal(ask("styles", state=state, pictures={"a": 1}))
