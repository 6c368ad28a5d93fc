"""Labels, attribute directions, axes, sweeps and the whole job, on models whose log-odds are linear in the code."""

from __future__ import annotations

import json

import pytest
import torch

from engine.checkpoints import Direction, read_directions
from engine.explain.directions import (
    DIRECTIONS,
    AttributeDirections,
    Job,
    Labelling,
    Latents,
    OtherWorkError,
    PrincipalDirections,
    Sweep,
    Sweeper,
    Sweeping,
    amplitudes,
    direction_axes,
    draw_codes,
    effects,
    label_latents,
    log_odds,
    run,
    stands,
)
from engine.explain.progress import CancelledError
from engine.files import BusyError, locked
from engine.interfaces import Part, Readout
from engine.models.walk import walk
from tests.explain.directions.toys import Layered, Planted, Reader, angle, draw

HOW = Labelling(train=160, held_out=80, chunk=50)


def planted(model=None, biases=None):
    model = model or Planted()
    size = len(model.map)
    return model, Reader(model, torch.nn.functional.normalize(draw(5, 3, size), dim=1), biases)


# ---- labels ----


def test_labels_are_the_classifiers_log_odds_of_what_is_drawn(tmp_path):
    model, reader = planted()
    found = label_latents(model, reader, tmp_path, HOW)
    assert found.codes.shape == (240, 5)
    torch.testing.assert_close(found.log_odds, reader.logits(model.decode(found.codes)), atol=1e-4, rtol=1e-4)
    assert found.outputs == ("a", "b", "c")


def test_a_job_killed_half_way_goes_on_and_ends_with_the_same_bits(tmp_path):
    model, reader = planted()
    label_latents(model, reader, tmp_path / "whole", HOW)
    asked = iter([False, False, False, True])
    with pytest.raises(CancelledError):
        label_latents(model, reader, tmp_path / "killed", HOW, should_stop=lambda: next(asked))
    assert len(list((tmp_path / "killed/latents").iterdir())) == 3
    (tmp_path / "killed/latents/000001.safetensors").write_bytes(b"cut short")
    model.decoded = 0
    label_latents(model, reader, tmp_path / "killed", HOW)
    assert model.decoded == 240 - 100  # two chunks were whole
    whole, killed = ((tmp_path / name / "latents.safetensors").read_bytes() for name in ("whole", "killed"))
    assert whole == killed
    label_latents(model, reader, tmp_path / "killed", HOW)
    assert model.decoded == 140  # nothing is drawn twice


def test_pictures_are_drawn_once_for_all_attributes(tmp_path):
    model, reader = planted()
    label_latents(model, reader, tmp_path, HOW)
    assert model.decoded == HOW.total


def test_a_folder_of_other_codes_is_refused_and_says_what_differs(tmp_path):
    model, reader = planted()
    label_latents(model, reader, tmp_path, HOW)
    with pytest.raises(OtherWorkError, match=r"seed differ.*there.*0.*Choose another folder"):
        label_latents(model, reader, tmp_path, Labelling(train=160, held_out=80, chunk=50, seed=1))
    with pytest.raises(OtherWorkError, match="classifier differ"):
        label_latents(model, None, tmp_path, HOW)
    model.map.mul_(2)
    with pytest.raises(OtherWorkError, match="generator"):
        label_latents(model, reader, tmp_path, HOW)


def test_one_style_is_kept_a_code_and_psi_is_truncation_from_the_mean_style(tmp_path):
    model = Layered()
    near = label_latents(model, None, tmp_path / "near", Labelling(train=20, held_out=10, psi=0.5))
    far = label_latents(model, None, tmp_path / "far", Labelling(train=20, held_out=10, psi=1.0))
    mean = model.w_mean.repeat(3)
    torch.testing.assert_close(near.codes - mean, 0.5 * (far.codes - mean))
    assert json.loads((tmp_path / "near/latents.json").read_text())["psi"] == 0.5
    own = label_latents(model, None, tmp_path / "own", Labelling(train=20, held_out=10))
    assert torch.equal(own.codes, near.codes)  # the model's own psi, which is written down
    assert json.loads((tmp_path / "own/latents.json").read_text())["psi"] == 0.5


