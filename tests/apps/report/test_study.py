"""Page Study results without a browser: who sees it, what it shows of real answers, what is taken away from it."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from apps.owner import OWNER_VARIABLE
from apps.report_pages import study
from apps.study_room.exports import tables
from apps.study_store import study_store
from engine import settings
from tests.apps.played import CURVES, take_part
from tests.apps.zoo import make_zoo

TOKEN = "a long and random text"
AT_HOME = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"), ("sinelines/gt", "sinelines/vae"))


@pytest.fixture
def store(here, tmp_path, monkeypatch):
    """The studies of this test alone."""
    monkeypatch.setenv(settings.STUDIES_VARIABLE, str(tmp_path / "studies"))
    study.room.cache_clear()
    yield study_store()
    study.room.cache_clear()


@pytest.fixture
def visit(monkeypatch):
    """Who looks at the page: what the browser and the connection say."""

    def looks(headers=AT_HOME, address=None):
        monkeypatch.setattr(type(st.context), "headers", property(lambda _: headers))
        monkeypatch.setattr(type(st.context), "ip_address", property(lambda _: address))

    looks()
    return looks


def script():
    from apps.report_pages import study

    study.page()


def opened():
    app = AppTest.from_function(script, default_timeout=240).run()
    assert not app.exception
    return app


def words(app):
    kinds = ("header", "caption", "info", "error", "warning")
    return " ".join(str(one.value) for kind in kinds for one in app.get(kind))


def documents(app):
    return [one.proto.body for one in app.get("html")]


@pytest.mark.usefixtures("visit")
def test_nobody_has_taken_part(store):
    assert "Nobody has taken part in a study yet. Page Quiz" in opened().info[0].value


@pytest.mark.usefixtures("visit")
def test_the_results_of_a_study(store):
    take_part(store, participants=7)
    app = opened()
    assert app.header[0].value == CURVES.title
    assert "7 took part · 7 finished · 0 left out · 7 analysed with 28 questions" in app.caption[0].value
    text = "".join(documents(app))
    for part in ("Declared contrasts", "gt – vae", "completion rate (%)", "Pictures", "Order", "Left out", "Methods"):
        assert part in text
    assert len(app.get("plotly_chart")) == 8
    assert len(app.get("download_button")) == 2
    assert not app.sidebar.get("selectbox")[1:]  # one version, nothing to choose


@pytest.mark.usefixtures("visit")
def test_a_study_whose_file_was_changed_is_shown_as_a_whole_and_by_version(store):
    take_part(store, participants=2)
    take_part(store, replace(CURVES, title="Curves again"), participants=1, seed=1)
    app = opened()
    assert app.header[0].value == "Curves again" and "3 took part" in app.caption[0].value
    app.sidebar.selectbox(key="version curves").set_value(1).run()
    assert not app.exception
    assert app.header[0].value == CURVES.title and "2 took part" in app.caption[0].value


@pytest.mark.usefixtures("visit")
def test_a_model_that_is_gone_leaves_the_rest(store, monkeypatch):
    take_part(store, participants=3)
    monkeypatch.setattr(study.room().shelf, "latent_model", lambda name: {}[name])
    app = opened()
    assert any("could not be loaded" in one.value for one in app.warning)
    assert len(app.get("plotly_chart")) == 6  # all but the ways over its dials


@pytest.mark.usefixtures("visit")
def test_a_store_that_cannot_be_opened_is_told(store, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(settings.STUDIES_VARIABLE, str(tmp_path / "file"))
    app = opened()
    assert app.error and not app.get("plotly_chart")


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        (AT_HOME, "192.0.2.7"),
        ({**AT_HOME, "X-Forwarded-For": "192.0.2.7"}, None),
        ({"Host": "localhost", "Origin": "https://studies.example.org"}, None),  # through a proxy on this machine
        ({"Host": "localhost"}, None),
        ({}, None),
    ],
)
def test_a_stranger_sees_nothing_of_the_answers(store, visit, headers, address):
    take_part(store, participants=1)
    visit(headers, address)
    app = opened()
    assert "Participants' answers are shown to the owner" in app.info[0].value
    assert CURVES.title not in words(app) and not app.sidebar.selectbox and not app.text_input


def test_on_a_space_everybody_is_a_stranger_without_the_token(store, visit, monkeypatch):
    take_part(store, participants=1)
    monkeypatch.setenv("SPACE_ID", "owner/space")
    monkeypatch.setenv(OWNER_VARIABLE, TOKEN)
    app = opened()
    assert CURVES.title not in words(app)
    app.text_input(key="owner_token").set_value("a guess")
    app.button[0].click().run()
    assert "This is not the owner's token." in words(app) and CURVES.title not in words(app)
    app.text_input(key="owner_token").set_value(TOKEN)
    app.button[0].click().run()
    assert not app.exception
    assert app.header[0].value == CURVES.title


@pytest.mark.parametrize("anonymised", [False, True])
def test_answers_are_taken_away_as_tables(store, anonymised):
    take_part(store, participants=2)
    data = study.packed(lambda folder: tables(study.room(), "curves", folder, format="csv", anonymised=anonymised))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {name.removeprefix("curves_") for name in texts} == {
        "sessions.csv", "responses.csv", "events.csv", "data_dictionary.csv"
    }  # fmt: skip
    token = next(store.sessions("curves")).token
    assert any(token in text for text in texts.values()) is not anonymised


def test_one_file_is_taken_away_as_it_is():
    def write(folder):
        (folder / "one.html").write_text("<p>")
        return [folder / "one.html"]

    assert study.packed(write) == b"<p>"
