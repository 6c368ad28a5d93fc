from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy.stats import wilcoxon

from engine.study.analysis.secondary import gee_tests, mixed_tests, secondary
from engine.study.measuring.measures import participant_table, question_table, rating_table
from tests.study.synthetic import YARDSTICKS, sessions, study

STUDY = study()
GT, VAE, AE = STUDY.models
PEOPLE = sessions(STUDY, 30, seed=3)
QUESTIONS, RATINGS = question_table(PEOPLE, YARDSTICKS), rating_table(PEOPLE)
MEANS = participant_table(QUESTIONS, RATINGS)


def test_the_gee_is_that_of_statsmodels_formula():
    first, second = gee_tests(STUDY, QUESTIONS, MEANS)
    theirs = smf.gee(
        "completion ~ C(model, Treatment('dsprites/vae'))",
        "participant",
        QUESTIONS,
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Exchangeable(),
    ).fit(cov_type="bias_reduced")
    log, p = theirs.params.filter(like="gt").iloc[0], theirs.pvalues.filter(like="gt").iloc[0]
    assert first.estimate == pytest.approx(np.exp(log), rel=1e-4)
    assert first.p == pytest.approx(p, rel=1e-3)
    odds = np.exp(theirs.params["Intercept"] + theirs.params.filter(like="[T.dsprites/ae]").iloc[0])
    ends = np.exp(theirs.conf_int().filter(like="gt", axis=0).iloc[0])
    assert (first.interval.low, first.interval.high) == pytest.approx(tuple(ends), rel=1e-3)
    assert second.estimate == pytest.approx(np.exp(theirs.params["Intercept"]) / odds, rel=1e-4)
    assert first.converged and second.converged


def test_the_mixed_model_is_that_of_statsmodels_formula():
    first, _ = mixed_tests(STUDY, QUESTIONS, MEANS)
    rows = QUESTIONS.assign(log=np.log(QUESTIONS["active_s"]))
    theirs = smf.mixedlm("log ~ C(model, Treatment('dsprites/vae'))", rows, groups=rows["participant"]).fit()
    assert first.estimate == pytest.approx(np.exp(theirs.fe_params.filter(like="gt").iloc[0]), rel=1e-3)
    assert first.p == pytest.approx(theirs.pvalues.filter(like="gt").iloc[0], rel=0.02, abs=1e-12)
    assert first.converged is bool(theirs.converged)


def test_ratings_are_those_of_scipy_and_alike_is_said():
    first = next(test for test in secondary(STUDY, QUESTIONS, MEANS) if test.measure == "ease")
    wide = MEANS.pivot_table(index="participant", columns="model", values="ease")
    differences = wide[GT] - wide[VAE]
    assert first.p == pytest.approx(wilcoxon(differences).pvalue)
    assert first.estimate == differences.median()
    alike = (differences == 0).sum()
    assert first.note == f"{alike} of 30 rated both alike and do not count."


def test_different_people_are_compared_by_ranks():
    alone = study(models_each=1)
    people = sessions(alone, 30)
    questions = question_table(people, YARDSTICKS)
    tests = secondary(alone, questions, participant_table(questions, rating_table(people)))
    assert {test.method for test in tests} == {"GEE, logit", "mixed model, log", "Mann–Whitney U"}
    assert all(test.p is not None for test in tests)


def test_each_method_is_corrected_over_its_own_tests():
    tests = [test for test in secondary(STUDY, QUESTIONS, MEANS) if test.method == "GEE, logit"]
    smaller, larger = sorted(test.p for test in tests)
    assert sorted(test.p_holm for test in tests) == pytest.approx(sorted([2 * smaller, max(larger, 2 * smaller)]))


def test_a_model_that_everybody_solved_has_no_odds():
    solved = QUESTIONS.assign(completion=QUESTIONS["completion"].where(QUESTIONS["model"] != GT, 1.0))
    first, second = gee_tests(STUDY, solved, MEANS)
    assert (first.estimate, first.p) == (None, None)
    assert "With dsprites/gt all of the answers succeeded" in first.note
    assert second.estimate > 1


def test_questions_without_any_activity_are_left_out_and_said():
    idle = QUESTIONS.assign(active_s=QUESTIONS["active_s"].where(QUESTIONS.index != 0, 0.0))
    assert mixed_tests(STUDY, idle, MEANS)[0].note.startswith("1 questions without any active_s are left out.")


def test_participants_all_alike_are_said_to_be_at_the_boundary():
    generator = np.random.default_rng(0)
    alike = QUESTIONS.assign(active_s=np.exp(generator.normal(size=len(QUESTIONS))))
    means = alike.groupby("participant")["active_s"].transform(lambda x: np.exp(np.log(x).mean()))
    alike["active_s"] /= means  # not even chance tells the participants apart
    assert "at the boundary" in mixed_tests(STUDY, alike, MEANS)[0].note


@pytest.mark.parametrize("rows", [0, 5])
def test_too_little_is_said_and_not_fitted(rows):
    few = QUESTIONS.iloc[:rows]
    for test in secondary(STUDY, few, MEANS.iloc[:0]):
        assert test.p is None
        assert test.note
    assert secondary(study(contrasts=()), few, pd.DataFrame(MEANS)) == ()