def test_truncation_of_other_models_is_from_their_middle():
    model = Planted()
    far, near = (draw_codes(model, 4, psi=psi, generator=torch.Generator().manual_seed(1)) for psi in (None, 0.25))
    torch.testing.assert_close(near, 0.25 * far)


def test_a_model_that_only_knows_its_examples_draws_no_code_twice():
    class Empirical(Planted):
        prior = "empirical"

        class examples:  # noqa: N801 - as a loaded model has them
            codes = draw(1, 6, 5)

        def sample(self, n, *, generator):
            return self.examples.codes[torch.randint(6, (n,), generator=generator)]

    found = draw_codes(Empirical(), 100, generator=torch.Generator().manual_seed(0))
    assert len(torch.unique(found, dim=0)) == 100
    assert (found.std(dim=0) < 2 * Empirical.examples.codes.std(dim=0)).all()


def test_log_odds_of_classes_are_each_against_all_others():
    model, reader = planted()
    reader.exclusive = True
    x = model.decode(draw(1, 4, 5))
    p = torch.softmax(reader.logits(x), dim=1)
    torch.testing.assert_close(log_odds(reader, x), torch.log(p / (1 - p)), atol=1e-4, rtol=1e-3)


def test_a_scale_without_odds_is_refused(tmp_path):
    model, reader = planted()
    reader.readout = Readout(name="age", unit="years", low=0, high=80, center=None)
    with pytest.raises(ValueError, match="read in years and has no odds"):
        label_latents(model, reader, tmp_path, HOW)


@pytest.mark.parametrize("wrong", [{"train": 1}, {"held_out": 0}, {"chunk": 0}, {"seed": -1}])
def test_labelling_needs_codes(wrong):
    with pytest.raises(ValueError, match="2 codes to fit"):
        Labelling(**wrong)


# ---- attribute directions ----


def test_planted_directions_are_recovered_with_their_held_out_figures(tmp_path):
    model, reader = planted()
    found = AttributeDirections(l2=1e-6).find(label_latents(model, reader, tmp_path, HOW))
    assert [one.name for one in found] == ["a", "b", "c"]
    for one, truth in zip(found, reader.directions, strict=True):
        assert angle(one.vector, truth) < 2
        assert one.about["held_out"]["accuracy"] > 0.97
        assert one.about["held_out"]["bce"] < one.about["held_out"]["baseline_bce"]
        assert one.about["held_out"]["count"] == 80


def test_the_regression_of_a_layered_model_works_on_styles(tmp_path):
    model, reader = planted(Layered())
    [found] = AttributeDirections(attributes=("b",), l2=1e-6).find(label_latents(model, reader, tmp_path, HOW))
    assert len(found.vector) == 4  # numbers of one layer, stored once
    assert found.parts == (0, 1, 2)
    assert angle(found.vector, reader.directions[1]) < 2


def test_freed_directions_leave_the_readings_of_others():
    model, reader = planted()
    codes = model.sample(400, generator=torch.Generator().manual_seed(0))
    latents = Latents(codes=codes, layout=model.layout, log_odds=codes @ reader.directions.T,
                      outputs=reader.classes, held_out=50)  # fmt: skip
    freed = AttributeDirections(attributes=("a",), free_of=("b", "c"), l2=1e-6).find(latents)[0]
    assert freed.name == "a, b and c kept"
    torch.testing.assert_close(reader.directions[1:] @ freed.vector, torch.zeros(2), atol=0.03, rtol=0)
    crossing = torch.stack([one.vector for one in AttributeDirections(at_right_angles=True).find(latents)])
    torch.testing.assert_close(crossing @ crossing.T, torch.eye(3), atol=1e-5, rtol=0)


def test_categories_explain_labels_and_do_not_move():
    layout = (Part("category", 2, "onehot"), Part("latent", 2))
    z, kinds = draw(1, 300, 2), torch.eye(2)[torch.arange(300) % 2]
    odds = 5 * kinds[:, :1] + z[:, :1]
    latents = Latents(codes=torch.cat([kinds, z], 1), layout=layout, log_odds=odds, outputs=("x",), held_out=100)
    [found] = AttributeDirections(l2=1e-6).find(latents)
    assert found.indices(layout) == (2, 3)
    assert angle(found.vector, torch.tensor([1.0, 0.0])) < 2
    assert found.about["held_out"]["r2"] > 0.99  # the category's share included


