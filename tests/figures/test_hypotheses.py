"""Figures, pictures and the report of tested hypotheses, on a toy whose pictures are its codes."""

from __future__ import annotations

import dataclasses
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from engine.explain.hypotheses import Ground, Hypothesis, Session, Shift, Switch, load_session
from engine.explain.readouts import gauges
from engine.figures.hypotheses_curves import FALL, RISE, dose_response, side_effects
from engine.figures.hypotheses_report import hypotheses_report, write_hypotheses
from engine.figures.hypotheses_scenes import Pairs, scenes
from engine.figures.hypotheses_sheet import hypothesis_sheet
from engine.figures.hypotheses_strip import before_after_strip, change_strip, sample_strip
from tests.explain.hypotheses.toys import Formulas, Toy
from tests.figures.helpers import check

GROUND = Ground(Toy(4, options=("a", "b")))
DIALS = gauges(Formulas(lambda z: z[2], lambda z: -z[2] * 3, lambda z: z[3]), GROUND.model.space)


def hypothesis(change=Shift(axis="Latent 1", amplitude=1.0), sign=1):  # noqa: B008 - frozen
    return Hypothesis(model=GROUND.id, classifier="toy/formulas", output="formula 1", change=change, sign=sign)


SESSION = Session(seed=4).add(hypothesis()).add(hypothesis(Switch(category="Category", option="b"))).add(hypothesis())
SESSION = SESSION.test(0, GROUND, DIALS, count=40, resamples=199).test(1, GROUND, DIALS, count=40, resamples=199)
RESULT = SESSION.cards[0].result
SEEN = {number: scenes(GROUND, DIALS[0], SESSION.cards[number].result) for number in (0, 1)}


def without_scripts(page):
    return re.sub(r"<script.*?</script>", "", page, flags=re.S)


def opened(png):
    return Image.open(io.BytesIO(png))


# ---------------------------------------------------------------------------------------------- scenes


def test_scenes_show_the_fresh_codes_of_the_test_in_its_order():
    codes = GROUND.codes.to_test(40, seed=RESULT.seed)
    first = RESULT.examples[0]
    torch.testing.assert_close(SEEN[0].examples.before[0], GROUND.model.decode(codes[first][None])[0].float())
    assert SEEN[0].examples.effects == RESULT.effects[first : first + 1] + SEEN[0].examples.effects[1:]
    lowest = int(np.argmin(RESULT.readings))
    torch.testing.assert_close(SEEN[0].samples[0], GROUND.model.decode(codes[lowest][None])[0].float())
    assert list(SEEN[0].readings) == sorted(SEEN[0].readings)


def test_scenes_read_both_pictures_of_a_pair():
    for (before, after), effect in zip(SEEN[0].examples.readings, SEEN[0].examples.effects, strict=True):
        assert after - before == pytest.approx(effect, abs=1e-4)


def test_scenes_of_a_change_without_effect_have_no_pairs():
    assert len(SEEN[1].examples) == len(SEEN[1].counterexamples) == 0
    assert SEEN[1].examples.before.shape == (0, *GROUND.model.space.shape)


def test_scenes_refuse_what_the_result_is_not_about():
    with pytest.raises(ValueError, match=r"is about formula 1 .*; got formula 2"):
        scenes(GROUND, DIALS[1], RESULT)


def test_scenes_refuse_a_model_whose_codes_read_differently_now():
    moved = dataclasses.replace(RESULT, readings=tuple(value + 0.1 for value in RESULT.readings))
    with pytest.raises(ValueError, match="has changed since this test"):
        scenes(GROUND, DIALS[0], moved)


# ---------------------------------------------------------------------------------------------- figures


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_curve_holds_every_dose_with_its_error(theme):
    figure = dose_response(RESULT, theme=theme)
    check(figure)
    [curve] = figure.data
    assert list(curve.x) == [dose.amount for dose in RESULT.doses]
    assert list(curve.y) == [dose.mean for dose in RESULT.doses]
    np.testing.assert_allclose(curve.error_y.array, [1.96 * dose.standard_error for dose in RESULT.doses])
    assert curve.line.color == RISE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_side_effects_are_the_largest_with_a_colour_by_sign(theme):
    figure = side_effects(RESULT, most=1, theme=theme)
    check(figure)
    [bars] = figure.data
    assert list(bars.y) == ["P(formula 2)"]
    assert bars.x[0] < 0
    assert list(bars.marker.color) == [FALL]


