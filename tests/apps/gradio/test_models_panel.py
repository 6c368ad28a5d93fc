"""The workspace Models without a server: tables, cards, figures, scatter points and pages of data."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from apps.gradio_app import data_panel, models_panel
from apps.gradio_app.catalogue_table import catalogue_table, file_size
from apps.gradio_app.data_panel import Asked, Browser
from apps.gradio_app.data_shelf import DataShelf, Source, known_datasets
from apps.gradio_app.dataset_pages import PAGE_SIZE, choices, filters, page_of, rows_where
from apps.gradio_app.model_card import card_html, markdown_html
from apps.gradio_app.model_figures import knowledge_figure
from apps.gradio_app.scatter_points import code_of_row, picture_of_row, points_of, scatter_state
from apps.gradio_app.traverse import caption
from apps.refusals import RefusedError
from apps.shelf import Shelf
from engine.checkpoints import CorruptError, Entry, Examples
from engine.data import DataUnavailableError, load_dataset
from engine.interfaces import Space
from tests.apps.zoo import ROWS, make_zoo

DETAILS = models_panel.DETAILS


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"))


@pytest.fixture(scope="module")
def shelf(zoo):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
        yield Shelf(device="cpu")


# ---------------------------------------------------------------------------------------------- the table


def test_the_table_has_a_row_for_every_model_and_marks_the_current_one(shelf):
    value = models_panel.table(shelf, {"model": "mnist/tc5"})
    json.dumps(value, allow_nan=False)
    assert [row["id"] for row in value["rows"]] == [entry.id for entry in shelf.entries()]
    assert [row["id"] for row in value["rows"] if row["selected"]] == ["mnist/tc5"]
    assert all(len(row["cells"]) == len(value["columns"]) for row in value["rows"])


def test_a_classifier_is_looked_at_while_the_sliders_keep_their_model(shelf):
    change = models_panel.chosen(shelf, "mnist/digits")
    assert change == {"card": "mnist/digits"}
    state = {"model": "mnist/tc5", **change}
    assert [row["id"] for row in models_panel.table(shelf, state)["rows"] if row["selected"]] == ["mnist/digits"]
    assert "Digit classifier" in models_panel.detail(shelf, state, "Card")
    assert len(models_panel.detail(shelf, state, "Training curve").data) >= 1
    assert models_panel.chosen(shelf, "mnist/tc5") == {"model": "mnist/tc5", "card": None}


def test_a_metric_stands_beside_the_published_figure(shelf):
    value = models_panel.table(shelf, {})
    titles = [column["title"] for column in value["columns"]]
    cell = next(row for row in value["rows"] if row["id"] == "dsprites/vae")["cells"][titles.index("MSE")]
    assert (cell["text"], cell["note"]) == ("8.41", "8.09")
    assert cell["sort"] == pytest.approx(8.0862 * 1.04, rel=1e-3)
    assert cell["tone"] == "short"
    assert "Lower is better" in value["columns"][titles.index("MSE")]["tip"]


def test_what_a_model_lacks_sorts_last_and_shows_nothing(shelf):
    value = catalogue_table(shelf.entries())
    titles = [column["title"] for column in value["columns"]]
    digits = next(row for row in value["rows"] if row["id"] == "mnist/digits")["cells"]
    assert digits[titles.index("MSE")] == {"text": "", "sort": None, "note": ""}
    assert digits[titles.index("Latents")]["text"] == "\N{EN DASH}"


def test_what_a_simulated_participant_solves_has_its_interval_for_a_tip():
    solved = {"value": 41.0, "unit": "%", "interval": [31.0, 51.0], "paper_value": 58.0, "higher_is_better": True}
    value = catalogue_table([Entry(id="dsprites/vae", metrics={"bot_solved": solved}, folder=Path())])
    assert value["columns"][-1]["title"] == "Simulated participant solves, %"
    cell = value["rows"][0]["cells"][-1]
    assert (cell["text"], cell["note"], cell["tone"]) == ("41", "58", "short")
    assert cell["tip"] == "95 % interval: 41 (31 to 51). Not as good as published."


def test_a_damaged_checkpoint_says_why(shelf):
    broken = replace(shelf.entries()[0], error="It lacks model.safetensors.")
    assert catalogue_table([broken])["rows"][0]["error"] == "It lacks model.safetensors."


@pytest.mark.parametrize(("count", "text"), [(1, "1 KB"), (812_000, "812 KB"), (4_230_000, "4.2 MB")])
def test_sizes_are_in_words(count, text):
    assert file_size(count) == text


# ---------------------------------------------------------------------------------------------- the card


def test_the_card_shows_its_text_tables_and_own_pictures(shelf):
    html = models_panel.detail(shelf, {"model": "mnist/tc5"}, "Card")
    assert "beta-TCVAE" in html
    assert "<table>" in html
    assert re.search(r'<img src="data:image/png;base64,[^"]+"', html)
    assert "license: mit" not in html  # the Hub's front matter is not for readers
    assert not re.search(r'src="(?!data:)', html)


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("![x](http://example.org/track.png)", "example.org"),
        ("![x](../../secret.png)", "secret"),
        ("[x](javascript:alert(1))", 'href="javascript'),
        ("[x](file:///etc/passwd)", 'href="file'),
    ],
)
def test_a_strangers_card_cannot_run_or_fetch_anything(tmp_path, text, forbidden):
    (tmp_path.parent / "secret.png").write_bytes(b"secret")
    assert forbidden not in markdown_html(text, tmp_path)


def test_links_open_outside(tmp_path):
    html = markdown_html("[paper](https://arxiv.org/abs/2102.01264)", tmp_path)
    assert 'href="https://arxiv.org/abs/2102.01264" target="_blank" rel="noopener noreferrer"' in html


def test_a_missing_card_is_said_to_be_missing(tmp_path):
    assert "no readable model card" in card_html(tmp_path)


# ---------------------------------------------------------------------------------------------- figures


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", [name for name in DETAILS if name not in ("Card", "Latent space")])
def test_every_model_has_every_figure_or_a_reason(shelf, theme, name):
    for entry in shelf.entries():
        figure = models_panel.detail(shelf, {"model": entry.id, "theme": theme}, name)
        assert figure.data or figure.layout.images or figure.layout.annotations[0].text


def test_the_matrix_has_the_sliders_names_in_the_codes_order(shelf):
    heat = models_panel.detail(shelf, {"model": "dsprites/vae"}, "Factors and classes").data[0]
    assert list(heat.x) == ["shape", "scale", "orientation", "posX", "posY"]
    assert list(heat.y) == [f"Latent {k}" for k in range(1, 6)]


@pytest.mark.parametrize(
    ("metrics", "title"),
    [
        ({"confusion_matrix": {"value": [[9, 1], [0, 10]]}}, "20 held-out examples"),
        ({"confusion_matrices": {"value": [[9, 1, 0, 10], [18, 0, 1, 1]]}}, "Accuracy in %"),
    ],
)
def test_a_classifiers_answers_are_drawn_in_the_form_it_gives_them(metrics, title):
    config = {"kind": "classifier", "classes": ["a", "b"], "id": "mnist/ab"}
    assert title in knowledge_figure(SimpleNamespace(config=config, metrics=metrics), "light").layout.title.text


def test_reasons_are_given_in_words(shelf):
    def said(model, name):
        return models_panel.detail(shelf, {"model": model}, name).layout.annotations[0].text

    assert "formula" in said("sinelines/gt", "Training curve")
    assert "true factors of mnist are not known" in said("mnist/tc5", "Factors and classes")
    assert "Choose a model" in said("mnist/none", "Training curve")
    assert "nothing was measured" in said("mnist/digits", "Factors and classes")
    message = models_panel.detail(shelf, {"model": "mnist/digits"}, "Latent space")["message"]
    assert "classifier" in message


# ---------------------------------------------------------------------------------------------- the scatter


def test_a_bug_in_a_figure_is_logged_and_leaves_the_page(shelf, monkeypatch, caplog):
    def broken(shelf, state):
        raise ValueError("a bug")

    monkeypatch.setitem(models_panel._DRAW, "Training curve", broken)
    figure = models_panel.detail(shelf, {"model": "mnist/tc5"}, "Training curve")
    assert "The program failed (ValueError)" in figure.layout.annotations[0].text
    assert "broken" in caplog.text


def test_the_scatter_offers_components_latents_labels_and_factors(shelf):
    digits = scatter_state(shelf.get("mnist/tc5"))
    json.dumps(digits, allow_nan=False)
    assert [axis["name"][:11] for axis in digits["axes"][:2]] == ["Component 1", "Component 2"]
    assert sorted(axis["name"] for axis in digits["axes"][2:]) == [f"Latent {k}" for k in range(1, 6)]
    assert [(color["name"], color["classes"]) for color in digits["colors"]] == [("label", list("0123456789"))]
    sprites = scatter_state(shelf.get("dsprites/vae"))
    assert [color["name"] for color in sprites["colors"]] == ["shape", "scale", "orientation", "posX", "posY"]
    assert sprites["colors"][0]["classes"] == ["square", "ellipse", "heart"]
    for state in (digits, sprites):
        lengths = {len(one["values"]) for one in (*state["axes"], *state["colors"])}
        assert lengths == {ROWS}
        assert all(0 <= value < len(color["map"]) for color in state["colors"] for value in color["values"])


def test_the_sheet_holds_the_examples_in_order(shelf):
    model = shelf.get("dsprites/vae")
    sheet = scatter_state(model)["atlas"]
    whole = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet["uri"].partition(",")[2]))))
    row, column = divmod(17, sheet["columns"])
    tile = whole[64 * row : 64 * (row + 1), 64 * column : 64 * (column + 1)]
    np.testing.assert_array_equal(tile, (model.examples.x[17, 0] * 255).numpy())


def test_an_axis_shows_the_entry_of_the_code_it_moves(shelf):
    model = shelf.get("mnist/tc5")
    values = {axis["name"]: axis["values"] for axis in scatter_state(model)["axes"]}
    for axis in model.axes:
        np.testing.assert_allclose(values[axis.name], model.examples.codes[:, axis.indices[0]], atol=1e-4)


def test_further_codes_follow_the_examples():
    generator = torch.Generator().manual_seed(0)
    extra = {"scatter_codes": torch.randn(7, 3, generator=generator).half(), "scatter_labels": torch.arange(7).byte()}
    examples = Examples(x=torch.zeros(2, 1, 2, 2), codes=torch.ones(2, 3), labels=torch.tensor([8, 9]), extra=extra)
    points = points_of(examples)
    assert points.codes.shape == (9, 3)
    assert points.codes.dtype == torch.float32
    assert points.labels.tolist() == [8, 9, 0, 1, 2, 3, 4, 5, 6]
    assert points.pictured == 2
    assert points_of(replace(examples, extra={"scatter_codes": extra["scatter_codes"]})).labels is None


def test_a_point_opens_in_traverse_with_its_code(shelf):
    change = models_panel.point(shelf, {"model": "mnist/tc5", "row": 5})
    assert (change["model"], change["workspace"]) == ("mnist/tc5", "Traverse")
    np.testing.assert_allclose(change["code"], shelf.get("mnist/tc5").examples.codes[5], atol=1e-6)


@pytest.mark.parametrize("row", [-1, ROWS, "0", None, 1.5, True])
def test_a_point_that_is_not_there_is_refused(shelf, row):
    with pytest.raises(ValueError, match=f"points 0 to {ROWS - 1}"):
        code_of_row(shelf.get("mnist/tc5"), row)
    assert "points 0 to" in models_panel.picture(shelf, {"model": "mnist/tc5", "row": row})["error"]


@pytest.mark.parametrize("asked", [None, [], {}, {"model": "mnist/none", "row": 0}, {"model": 3}])
def test_questions_that_make_no_sense_get_an_answer_in_words(shelf, asked):
    assert "No model" in models_panel.picture(shelf, asked)["error"]


def test_the_model_draws_points_that_have_no_picture(shelf):
    model = shelf.get("sinelines/vae")
    assert models_panel.picture(shelf, {"model": model.id, "row": 3}) == {"uri": picture_of_row(model, 3)}


# ---------------------------------------------------------------------------------------------- the data sets


@pytest.fixture(scope="module")
def sprites(shelf):
    return DataShelf(shelf).source("dsprites", "test")


def test_pages_go_through_the_whole_split(sprites):
    first, last = page_of(sprites), page_of(sprites, page=10**9)
    assert (first.page, first.pages, first.found) == (1, -(-73_728 // PAGE_SIZE), 73_728)
    assert [item["row"] for item in first.state["items"]] == list(range(PAGE_SIZE))
    assert last.page == last.pages
    assert last.state["items"][-1]["row"] == 73_727
    assert page_of(sprites, page=-3).page == 1


def test_a_page_shows_the_rows_it_names(sprites):
    page = page_of(sprites, page=3)
    rows = [item["row"] for item in page.state["items"]]
    sheet = page.state["atlas"]
    whole = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet["uri"].partition(",")[2]))))
    row, column = divmod(4, sheet["columns"])
    x = load_dataset("dsprites").split("test").batch([rows[4]]).x[0, 0]
    np.testing.assert_array_equal(whole[64 * row :, 64 * column :][:64, :64], (x * 255).numpy())


def test_filters_by_a_factor_with_few_values_keep_those_rows(sprites):
    assert filters(sprites) == ["shape", "scale", "orientation", "posX", "posY"]
    assert choices(sprites, "shape") == ["any", "square", "ellipse", "heart"]
    rows = rows_where(sprites, "shape", "heart")
    np.testing.assert_array_equal(rows, np.flatnonzero(sprites.factors[:, 0] == 3))
    item = page_of(sprites, by="shape", value="heart").state["items"][0]
    assert item["caption"] == "heart"
    assert "shape heart, scale" in item["title"]


def test_filters_by_a_factor_with_many_values_keep_a_fifth(shelf):
    source = DataShelf(shelf).source("sinelines", "test")
    fifths = choices(source, "slope")[1:]
    assert len(fifths) == 5
    parts = [rows_where(source, "slope", fifth) for fifth in fifths]
    assert all(abs(len(part) - 1000) <= 1 for part in parts)
    assert sorted(np.concatenate(parts)) == list(range(5000))


def test_a_value_that_is_none_of_the_choices_is_refused(sprites):
    with pytest.raises(ValueError, match=r"shape has the values \['square', 'ellipse', 'heart'\]; got '4'"):
        rows_where(sprites, "shape", "4")


class Missing(type(load_dataset("mnist"))):
    """MNIST without network and mirror."""

    def prepare(self, progress=None):
        raise DataUnavailableError("MNIST is not here: no network.")

    def split(self, name):
        raise DataUnavailableError("MNIST is not here: no network.")


def test_a_data_set_that_cannot_be_had_falls_back_to_the_examples_of_a_checkpoint(shelf):
    source = DataShelf(shelf, open=lambda name: Missing()).source("mnist", "test")
    assert source.note == f"MNIST is not here: no network. Shown instead: {ROWS} examples kept with mnist/tc5."
    assert source.length == ROWS
    assert filters(source) == ["label"]
    assert len(rows_where(source, "label", "3")) == (torch.arange(ROWS) % 10 == 3).sum()


def test_without_any_checkpoint_the_reason_is_shown(shelf, monkeypatch):
    empty = Browser(Shelf(catalogue=tuple))
    monkeypatch.setattr(empty, "_data", DataShelf(empty.shelf, open=lambda name: Missing()))
    *_, pictures, note = empty.show(Asked("mnist", "test"))
    assert pictures["items"] == []
    assert note["warning"] == "MNIST is not here: no network."


def test_the_controls_follow_the_data_set(shelf):
    browser = Browser(shelf)
    names, split, by, value, page, pictures, note = browser.show(Asked("dsprites", "test", "shape", "ellipse", 2))
    assert names["value"] == "dsprites"
    assert (split["choices"], split["value"]) == (["test", "train", "all"], "test")
    assert (by["choices"][:2], by["value"]) == ([data_panel.EVERYTHING, "shape"], "shape")
    assert (value["value"], page) == ("ellipse", 2)
    assert len(pictures["items"]) == PAGE_SIZE
    assert re.match(r"2\d,\d{3} of 73,728 examples, page 2 of \d+\.", note["text"])
    _, _, by, value, page, *_ = browser.show(Asked("sinelines", "test", "shape", "ellipse", 1))
    assert (by["value"], value["value"], value["interactive"]) == (data_panel.EVERYTHING, "any", False)


class MissingFaces(Missing, type(load_dataset("celeba"))):
    """CelebA without network and mirror."""

    title, split_names = "CelebA", ("train", "valid", "test", "all")


def test_a_data_set_says_which_splits_it_has(shelf, monkeypatch):
    browser = Browser(shelf)
    monkeypatch.setattr(browser, "_data", DataShelf(shelf, open=lambda name: MissingFaces()))
    names, split, *_, note = browser.show(Asked("celeba", "half"))
    assert (split["choices"], split["value"]) == (["test", "train", "valid", "all"], "test")
    assert note["warning"]  # it cannot be had, which keeps no control from working
    assert names["choices"][:2] == [("dSprites", "dsprites"), ("Sinelines", "sinelines")]


def test_a_view_is_offered_beside_the_data_sets(shelf):
    assert ("MNIST: 3, 8", "mnist:3,8") in known_datasets("mnist:3,8")
    assert [name for _, name in known_datasets("mnist")].count("mnist") == 1
    assert known_datasets("mnist:12") == known_datasets()


@pytest.fixture
def faces():
    """Two hundred large faces with two attributes, the first of which every third has."""
    factors = torch.stack([torch.arange(200) % 3 == 0, torch.arange(200) % 2 == 0], dim=1).float()
    return Source(
        dataset="faces",
        split="test",
        space=Space(kind="image", shape=(3, 256, 192)),
        labels=None,
        factors=factors,
        factor_names=("Smiling", "Young"),
        classes=(),
        read=lambda rows: torch.full((len(rows), 3, 256, 192), 0.5),
        length=200,
    )


def test_attributes_read_as_words(faces):
    assert choices(faces, "Smiling") == ["any", "no", "yes"]
    assert rows_where(faces, "Smiling", "yes").tolist() == list(range(0, 200, 3))
    items = page_of(faces).state["items"]
    assert [item["title"] for item in items[:4]] == ["row 0, Smiling, Young", "row 1", "row 2, Young", "row 3, Smiling"]
    assert page_of(faces, by="Young", value="no").state["items"][0]["caption"] == "no"


def test_kinds_read_as_words(shelf):
    shapes = DataShelf(shelf).source("dsprites", "test")
    assert choices(shapes, "shape") == ["any", "square", "ellipse", "heart"]
    assert choices(shapes, "scale")[1] == "0.5"
    hearts = rows_where(shapes, "shape", "heart")
    assert set(shapes.factors[hearts, 0].tolist()) == {3.0}
    item = page_of(shapes, by="shape", value="heart").state["items"][0]
    assert item["caption"] == "heart"
    assert ", shape heart, scale " in item["title"]
    assert re.search(", shape (square|ellipse|heart), scale 0.", caption(shelf.get("dsprites/vae"), 0))


def test_large_pictures_are_drawn_small(faces):
    sheet = page_of(faces).state["atlas"]
    assert (sheet["height"], sheet["width"]) == (96, 72)
    whole = Image.open(io.BytesIO(base64.b64decode(sheet["uri"].partition(",")[2])))
    assert whole.width == sheet["columns"] * 72
    assert whole.getpixel((36, 48)) == (128, 128, 128)


def test_a_picture_opens_through_the_current_model(shelf):
    browser = Browser(shelf)
    change = browser.open({"model": "dsprites/vae"}, "dsprites", "test", 11)
    x = load_dataset("dsprites").split("test").batch([11]).x
    expected = shelf.get("dsprites/vae").encode(x)[0]
    np.testing.assert_allclose(change["code"], expected.detach(), atol=1e-5)
    assert (change["model"], change["workspace"]) == ("dsprites/vae", "Traverse")


def test_a_formula_takes_the_factors_themselves(shelf):
    change = Browser(shelf).open({"model": "sinelines/gt"}, "sinelines", "test", 11)
    np.testing.assert_allclose(change["code"], load_dataset("sinelines").split("test").factors[11])


def test_a_picture_of_another_data_set_is_not_opened(shelf):
    with pytest.raises(ValueError, match="mnist/tc5 was not made for dsprites. Choose a dsprites model"):
        Browser(shelf).open({"model": "mnist/tc5"}, "dsprites", "test", 0)


@pytest.mark.filterwarnings("ignore::UserWarning")  # gr.Warning outside an event
@pytest.mark.parametrize(
    "error", [DataUnavailableError("MNIST is not here."), CorruptError("It is cut short."), RefusedError("No row 7.")]
)
def test_what_keeps_a_picture_from_opening_is_said_in_the_note(shelf, monkeypatch, error):
    def fail(*arguments):
        raise error

    browser = Browser(shelf)
    monkeypatch.setattr(browser, "open", fail)
    _, note = data_panel.opened(browser, {"model": "mnist/tc5"}, "mnist", "test", 7)
    assert note == {"warning": str(error)}


@pytest.mark.parametrize("row", [-1, 10**9, None, "3"])
def test_a_row_that_is_not_there_is_refused(shelf, row):
    with pytest.raises(ValueError, match="There is no row"):
        Browser(shelf).open({"model": "dsprites/vae"}, "dsprites", "test", row)