def test_mistakes_of_attributes_are_named():
    latents = Latents(codes=draw(0, 9, 2), layout=(Part("latent", 2),), log_odds=torch.zeros(9, 1), outputs=("smile",),
                      held_out=3)  # fmt: skip
    with pytest.raises(ValueError, match="did you mean 'smile'"):
        AttributeDirections(attributes=("smiles",)).find(latents)
    with pytest.raises(ValueError, match="says the same of every picture about smile"):
        AttributeDirections().find(latents)
    with pytest.raises(ValueError, match="learned from a classifier"):
        AttributeDirections().find(Latents(codes=latents.codes, layout=latents.layout, log_odds=torch.empty(9, 0)))


def test_ways_of_finding_directions_are_registered():
    assert set(DIRECTIONS) == {"attribute", "principal"}
    assert DIRECTIONS.build("principal", count=3) == PrincipalDirections(count=3)


# ---- axes and sweeps ----


def test_a_direction_becomes_an_axis_with_ranges_in_the_models_own_codes():
    model = Layered()
    direction = Direction(name="d", parts=(0, 1, 2), vector=torch.tensor([0.0, 0.0, 0.6, 0.8]))
    codes = model.sample(500, generator=torch.Generator().manual_seed(0))
    [axis] = direction_axes(model, [direction], codes, num_bases=4)
    values = stands(codes, direction, model.layout)
    assert axis.kind == "direction"
    assert axis.low == pytest.approx(float(torch.quantile(values, 0.005)), abs=1e-4)
    assert (axis.minimum, axis.maximum) == pytest.approx((float(values.min()), float(values.max())))
    assert axis.effect > 0
    assert not axis.collapsed
    placed = walk(axis, codes[0], torch.tensor([axis.high])).codes
    assert float(stands(placed, direction, model.layout)) == pytest.approx(axis.high, abs=1e-4)


def test_an_axis_that_draws_nothing_is_collapsed():
    model = Planted()
    model.map[3] = 0
    unit = torch.eye(5)
    axes = direction_axes(model, [Direction(name=str(k), parts=(0,), vector=unit[k]) for k in (2, 3)],
                          model.sample(50, generator=torch.Generator().manual_seed(0)), num_bases=4)  # fmt: skip
    assert [axis.collapsed for axis in axes] == [False, True]
    assert axes[1].effect == 0


def test_the_middle_picture_is_the_same_in_all_sweeps():
    model, reader = planted()
    starts = draw(3, 4, 5)
    sweeper = Sweeper(model, reader, starts, amplitudes(3.0))
    sweeps = [sweeper.sweep(Direction(name=name, parts=(0,), vector=vector, about={"attribute": name}), 1.0)
              for name, vector in zip("abc", reader.directions, strict=True)]  # fmt: skip
    for sweep in sweeps:
        assert torch.equal(sweep.x[:, 5], sweeps[0].x[:, 5])
        torch.testing.assert_close(sweep.x[:, 5], model.decode(starts))
    found = effects(sweeps, reader.classes)
    assert found.centre_spread == 0
    assert [found.monotonicity[k][k] for k in range(3)] == pytest.approx([1, 1, 1])
    assert all(found.change[k][k] > 0 for k in range(3))


def test_effects_are_those_of_their_definitions():
    odds = torch.tensor([[[-4.0, 2], [0, 2], [4, 2]], [[1, 3], [2, 2], [3, 1]]])  # (B, A, M)
    sweep = Sweep(name="d", attribute="a", amplitudes=torch.tensor([-1.0, 0, 1]), x=torch.zeros(2, 3, 1, 1, 1),
                  log_odds=odds)  # fmt: skip
    found = effects([sweep], ("a", "b"))
    score = torch.tanh(odds / 4)
    assert found.change[0] == pytest.approx((score[:, 2] - score[:, 0]).mean(dim=0).tolist())
    assert found.monotonicity[0] == pytest.approx((1.0, -0.5))  # b: never changes once, falls once
    assert found.flipped == (0.5,)