def test_a_single_readout_has_no_side_effects():
    figure = side_effects(dataclasses.replace(RESULT, side_effects=()))
    check(figure)
    assert figure.layout.annotations[0].text == "The classifier has no other readout."


def test_strips_put_before_above_after():
    black, white = torch.zeros(3, 1, 6, 6), torch.ones(3, 1, 6, 6)
    pixels = np.asarray(opened(before_after_strip(Pairs(black, white, ((0, 1),) * 3, (1.0,) * 3), cell=12)))
    assert pixels.shape == (28, 44)
    assert pixels[:12, :12].max() == 0
    assert pixels[16:].min() == 255
    assert np.asarray(opened(sample_strip(torch.rand(5, 3, 6, 6), columns=4, cell=6))).shape == (16, 36, 3)


def test_a_change_is_one_picture_beside_the_other():
    pixels = np.asarray(opened(change_strip(torch.zeros(1, 6, 6), torch.full((1, 6, 6), 0.4), cell=12)))
    assert pixels.shape == (12, 12 + 4 + 12)
    assert (pixels[:, :12] == 0).all() and (pixels[:, 12:16] == 255).all() and (pixels[:, 16:] == 102).all()


def test_strips_of_nothing_are_refused():
    none = torch.empty(0, 1, 6, 6)
    with pytest.raises(ValueError, match="at least one code"):
        before_after_strip(Pairs(none, none, (), ()))
    with pytest.raises(ValueError, match="at least one sample"):
        sample_strip(none)


@pytest.mark.parametrize("number", [0, 1])
def test_a_card_is_a_picture_on_white(number):
    picture = opened(hypothesis_sheet(SESSION.cards[number], SESSION.verdicts[number], SEEN[number]))
    assert picture.mode == "RGB" and picture.width >= 1000
    assert picture.getpixel((2, 2)) == (255, 255, 255)


def test_a_card_without_a_test_is_no_picture():
    with pytest.raises(ValueError, match="test the card first"):
        hypothesis_sheet(SESSION.cards[2], SESSION.verdicts[0], SEEN[0])


# ---------------------------------------------------------------------------------------------- report


def test_the_report_asks_for_nothing_and_carries_plotly_once():
    page = hypotheses_report(SESSION, SEEN)
    bare = without_scripts(page)
    assert not re.search(r"<(link|iframe)|@import|url\(|src='http", bare)
    assert not re.search(r"<script[^>]+src=", page)
    assert 4e6 < len(page) < 7e6  # one plotly.js
    assert bare.count("plotly-graph-div") == 4


def test_plotly_comes_with_the_first_tested_card():
    page = hypotheses_report(Session(seed=4, cards=(SESSION.cards[2], SESSION.cards[0])), {})
    assert 4e6 < len(page) < 7e6
    assert len(hypotheses_report(Session().add(hypothesis()), {})) < 10_000


def test_the_report_says_what_was_found_and_what_was_not_tested():
    text = without_scripts(hypotheses_report(SESSION, SEEN, {2: "P(formula 1)"}))
    assert "3 cards, 2 tested" in text
    assert f"✓</b> {SESSION.verdicts[0].words[:9]}" in text
    assert "As predicted, clearest first" in text
    assert "Counterexamples: none." in text
    assert "<h2>3. Raising Latent 1 by 1 sd raises P(formula 1)</h2>" in text
    assert text.count("Not tested.") == 1


def test_names_are_escaped():
    strange = dataclasses.replace(hypothesis(), output="<script>alert(1)</script>")
    text = hypotheses_report(Session().add(strange), {})
    assert "<script>alert" not in text and "&lt;script&gt;" in text


def test_a_report_is_a_folder_of_plain_files(tmp_path):
    folder = tmp_path / "new" / "report"
    written = write_hypotheses(folder, SESSION, SEEN)
    assert sorted(path.name for path in written) == ["card-001.png", "card-002.png", "index.html", "session.json"]
    assert sorted(folder.iterdir()) == sorted(written)
    assert load_session(folder / "session.json") == SESSION
    assert opened((folder / "card-001.png").read_bytes()).format == "PNG"


def test_a_folder_that_holds_anything_is_refused_and_left_alone(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    for target in (tmp_path, tmp_path / "note.txt"):
        with pytest.raises(FileExistsError, match="not an empty folder"):
            write_hypotheses(target, SESSION, SEEN)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]
