"""Page Explain without a browser: what it shows, what it does when something is changed, stopped or wrong."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.testing.v1 import AppTest

from apps.report_pages import explain, models
from apps.report_pages import explain_controls as controls
from engine.checkpoints import load
from engine.explain.heatmaps import HEATMAPS, GradCam, GuidedGradCam, RandomMap, Saliency, SmoothGrad, Target
from engine.images import encode_png, to_uint8
from engine.models.predictions import prediction_words
from tests.apps.zoo import make_zoo

QUICK = ("saliency", "guided-backprop")
LOOK = controls.Look("all", 1.0)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"), ("mnist/digits", "sinelines/gt"))


@pytest.fixture(scope="module")
def digits(zoo):
    return load(zoo / "mnist" / "digits", "cpu")


def script():
    from apps.report_pages import explain

    explain.page()


def opened(*methods):
    """The page, with these methods chosen before it is drawn first."""
    app = AppTest.from_function(script, default_timeout=240)
    if methods:
        app.session_state["methods"] = list(methods)
    app.run()
    assert not app.exception
    return app


def table_of(app):
    lines = next(one.value for one in app.markdown if one.value.startswith("| Method")).splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def comparison(model, methods, count=2, target=None):
    shown = controls.Shown(x=model.examples.x[:count], names=tuple(f"picture {k}" for k in range(count)))
    return explain.question_of(model, shown, target or Target(), methods)


def done(model, methods, **more):
    one = comparison(model, methods, **more)
    explain.compare(one, on_progress=lambda words, share: None, on_map=lambda: None)
    return one


def test_the_page_opens_with_the_four_published_methods_on_examples(here):
    app = opened()
    assert app.header[0].value == "Digit classifier, ten classes"
    rows = table_of(app)
    assert [row[0] for row in rows] == [
        "Integrated Gradients",
        "SmoothGrad squared",
        "Guided Backprop",
        "Guided Grad-CAM",
    ]
    assert all(0 <= float(row[2]) <= 1 and 0 <= float(row[3]) <= 1 for row in rows)
    assert len(app.get("plotly_chart")) == 3  # maps, curves, agreement
    assert len(app.get("download_button")) == 2
    assert "Explained: predicted class." in app.caption[1].value
    assert app.sidebar.multiselect(key="examples mnist/digits").value == [0, 1, 2, 3]


def test_what_is_changed_waits_for_explain(here):
    app = opened(*QUICK)
    app.sidebar.multiselect(key="methods").set_value(["saliency", "smoothgrad"]).run()
    assert [row[0] for row in table_of(app)] == ["Saliency", "Guided Backprop"]
    assert "Explain brings the maps up to date" in " ".join(one.value for one in app.sidebar.caption)
    app.sidebar.slider(key="smoothgrad samples mnist/digits").set_value(7)
    app.sidebar.toggle(key="saliency absolute mnist/digits").set_value(False)
    app.sidebar.selectbox(key="target mnist/digits").set_value(3)
    app.sidebar.selectbox(key="against mnist/digits").set_value(8)
    app.sidebar.button(key="explain").click().run()
    assert not app.exception
    rows = {row[0]: row[4] for row in table_of(app)}
    assert rows["SmoothGrad"].startswith("samples 7") and rows["Saliency"] == "absolute False"
    assert "Explained: 3 rather than 8." in app.caption[1].value
    assert not any("up to date" in one.value for one in app.sidebar.caption)


def test_how_maps_are_drawn_asks_for_no_new_maps(here):
    app = opened(*QUICK)
    kept = app.session_state["comparison"]
    app.sidebar.selectbox(key="sign").set_value("negative")
    app.sidebar.slider(key="opacity").set_value(60).run()
    assert not app.exception
    assert app.session_state["comparison"] is kept


def test_stop_keeps_what_is_finished_until_explain_is_pressed(here, monkeypatch):
    compare = explain.compare

    def ended(comparison, on_progress, on_map):
        def clicked():
            on_map()
            raise StopException  # what Streamlit throws when something was clicked

        compare(comparison, on_progress=on_progress, on_map=clicked)

    monkeypatch.setattr(explain, "compare", ended)
    app = opened(*QUICK)
    assert [row.method for row in app.session_state["comparison"].results] == ["saliency"]
    app.button(key="stop").click().run()
    assert "Stopped as asked" in app.warning[0].value
    assert [row[0] for row in table_of(app)] == ["Saliency"]
    monkeypatch.setattr(explain, "compare", compare)
    app.run()
    assert len(app.session_state["comparison"].results) == 1
    app.sidebar.button(key="explain").click().run()
    assert [row[0] for row in table_of(app)] == ["Saliency", "Guided Backprop"]
    assert not app.warning and not app.exception


def test_a_difference_of_nothing_is_told(here):
    app = opened(*QUICK)
    kept = app.session_state["comparison"]
    predicted = kept.question.target.classes[0]
    app.sidebar.selectbox(key="against mnist/digits").set_value(predicted).run()
    assert "always zero" in app.error[0].value and not app.exception


def test_nothing_chosen_is_no_failure(here):
    app = opened(*QUICK)
    app.sidebar.multiselect(key="methods").set_value([]).run()
    assert not app.exception
    assert "at least one picture and one method" in app.info[0].value


def test_without_classifiers_the_page_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(make_zoo(tmp_path, ("sinelines/gt",))))
    models.shelf.cache_clear()
    app = opened()
    models.shelf.cache_clear()
    assert "There are no classifiers yet" in app.info[0].value


def test_the_report_room_leads_to_the_page(here):
    source = (explain.__file__).replace("explain.py", "index.py")
    app = AppTest.from_file(source, default_timeout=240).run()
    assert not app.exception


@pytest.mark.parametrize("method", sorted(HEATMAPS))
def test_every_option_has_a_control_within_its_range(here, method):
    app = AppTest.from_function(script, default_timeout=240)
    app.session_state["methods"] = [method]
    app.session_state["comparison"] = SimpleNamespace(  # so that nothing is computed
        question=SimpleNamespace(model=SimpleNamespace(id="mnist/digits"), methods=[]), key=(), words="", complete=True,
        stopped="", failures=[], results=[], names=(), said=(),
    )  # fmt: skip
    app.run()
    controls_here = {**{one.key: one for kind in ("slider", "toggle", "selectbox") for one in app.sidebar.get(kind)}}
    for one in controls.options_of(HEATMAPS[method]):
        assert controls_here[f"{method} {one.name} mnist/digits"].value == one.default


# ---- the work itself ----


class _Left(BaseException):
    """What Streamlit throws into a script whose visitor clicked."""


def test_work_that_was_ended_goes_on_where_it_was(digits):
    one = comparison(digits, [Saliency(), RandomMap(), SmoothGrad(samples=3)])

    def clicked(words, share):
        if words == "SmoothGrad":
            raise _Left

    with pytest.raises(_Left):
        explain.compare(one, on_progress=clicked, on_map=lambda: None)
    before = list(one.results)
    assert [result.method for result in before] == ["saliency", "random"] and not one.complete
    shares = []
    explain.compare(one, on_progress=lambda words, share: shares.append(share), on_map=lambda: None)
    assert one.complete and one.results[:2] == before
    assert all(0 <= share <= 1 for share in shares) and shares == sorted(shares)


def test_a_random_order_is_measured_once_for_all_methods(digits, monkeypatch):
    asked, drawn = [], []
    monkeypatch.setattr(explain, "random_order_curves", lambda *given: asked.append(given) or "curves")
    monkeypatch.setattr(explain, "pixel_curves", lambda titled, **look: drawn.append(look) or "figure")
    monkeypatch.setattr(explain, "_chart", lambda figure: None)
    one = comparison(digits, [Saliency(), RandomMap()])
    for _ in range(2):
        explain.compare(one, on_progress=lambda words, share: None, on_map=lambda: None)
    explain._trust(one, "light")
    assert len(asked) == 1 and one.reference == "curves" and drawn[0]["reference"] == "curves"


def test_a_method_that_cannot_explain_leaves_the_others(digits):
    one = done(digits, [Saliency(), GradCam(layer="nowhere")])
    assert one.complete and [failure.method for failure in one.failures] == ["grad-cam"]
    assert [line["Method"] for line in explain.method_lines(one)] == ["Saliency"]
    assert explain.grid(one, LOOK, "dark").layout.images


def test_another_question_has_another_key(digits):
    keys = {
        comparison(digits, [Saliency()]).key,
        comparison(digits, [Saliency(absolute=False)]).key,
        comparison(digits, [Saliency()], target=Target((3,))).key,
        comparison(digits, [Saliency()], count=1).key,
        comparison(digits, [Saliency()]).key,
    }
    assert len(keys) == 4


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_grid_has_a_row_a_picture_and_what_the_model_says_of_it(digits, theme):
    one = done(digits, [Saliency(), RandomMap()], count=3)
    figure = explain.grid(one, LOOK, theme)
    assert len(figure.layout.images) == 3 * 3
    assert [text.split("<br>")[0] for text in figure.layout.yaxis.ticktext] == list(one.names)
    assert all(text.endswith("%</b>") for text in figure.layout.yaxis.ticktext)


def test_names_from_outside_stay_text(digits):
    shown = controls.Shown(x=digits.examples.x[:1], names=("<img src=x>" + "n" * 99 + ".png",))
    one = explain.question_of(digits, shown, Target(), [Saliency()])
    text = explain.grid(one, LOOK, "light").layout.yaxis.ticktext[0]
    assert text.startswith("&lt;img") and len(text) < 80


def test_empty_maps_and_notes_are_told(digits):
    one = done(digits, [Saliency(), GuidedGradCam()])
    one.results[0].values[1].zero_()
    one.results[1] = replace(one.results[1], notes=("Something was changed.",), values=torch.ones(2, 1, 28, 28))
    assert explain.notes_of(one) == [
        "Saliency: the map is zero everywhere for picture 1.", "Guided Grad-CAM: Something was changed.",
    ]  # fmt: skip


def test_what_speaks_against_stays_blue(digits):
    one = done(digits, [Saliency(absolute=False)])
    shown = explain.drawn(one, controls.Look("negative", 1.0))["Saliency"]
    assert float(shown.max()) <= 0 and float(shown.min()) == -1


def test_downloads_hold_what_is_shown(digits):
    one = done(digits, [Saliency(), RandomMap()])
    with Image.open(io.BytesIO(explain.sheet(one, LOOK))) as picture:
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    with np.load(io.BytesIO(explain.numbers(one)), allow_pickle=False) as file:
        np.testing.assert_array_equal(file["saliency"], one.results[0].values.numpy())
        assert json.loads(str(file["made_by"]))["names"] == ["picture 0", "picture 1"]


# ---- pictures from outside ----


def upload(name, data):
    return SimpleNamespace(name=name, getvalue=lambda: data)


def test_uploads_are_read_and_bad_ones_are_named(digits, monkeypatch):
    said = []
    monkeypatch.setattr(controls.st, "warning", said.append)
    good = encode_png(to_uint8(digits.examples.x[:1])[0])
    shown = controls._uploaded([upload("good.png", good), upload("bad.png", b"no")], digits)
    torch.testing.assert_close(shown.x, digits.examples.x[:1].cpu(), atol=1 / 255, rtol=0)
    assert shown.names == ("good.png",)
    assert said[0].startswith("bad.png: This file (2 bytes) is not a picture")
    assert controls._uploaded([upload("bad.png", b"no")], digits) is None


def test_of_many_uploads_the_first_are_taken(digits):
    good = encode_png(to_uint8(digits.examples.x[:1])[0])
    shown = controls._uploaded([upload(f"{k}.png", good) for k in range(10)], digits)
    assert len(shown.names) == controls.MAX_PICTURES == len(shown.x)
    assert "The first 8 of 10 files were taken." in shown.notes


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        ({"top": [["Smiling", 0.873]], "unit": "%"}, "Smiling, 87%"),
        ({"top": [["age", 41.7]], "unit": "years"}, "age, 41.7 years"),
    ],
)
def test_what_a_model_says_in_words(prediction, words):
    assert prediction_words(prediction) == words


@pytest.mark.parametrize(
    ("classes", "exclusive", "words"),
    [
        (("a", "b"), True, "the predicted class"),
        (("Smiling", "Male"), False, "the likeliest attribute"),
        (("age",), False, "the only output"),
    ],
)
def test_the_first_choice_of_target_suits_the_model(classes, exclusive, words):
    assert controls._likeliest(SimpleNamespace(classes=classes, exclusive=exclusive)) == words