def test_a_step_by_norm_is_a_share_of_the_style_as_published():
    model = Layered()
    start = model.sample(1, generator=torch.Generator().manual_seed(0))
    direction = Direction(name="d", parts=(0, 1, 2), vector=torch.tensor([1.0, 0, 0, 0]))
    sweep = Sweeper(model, None, start, amplitudes(0.09), step="norm").sweep(direction, 1.0)
    w = start[0, :4]
    by_hand = (w + torch.linspace(-0.09, 0.09, 11)[:, None] * w.norm() * direction.vector).repeat(1, 3)
    torch.testing.assert_close(sweep.x[0], model.decode(by_hand), atol=1e-5, rtol=1e-5)


def test_a_sweep_needs_a_middle():
    with pytest.raises(ValueError, match="zero in its middle"):
        Sweeper(Planted(), None, draw(0, 1, 5), torch.tensor([0.0, 1.0]))


# ---- the whole job ----


def job(model, reader, **more):
    finders = (AttributeDirections(), PrincipalDirections(count=2))
    return Job(model=model, classifier=reader, finders=finders, labelling=HOW, sweeping=Sweeping(codes=3), **more)


def test_the_job_leaves_directions_sweeps_and_a_report(tmp_path):
    model, reader = planted()
    found = run(job(model, reader), tmp_path)
    assert [one.name for one in found.directions] == ["a", "b", "c", "PC 1", "PC 2"]
    stored, axes = read_directions(tmp_path, model.layout)
    assert axes == found.axes
    assert all(torch.equal(a.vector, b.vector) for a, b in zip(stored, found.directions, strict=True))
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["directions"]["a"]["made_by"]["seed"] == 0
    assert report["effects"]["centre_spread"] == 0
    assert report["effects"]["flipped"][3] is None  # no attribute, no own reading
    assert len(list((tmp_path / "sweeps").iterdir())) == 5


def test_a_finished_job_draws_nothing_again_and_an_interrupted_one_the_rest(tmp_path):
    model, reader = planted()
    first = run(job(model, reader), tmp_path)
    files = {path.name: path.read_bytes() for path in (tmp_path / "sweeps").iterdir()}
    model.decoded = 0
    run(job(model, reader), tmp_path)
    assert model.decoded == 0
    (tmp_path / "sweeps/001-b.safetensors").unlink()
    again = run(job(model, reader), tmp_path)
    assert model.decoded == 3 * 11  # three codes: their middles, and ten pictures each
    assert again.effects == first.effects
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "sweeps").iterdir()}


def test_sweeps_start_from_given_codes_and_never_from_those_learned_from(tmp_path):
    model, reader = planted()
    starts, seen = draw(7, 2, 5), []
    run(job(model, reader, starts=starts), tmp_path, on_sweep=lambda sweep, path: seen.append(sweep.x[:, 5]))
    torch.testing.assert_close(seen[0], model.decode(starts), atol=1 / 255, rtol=0)
    seen.clear()
    run(job(model, reader), tmp_path, on_sweep=lambda sweep, path: seen.append(sweep.x[:, 5]))
    learned = model.decode(label_latents(model, reader, tmp_path, HOW).codes)
    assert torch.cdist(seen[0].flatten(1), learned.flatten(1)).min() > 0.02


@pytest.mark.parametrize(
    ("finder", "message"),
    [
        (AttributeDirections(attributes=("z",)), "No attribute 'z'"),
        (AttributeDirections(free_of=("a",), at_right_angles=True), "either"),
        (PrincipalDirections(count=0), "At least one principal direction"),
        (PrincipalDirections(groups=4), "3 layers make 1 to 3 groups"),
    ],
)
def test_what_cannot_be_found_is_refused_before_anything_is_drawn(tmp_path, finder, message):
    model, reader = planted(Layered())
    with pytest.raises(ValueError, match=message):
        run(Job(model=model, classifier=reader, finders=(finder,), labelling=HOW), tmp_path)
    assert model.decoded == 0


@pytest.mark.parametrize("wrong", [{"count": 4}, {"amplitude": 0.0}, {"codes": 0}])
def test_sweeps_have_a_middle_and_a_start(wrong):
    with pytest.raises(ValueError, match="odd number|at least one code"):
        Sweeping(**wrong)


def test_one_job_at_a_time_works_in_a_folder(tmp_path):
    with locked(tmp_path / "directions.lock"), pytest.raises(BusyError, match="another process"):
        run(job(*planted()), tmp_path)
