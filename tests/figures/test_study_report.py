from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.figures.study_methods import methods
from engine.figures.study_report import study_report
from engine.study.analysis import analyse
from engine.study.design import Contrast, Exclusion, Goal
from tests.study.synthetic import YARDSTICKS, sessions, study


def report(of, people, yardsticks=YARDSTICKS):
    return study_report(analyse(of, people, yardsticks), people, yardsticks)


def without_scripts(page: str) -> str:
    return re.sub(r"<script.*?</script>", "", page, flags=re.S)


STUDY = study()
PEOPLE = sessions(STUDY, 14, seed=1)
PEOPLE = (*PEOPLE[:-1], replace(PEOPLE[-1], responses=PEOPLE[-1].responses[:4]))
FOUND = analyse(STUDY, PEOPLE, YARDSTICKS)
PAGE = study_report(FOUND, PEOPLE, YARDSTICKS)


def test_the_page_asks_for_nothing_and_carries_plotly_once():
    assert not re.search(r"<(link|img|iframe)|<script[^>]+src=|@import|url\(", without_scripts(PAGE))
    assert not re.search(r"<script[^>]+src=", PAGE)
    assert len(re.findall(r"Plotly\.newPlot", PAGE)) > 5
    assert 4e6 < len(PAGE) < 7e6  # one plotly.js


def test_the_page_says_what_was_found_and_who_was_left_out():
    text = without_scripts(PAGE)
    assert "13 participants, 1 left out, 195 questions" in text
    assert "<td>p0014</td><td>answered 27% of the questions, 100% are asked for</td>" in text
    for test in FOUND.primary:
        assert f"{100 * test.difference:.1f} [{100 * test.interval.low:.1f}".replace("-", "−") in text
        assert (f"{test.p_holm:.3f}" if test.p_holm >= 0.001 else "&lt; 0.001") in text
    for heading in ("Declared contrasts", "Secondary tests", "Order", "Left out", "Methods"):
        assert f"<h2>{heading}</h2>" in text


def test_words_of_the_study_are_no_markup():
    nasty = "</script><script>alert(1)</script>"
    rates = {f"dsprites/{nasty}": 0.9, "dsprites/ae": 0.5}
    contrasts = (Contrast(first=f"dsprites/{nasty}", second="dsprites/ae"),)
    of = study(title=nasty, models=tuple(rates), contrasts=contrasts)
    page = report(of, sessions(of, 8, rates=rates), {})
    assert "<script>alert" not in page


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_a_report_of_next_to_nobody_is_still_one(count):
    page = report(STUDY, PEOPLE[:count])
    assert ("Nobody has taken part yet." if not count else "too few") in without_scripts(page)
    assert "nan" not in without_scripts(page)


def test_several_tasks_are_told_apart():
    of = study(tasks=("reconstruction", "exemplars"))
    text = without_scripts(report(of, sessions(of, 16)))
    assert "(reconstruction 8, exemplars 8)" in text
    assert "Means of participants [95 %]: exemplars" in text


def test_methods_follow_from_the_declaration():
    of = study(
        order="fixed",
        goal=Goal(agreement="overlap", threshold=0.8),
        range="full",
        redraw_above=None,
        exclusion=Exclusion(min_answered=0.8, max_skipped_untouched=None, max_clock_drift_s=None, min_active_s=30.0),
    )
    text = " ".join(methods(replace(FOUND, study=of)))
    for words in (
        "3 models (gt, vae and ae); each participant met all of them, in the same order for all. 5 questions a model.",
        "sliders span encoded data from end to end.",
        "solved when the agreement “overlap” reaches 0.8.",
        "answered less than 80% of their questions or were active for less than 30 s",
        "over the 2 declared tests",
        "Seed of permutations and resamples: 11.",
    ):
        assert words in text
    assert "drawn again" not in text
    none = Exclusion(min_answered=None, max_skipped_untouched=None, max_clock_drift_s=None)
    bare = replace(FOUND, study=study(exclusion=none, contrasts=()))
    assert "declares no exclusions" in " ".join(methods(bare))
    assert "declares no contrasts" in " ".join(methods(bare))


def test_methods_of_groups_of_different_people():
    alone = study(models_each=1)
    text = " ".join(methods(analyse(alone, sessions(alone, 12), YARDSTICKS)))
    assert "each participant met 1 of them. " in text
    assert "participants are dealt out anew" in text
