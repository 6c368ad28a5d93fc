"""Page Quiz without a browser: the models to choose from, and what the component in it is given."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from apps.report_pages import models
from tests.apps.zoo import make_zoo


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"), ("sinelines/gt", "dsprites/vae", "mnist/digits"))


def script():
    from apps.report_pages import quiz

    quiz.page()


def opened():
    app = AppTest.from_function(script, default_timeout=240).run()
    assert not app.exception
    return app


def given(app):
    """What the component is told."""
    return json.loads(app.get("bidi_component")[0].proto.json)


def test_the_page_begins_with_a_model_of_middling_difficulty_and_follows_the_choice(here):
    app = opened()
    chosen = app.sidebar.selectbox(key="quiz_model")
    assert chosen.options == ["dsprites/vae", "sinelines/gt"]  # a classifier has no dials
    assert given(app) == {"base": "", "model": "dsprites/vae"}
    chosen.set_value("sinelines/gt").run()
    assert not app.exception
    assert given(app)["model"] == "sinelines/gt"


def test_without_models_the_page_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path))
    models.shelf.cache_clear()
    app = opened()
    models.shelf.cache_clear()
    assert "train some with scripts/train_all.py" in app.info[0].value
