from __future__ import annotations

import dataclasses
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.figures.study_errors import error_curves, held
from engine.figures.study_models import study_measure
from engine.figures.study_order import stage_means
from engine.figures.study_paths import slide_paths
from engine.figures.study_power import power_figure
from engine.figures.study_replay import replay, replay_film
from engine.figures.study_times import solve_curves
from engine.interfaces import Part, Space
from engine.study.analysis import Assumptions, analyse, power_curve
from engine.study.measuring.yardsticks import Dial, Yardstick
from tests.figures.helpers import check
from tests.study.synthetic import DIALS, YARDSTICKS, sessions, study

STUDY = study(tasks=("reconstruction", "exemplars"))
PEOPLE = sessions(STUDY, 16, seed=2)
FOUND = analyse(STUDY, PEOPLE, YARDSTICKS)
EMPTY = analyse(STUDY, [], YARDSTICKS)
GT = STUDY.models[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("analysis", [FOUND, EMPTY], ids=["people", "nobody"])
def test_every_figure_is_plain_and_says_when_there_is_nothing(analysis, theme):
    people = PEOPLE if analysis is FOUND else []
    for figure in (
        study_measure(analysis, theme=theme),
        study_measure(analysis, "correct", task="exemplars", theme=theme),
        study_measure(analysis, "ease", theme=theme),
        solve_curves(analysis, theme=theme),
        error_curves(people, theme=theme),
        slide_paths(people, GT, YARDSTICKS[GT], theme=theme),
        stage_means(analysis, theme=theme),
        power_figure([], theme=theme),
    ):
        layout = check(figure)["layout"]
        assert bool(layout.get("annotations")) is (not figure.data)


def test_means_are_those_of_the_analysis_and_every_participant_is_a_dot():
    figure = study_measure(FOUND)
    dots, mean = figure.data[0], figure.data[1]
    average = next(a for a in FOUND.averages if (a.model, a.measure) == (GT, "completion"))
    assert len(dots.y) == average.participants == 8
    assert mean.y[0] == pytest.approx(100 * average.mean)
    assert mean.y[0] + mean.error_y.array[0] == pytest.approx(100 * average.interval.high)
    assert np.mean(dots.y) == pytest.approx(mean.y[0])


def test_solved_within_so_many_seconds_ends_at_the_share_solved():
    for line in solve_curves(FOUND).data:
        rows = FOUND.questions[FOUND.questions["model"] == f"dsprites/{line.name}"]
        assert line.y[-1] == pytest.approx(100 * rows["completion"].mean())
        assert (np.diff(line.y) >= 0).all() and (np.diff(line.x) >= 0).all()


def test_paths_begin_at_the_start_and_the_star_is_the_target():
    first = next(r for r in PEOPLE[0].responses if PEOPLE[0].plan.steps[r.step].model == GT)
    step = PEOPLE[0].plan.steps[first.step]
    line, start, target = slide_paths(PEOPLE, GT, YARDSTICKS[GT], dials=(2, 0), responses=[("p0001", first.step)]).data
    assert (line.x[0], line.y[0]) == (start.x[0], start.y[0]) == (step.start[2], step.start[0])
    assert (target.x[0], target.y[0]) == (step.target[2], step.target[0])


def test_paths_need_two_dials_that_are_there():
    with pytest.raises(ValueError, match="dials 0 to 2; asked for \\[0, 3\\]"):
        slide_paths(PEOPLE, GT, YARDSTICKS[GT], dials=(0, 3))
    one = Yardstick(dials=(Dial(name="a", kind="continuous", indices=(0,), low=0.0, high=1.0),))
    assert "two dials" in slide_paths(PEOPLE, GT, one).layout.annotations[0].text


@given(times=st.lists(st.floats(0, 9), min_size=1, max_size=6, unique=True), at=st.floats(0, 10))
def test_a_value_holds_until_the_next(times, at):
    times = np.sort(times)
    past = [k for k, time in enumerate(times) if time <= at] or [0]
    assert held(times, np.arange(len(times)), np.array([at]))[0] == past[-1]


def test_power_is_drawn_with_what_is_asked_for():
    figure = power_figure(power_curve(Assumptions(first=0.9, second=0.6, questions=5), (8, 16), studies=100))
    check(figure)
    assert list(figure.data[0].x) == [8, 16]
    assert figure.layout.shapes[0].y0 == pytest.approx(80)


def test_a_replay_shows_the_last_entry_before_each_frame():
    response = PEOPLE[0].responses[0]
    shown = replay(PEOPLE[0], 0, DIALS, every_ms=50.0)
    for k in (0, 7, 40, -1):
        entry = max(i for i, t in enumerate(response.history.t_ms) if t <= shown.t_ms[k])
        assert shown.code[k] == response.history.code[entry]
        assert shown.agreement[k] == response.history.agreement[entry]
    assert (shown.t_ms[0], shown.t_ms[-1]) == (0.0, response.duration_ms)
    assert json.loads(json.dumps(dataclasses.asdict(shown)))["model"] == shown.model
    assert len(replay(PEOPLE[0], 0, DIALS, every_ms=1.0, most=100).t_ms) <= 101


def test_only_reconstructions_that_were_answered_are_replayed():
    for step in (5, 999):  # a questionnaire, and none at all
        with pytest.raises(ValueError, match="no history to replay"):
            replay(PEOPLE[0], step, DIALS)
    with pytest.raises(ValueError, match="Step 0 of p0001"):
        replay(replace(PEOPLE[0], responses=()), 0, DIALS)


class Flat:
    """A square as grey as the first entry of the code says, or a straight line at its height."""

    latent_dim = 3
    layout = (Part("latent", 3),)

    def __init__(self, space):
        self.space = space

    def decode(self, z):
        ones = torch.ones(len(z), *self.space.shape)
        return torch.sigmoid(z[:, 0]).reshape(-1, *[1] * len(self.space.shape)) * ones


def test_a_film_of_pictures_has_the_target_at_the_right():
    shown = replay(PEOPLE[0], 0, DIALS)
    film = Image.open(io.BytesIO(replay_film(Flat(Space(kind="image", shape=(1, 8, 8))), shown, longest=32)))
    assert film.size == (32 + 4 + 32, 32)
    assert film.n_frames > 10
    first = np.asarray(film.convert("L")) / 255
    greys = [1 / (1 + np.exp(-code[0])) for code in (shown.code[0], shown.target)]
    assert first[5, 5] == pytest.approx(greys[0], abs=0.02)
    assert first[5, -5] == pytest.approx(greys[1], abs=0.02)


def test_a_film_of_series_has_both_curves():
    space = Space(kind="series", shape=(16,), limits=(0.0, 1.0))
    film = Image.open(io.BytesIO(replay_film(Flat(space), replay(PEOPLE[0], 0, DIALS), longest=64)))
    assert film.size == (64, 64)
    drawn = np.asarray(film.convert("RGB")).reshape(-1, 3).min(axis=1)
    assert (drawn < 200).mean() > 0.04  # two lines of three pixels on white


def test_a_faster_replay_is_a_shorter_film():
    shown, model = replay(PEOPLE[0], 0, DIALS), Flat(Space(kind="image", shape=(1, 8, 8)))
    slow, fast = (Image.open(io.BytesIO(replay_film(model, shown, speed=speed))) for speed in (2.0, 20.0))
    assert slow.n_frames * slow.info["duration"] > 5 * fast.n_frames * fast.info["duration"]
