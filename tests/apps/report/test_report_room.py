"""The report room without a browser: its script runs, follows its controls, and says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from apps.report_pages import models, traverse
from engine.checkpoints import load
from tests.apps.zoo import make_zoo

SCRIPT = Path(__file__).parents[3] / "apps" / "report_pages" / "index.py"
IDS = ("dsprites/vae", "sinelines/gt", "mnist/ig5")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"), IDS)


def test_the_page_shows_the_first_model_and_follows_the_choice(here):
    app = AppTest.from_file(SCRIPT, default_timeout=120).run()
    assert not app.exception
    assert app.header[0].value == "dSprites: Variational autoencoder, 5 latents"
    assert [one.value for one in app.subheader] == ["Every axis", "Metrics"]
    assert "MSE" in " ".join(one.value for one in app.markdown)
    app.sidebar.selectbox(key="model").set_value("sinelines/gt").run()
    assert not app.exception
    assert app.header[0].value == "Sinelines: The formula itself"
    assert len(app.get("plotly_chart")) == 1


def test_a_damaged_checkpoint_is_named_and_the_others_stay(here, tmp_path, monkeypatch):
    make_zoo(tmp_path, ("sinelines/gt",))
    (tmp_path / "dsprites" / "ae").mkdir(parents=True)
    (tmp_path / "dsprites" / "ae" / "config.json").write_text("{")
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path))
    models.shelf.cache_clear()
    app = AppTest.from_file(SCRIPT, default_timeout=120).run()
    assert not app.exception
    assert "dsprites/ae cannot be loaded" in app.sidebar.warning[0].value
    assert app.header[0].value == "Sinelines: The formula itself"


def test_a_model_whose_folder_of_pictures_is_gone_is_shown_by_name():
    assert traverse._title("dsprites") == "dSprites"
    assert traverse._title("folder:cats,dogs") == "folder:cats,dogs"


def test_an_empty_catalogue_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path))
    models.shelf.cache_clear()
    app = AppTest.from_file(SCRIPT, default_timeout=120).run()
    models.shelf.cache_clear()
    assert not app.exception
    assert "train some with scripts/train_all.py" in app.info[0].value


def test_routes_serve_the_catalogue_and_nothing_else(here):
    assert models.lookup("sinelines/gt").id == "sinelines/gt"
    with pytest.raises(KeyError, match="No model 'sinelines/tg'; choose one of"):
        models.lookup("sinelines/tg")
    with pytest.raises(KeyError, match="No model"):
        models.lookup(str(here / "sinelines" / "gt"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_strips_have_a_row_for_every_axis_with_its_values(zoo, theme):
    model = load(zoo / "mnist" / "ig5", "cpu")
    figure = traverse.axes_figure(model, None, count=5, span="percentile", theme=theme)
    names = list(figure.layout.yaxis.ticktext)
    assert [name.removesuffix(" (collapsed)") for name in names] == [axis.name for axis in model.axes]
    rows = [list(trace.text) for trace in figure.data]
    category = next(place for place, axis in enumerate(model.axes) if axis.kind == "category")
    assert rows[category] == [str(k) for k in range(10)]
    assert all(len(row) == 5 for place, row in enumerate(rows) if place != category)
    assert len(figure.layout.images) == 10 + 5 * (len(model.axes) - 1)


def test_a_figure_is_saved_in_the_ink_of_paper(zoo):
    asked = []

    def draw(*, theme):
        asked.append(theme)
        return traverse.axes_figure(load(zoo / "sinelines" / "gt", "cpu"), None, count=3, span="full", theme=theme)

    assert "plotly" in traverse.saved(draw)
    assert asked == ["light"]


def test_strips_go_through_the_code_of_the_sliders(zoo):
    model = load(zoo / "sinelines" / "gt", "cpu")
    code = [0.5, 1.0, 0.0, 2.0, 3.0]
    figure = traverse.axes_figure(model, code, count=3, span="full", theme="light")
    intercept = next(place for place, axis in enumerate(model.axes) if axis.name == "intercept")
    line = [trace for trace in figure.data if trace.mode == "lines"][intercept]
    x = model.decode(torch.tensor([code]))[0]
    slope = 0.5 * (3.1 + 3.2) / 19 * 0.94  # of the whole curve, in cell heights: the amplitude is zero
    assert float(x[-1] - x[0]) == pytest.approx(0.5 * 6.3, abs=1e-4)
    middle = [y for y in line.y[65:129] if y is not None]
    assert middle[0] - middle[-1] == pytest.approx(slope, abs=1e-3)


def test_metrics_stand_beside_the_published_ones():
    mse = {"value": 8.41, "paper_value": 8.09, "unit": "u", "definition": "a | b"}
    lines = traverse.metric_lines({"mse": mse, "mi_matrix": {"value": [[1.0]]}})
    assert [(line["Metric"], line["Measured"], line["Published"]) for line in lines] == [("MSE", "8.41", "8.09")]
    assert traverse.table(lines).splitlines() == [
        "| Metric | Measured | Published | Unit | What it says |",
        "| --- | --- | --- | --- | --- |",
        "| MSE | 8.41 | 8.09 | u | a / b |",
    ]
