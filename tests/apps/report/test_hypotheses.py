"""Page Hypotheses without a browser: search, tests, files, and what it says when work is stopped or impossible."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.testing.v1 import AppTest

from apps.hypothesising import Grounds
from apps.report_pages import hypotheses, hypotheses_cards, models
from apps.report_pages.hypotheses_sitting import Question, Sitting, go_on
from engine.explain.hypotheses import Shift, load_session
from tests.apps.zoo import make_zoo

IDS = ("mnist/tc5", "mnist/ig5", "sinelines/gt", "mnist/digits")
ASKED = Question(model="mnist/tc5", reader="mnist/digits", output="3", bank=8, seed=5)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"), IDS)


@pytest.fixture
def room(here):
    hypotheses.grounds.cache_clear()
    yield here
    hypotheses.grounds.cache_clear()


def script():
    from apps.report_pages import hypotheses

    hypotheses.page()


def opened(**state):
    app = AppTest.from_function(script, default_timeout=240)
    for name, value in {"generator": "mnist/tc5", "bank": 8, **state}.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception
    return app


def silent(words, share):
    pass


def searched(room, *, tests=0):
    sitting = Sitting()
    sitting.begin(ASKED)
    go_on(sitting, hypotheses.grounds(), on_progress=silent)
    if tests:
        sitting.test_findings([*range(tests)], 12)
        go_on(sitting, hypotheses.grounds(), on_progress=silent)
    return sitting


def text_of(app):
    """All words of `st.html`, which is where findings and cards are."""
    return " ".join(one.proto.body for one in app.get("html"))


def test_a_search_and_a_test_from_top_to_bottom(room):
    app = opened(readout="3", seed=5)
    assert "Generate" in app.info[0].value and not app.subheader
    app.sidebar.button(key="generate").click().run()
    assert not app.exception and not app.warning
    assert [one.value for one in app.subheader] == ["What moves P(3)"]
    assert "over 8 codes, seed 5" in " ".join(one.value for one in app.caption)
    sitting = app.session_state["hypotheses"]
    assert [one.gauge.output for one in sitting.found] == ["3"] * len(sitting.found)
    assert str(sitting.found[0]) in text_of(app)
    app.multiselect(key="chosen 1 0").set_value([0, 1])
    app.number_input(key="codes").set_value(12)
    app.button(key="test").click().run()
    assert not app.exception and not app.warning
    assert [card.result.count for card in sitting.session.cards] == [12, 12]
    assert [one.value for one in app.subheader] == ["What moves P(3)", "Tested on fresh codes"]
    assert "<h3>1. " in text_of(app) and "<h3>2. " in text_of(app)
    assert all(verdict.words.partition(":")[0] in text_of(app) for verdict in sitting.session.verdicts)
    assert text_of(app).count("<figcaption>Unchanged samples, lowest P(3) first") == 2
    assert "Counterexamples" in text_of(app)
    assert len(app.get("plotly_chart")) == 4 and len(app.get("download_button")) == 2
    assert 0 not in app.multiselect(key="chosen 1 2").options  # tested already


def test_the_address_keeps_the_choice(room):
    app = AppTest.from_function(script, default_timeout=240)
    app.query_params.update(generator="mnist/ig5", readout="P(7)", bank="16", seed="3")
    app.run()
    assert not app.exception
    assert app.sidebar.selectbox(key="generator").value == "mnist/ig5"
    assert app.sidebar.selectbox(key="readout").value == "7"
    assert [app.sidebar.number_input(key=name).value for name in ("bank", "seed")] == [16, 3]


def test_only_models_that_draw_pictures_are_offered(room):
    app = opened()
    assert app.sidebar.selectbox(key="generator").options == ["mnist/tc5", "mnist/ig5"]
    assert app.sidebar.selectbox(key="classifier").options == ["mnist/digits"]


def test_without_classifiers_the_page_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(make_zoo(tmp_path, ("mnist/tc5",))))
    models.shelf.cache_clear()
    app = AppTest.from_function(script, default_timeout=240).run()
    models.shelf.cache_clear()
    assert "train some with scripts/train_all.py" in app.info[0].value and not app.exception


def test_work_that_a_click_ended_goes_on_and_stop_ends_it(room, monkeypatch):
    def clicked(sitting, grounds, on_progress):
        raise StopException  # what Streamlit throws when something was clicked

    app = opened()
    with monkeypatch.context() as patch:
        patch.setattr(hypotheses, "go_on", clicked)
        app.sidebar.button(key="generate").click().run()
        assert app.session_state["hypotheses"].searching
        app.button(key="stop_hypotheses").click().run()
    assert app.warning[0].value == "Stopped as asked." and not app.session_state["hypotheses"].searching
    app.sidebar.button(key="generate").click().run()
    assert app.session_state["hypotheses"].found and not app.warning


def test_tests_that_were_ended_keep_what_is_finished(room):
    sitting = searched(room)
    sitting.test_findings([0, 1], 12)

    class LeftError(BaseException):
        pass

    def leave(words, share):
        if words == "Testing card 2":
            raise LeftError

    with pytest.raises(LeftError):
        go_on(sitting, hypotheses.grounds(), on_progress=leave)
    assert sitting.untested == [1] == sitting.waiting
    sitting.stop("Stopped as asked.")
    assert not sitting.waiting
    sitting.test(sitting.untested, 12)
    go_on(sitting, hypotheses.grounds(), on_progress=silent)
    assert not sitting.untested and sorted(sitting.seen) == [0, 1]


def test_files_hold_all_cards_and_can_be_opened_again(room):
    sitting = searched(room, tests=1)
    sitting.session = sitting.session.add(sitting.found[1].hypothesis())
    data = hypotheses.saved(sitting.session)
    assert load_session(data) == sitting.session
    page = hypotheses.report(sitting).decode()
    assert "2 cards, 1 tested" in page and "P(3)" in page and "Not tested." in page
    other = Sitting()
    other.open(data, "a file")
    assert other.session == sitting.session and other.unshown == [0]
    go_on(other, hypotheses.grounds(), on_progress=silent)
    assert list(other.seen) == [0] and not other.unseen


def test_untested_cards_of_a_file_can_be_tested(room):
    sitting = searched(room)
    sitting.session, sitting.count = sitting.session.add(sitting.found[0].hypothesis()), 12
    app = opened(hypotheses=sitting)
    assert "Not tested." in text_of(app)
    app.button(key="test_untested").click().run()
    assert not app.exception and not sitting.untested


def test_a_file_that_holds_no_session_changes_nothing(room):
    sitting = searched(room, tests=1)
    before = sitting.session
    hypotheses._open(sitting)  # no file: nothing happens outside a page
    for data, words in ((b"{", "no session"), (json.dumps({"format": 9}).encode(), "format 9")):
        with pytest.raises(ValueError, match=words):
            sitting.open(data, "a file")
    assert sitting.session is before and list(sitting.seen) == [0]


def test_a_card_whose_model_has_changed_is_told_in_numbers(room):
    sitting = searched(room, tests=1)
    content = sitting.session.to_json()
    content["cards"][0]["result"]["readings"] = [0.5] * 12
    sitting.open(json.dumps(content).encode(), "a file")
    go_on(sitting, hypotheses.grounds(), on_progress=silent)
    assert "has changed since this test" in sitting.unseen[0]
    app = opened(hypotheses=sitting)
    assert "has changed since this test" in text_of(app) and "mean effect" in text_of(app)


def test_a_card_about_a_model_that_is_gone_stops_with_the_reason(room):
    sitting = searched(room)
    hypothesis = sitting.found[0].hypothesis()
    sitting.session = sitting.session.add(type(hypothesis)(**{**vars(hypothesis), "model": "mnist/gone"}))
    app = opened(hypotheses=sitting)
    app.button(key="test_untested").click().run()
    assert "No model 'mnist/gone'" in app.warning[0].value and not app.exception
    assert not sitting.waiting


def test_names_from_outside_stay_text(room):
    sitting = searched(room)
    hypothesis = sitting.found[0].hypothesis()
    evil = Shift(axis="<img src=x> [a](b) $1$", amplitude=1.0)
    sitting.session = sitting.session.add(type(hypothesis)(**{**vars(hypothesis), "change": evil, "model": "<b>"}))
    app = opened(hypotheses=sitting)
    assert "raising &lt;img src=x&gt; [a](b)" in text_of(app).lower() and "<img src=x" not in text_of(app)
    assert "&lt;b&gt; read by" in text_of(app) and "<b> read by" not in text_of(app)


def test_a_long_search_is_cut_in_words(room, monkeypatch):
    said = []
    monkeypatch.setattr(hypotheses_cards, "LISTED", 2)
    monkeypatch.setattr(hypotheses_cards, "st", SimpleNamespace(html=said.append, caption=said.append))
    sitting = searched(room)
    hypotheses_cards.findings(sitting.found, sitting.pictures)
    assert said[0].count("<img") == 2
    assert said[1].startswith(f"{len(sitting.found) - 2} weaker ones")


def test_the_report_room_leads_to_the_page(room):
    app = AppTest.from_file(hypotheses.__file__.replace("hypotheses.py", "index.py"), default_timeout=240).run()
    assert not app.exception


def test_generators_are_measured_once_a_process(room):
    assert hypotheses.grounds() is hypotheses.grounds()
    assert isinstance(hypotheses.grounds(), Grounds) and hypotheses.grounds().shelf is models.shelf()
