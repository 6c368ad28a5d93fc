"""Changes and effects in words."""

from __future__ import annotations

import pytest

from engine.explain.hypotheses import Both, Hypothesis, Restyle, Shift, Switch, doing, prediction, sentence

SMILE = Shift(axis="smile", amplitude=1.5, direction=True)
LATENT = Shift(axis="Latent 2", amplitude=-2.0)
EIGHT = Switch(category="Category", option="8", start="3")
STYLE = Restyle(slot="Layers 3-4", style=(0.0,), label="style 7")


@pytest.mark.parametrize(
    ("change", "effect", "unit", "expected"),
    [
        (SMILE, -0.12, "", "Raising smile (direction) by 1.5 sd lowers R by 0.12"),
        (LATENT, 3.21, "years", "Lowering Latent 2 by 2 sd raises R by 3.2 years"),
        (EIGHT, 0.914, "", "Switching the category from 3 to 8 raises R by 0.91"),
        (Switch(category="Category", option="6: mostly 3"), 1.0, "",
         "Switching the category to “6: mostly 3” raises R by 1.00"),
        (STYLE, 0.3, "log-odds", "Giving layers 3-4 style 7 raises R by 0.3 log-odds"),
        (Restyle(slot="EYES", style=(0.0,), label="my photograph", share=0.5), -0.3, "",
         "Mixing 50% of “my photograph” into EYES lowers R by 0.30"),
        (SMILE, -0.003, "", "Raising smile (direction) by 1.5 sd lowers R by less than 0.01"),
        (SMILE, 0.003, "", "Raising smile (direction) by 1.5 sd raises R by less than 0.01"),
        (SMILE, 0.03, "years", "Raising smile (direction) by 1.5 sd raises R by less than 0.1 years"),
        (SMILE, 0.006, "", "Raising smile (direction) by 1.5 sd raises R by 0.01"),
        (SMILE, 0.0, "", "Raising smile (direction) by 1.5 sd leaves R where it is"),
        (Both(first=SMILE, second=EIGHT), 0.5, "",
         "Raising smile (direction) by 1.5 sd and switching the category from 3 to 8 together raises R by 0.50"),
    ],
)  # fmt: skip
def test_effects(change, effect, unit, expected):
    assert sentence(change, effect, "R", unit) == expected


@pytest.mark.parametrize(
    ("effect", "how"),
    [
        (0.12, "0.12 higher than"),
        (-0.12, "0.12 lower than"),
        (0.004, "less than 0.01 higher than"),
        (-0.004, "less than 0.01 lower than"),
        (0.0, "where"),
    ],
)
def test_interactions(effect, how):
    pair = Both(first=SMILE, second=LATENT)
    done = "Raising smile (direction) by 1.5 sd and lowering Latent 2 by 2 sd together"
    expected = f"{done}, P(young) ends {how} the two effects add up to"
    assert sentence(pair, effect, "P(young)", of="interaction") == expected


def test_predictions_have_a_direction_and_no_size():
    card = {"model": "a/b", "classifier": "c/d", "output": "young"}
    up = Hypothesis(**card, change=SMILE, sign=1)
    assert prediction(up, "P(young)") == "Raising smile (direction) by 1.5 sd raises P(young)"
    pair = Hypothesis(**card, change=Both(first=SMILE, second=EIGHT), sign=-1, of="interaction")
    assert prediction(pair, "P(young)").endswith("together, P(young) ends lower than the two effects add up to")
    assert doing(EIGHT) == "Switching the category from 3 to 8"
