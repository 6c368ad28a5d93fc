from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from engine.checkpoints.examples import Examples
from engine.checkpoints.loaded import LoadedEncoder
from engine.data import load_dataset
from engine.metrics import METRICS, evaluate, mig
from engine.models import MODELS

DISENTANGLEMENT = {name for name in METRICS if name.startswith(("mi", "factor_", "dci_", "sap"))}
USAGE = {"kl", "kl_per_latent", "active_units", "active_units_kl"}
DIGITS = tuple(str(digit) for digit in range(10))


@pytest.fixture
def digits(array_dataset, seeded):
    return array_dataset(torch.rand(30, 1, 28, 28, generator=seeded()), labels=torch.arange(30) % 10)


def built(name, **options):
    model = MODELS.build(name, **options)
    model.reset_parameters(torch.Generator().manual_seed(0))
    return model


def numbers(metrics):
    return {name: metric.value for name, metric in metrics.items()}


def test_a_variational_model_where_factors_are_known(seeded):
    model, steps = built("dense", hidden=8, num_latents=3), []
    metrics = evaluate(
        model,
        load_dataset("sinelines"),
        generator=seeded(),
        paper={"mse": 3.284419},
        max_rows=120,
        batch_size=50,
        progress=lambda *step: steps.append(step),
    )
    assert set(metrics) == {"mse"} | USAGE | DISENTANGLEMENT
    assert (metrics["mse"].paper_value, metrics["mig"].paper_value) == (3.284419, None)
    assert len(metrics["mi_matrix"].value) == 3
    assert len(metrics["mi_matrix"].value[0]) == len(metrics["factor_entropies"].value) == 5
    assert sum(metrics["kl_per_latent"].value) == pytest.approx(metrics["kl"].value)
    assert [step for step in steps if step[0] == "encoding"] == [("encoding", n, 120) for n in (50, 100, 120)]
    assert ("DCI, factors to latents", 3, 3) in steps


def test_the_gap_is_that_of_the_posterior_means_of_the_whole_split(seeded, array_dataset):
    model, formula = built("dense", hidden=8, num_latents=2, variational=False), built("sinelines-formula")
    factors = formula.sample(200, generator=seeded())
    curves = formula.decode(factors)
    metrics = evaluate(model, array_dataset(curves, factors=factors), generator=seeded())
    assert set(metrics) == {"mse"} | DISENTANGLEMENT  # no KL without a posterior
    with torch.no_grad():
        mean, _ = model.posterior(curves)
        x_hat = model.decode(mean)
    assert metrics["mig"].value == pytest.approx(mig(mean, factors), abs=1e-9)
    assert metrics["mse"].value == pytest.approx((curves - x_hat).square().sum(dim=1).mean().item(), rel=1e-5)


@pytest.mark.parametrize("num_classes", [0, 10])
def test_pictures_with_labels_only(digits, seeded, num_classes):
    model = built("factor-vae-28", num_latents=3, num_classes=num_classes, width=2, hidden=8).train()
    one, same, other = (
        numbers(evaluate(model, digits, generator=seeded(s), batch_size=b)) for s, b in ((0, 7), (0, 30), (1, 30))
    )
    assert set(one) == {"mse", "nll"} | USAGE
    for name in one:  # batch norm and batches do not mix examples
        assert one[name] == pytest.approx(same[name], rel=1e-5)
    assert one["mse"] != other["mse"]  # another sample of the posterior
    assert model.training


def test_a_decoder_of_factors(seeded, array_dataset):
    model = built("burgess-decoder", width=2, hidden=8)
    factors = load_dataset("dsprites").split("test").factors[:6]
    with torch.no_grad():
        pictures = (model.decode(factors) > 0.5).float()
    metrics = evaluate(model, array_dataset(pictures, factors=factors), generator=seeded(), batch_size=4)
    assert set(metrics) == {"mse", "nll"}


def test_the_formula_makes_its_own_data(seeded):
    metrics = evaluate(built("sinelines-formula"), load_dataset("sinelines"), generator=seeded(), max_rows=500)
    assert set(metrics) == {"mse"}
    assert metrics["mse"].value < 1e-6


def test_a_classifier(digits, seeded):
    model = built("digit-classifier", classes=DIGITS, width=2, hidden=8).train()
    metrics = evaluate(model, digits, generator=seeded())
    assert set(metrics) == {"accuracy", "cross_entropy", "ece", "confusion_matrix"}
    matrix = metrics["confusion_matrix"].value
    assert [sum(row) for row in matrix] == [3] * 10
    assert sum(matrix[i][i] for i in range(10)) / 30 == pytest.approx(metrics["accuracy"].value)


def test_a_generator_with_categories_needs_somebody_to_name_them(digits, seeded):
    model = built("info-gan-28", width=2, hidden=8)
    judge = built("digit-classifier", classes=DIGITS, width=2, hidden=8)
    assert evaluate(model, digits, generator=seeded()) == {}
    values = numbers(evaluate(model, digits, generator=seeded(), classifier=judge))
    assert set(values) == {"category_purity", "category_purities", "category_majorities", "distinct_classes"}
    assert sum(values["category_purities"]) / 10 == pytest.approx(values["category_purity"])
    assert len(set(values["category_majorities"])) == values["distinct_classes"]


def test_a_loaded_model_is_judged_by_its_network(digits, seeded):
    network = built("factor-vae-28", num_latents=3, width=2, hidden=8)
    card = SimpleNamespace(config={"id": "mnist/vae3", "title": "VAE", "dataset": "mnist"})
    loaded = LoadedEncoder(network, card, Examples(x=torch.zeros(1, 1, 28, 28)), axes=())
    assert evaluate(loaded, digits, generator=seeded()) == evaluate(network, digits, generator=seeded())


def test_says_what_does_not_fit(digits, seeded, array_dataset):
    with pytest.raises(ValueError, match="it takes 5, and the data set has 0"):
        evaluate(built("sinelines-formula"), digits, generator=seeded())
    unlabelled = array_dataset(torch.zeros(3, 1, 28, 28))
    with pytest.raises(ValueError, match="Classification needs a data set with labels"):
        evaluate(built("digit-classifier", classes=DIGITS, width=2, hidden=8), unlabelled, generator=seeded())


def test_attributes_are_judged_one_by_one_and_large_pictures_in_half_size_too(seeded, array_dataset):
    x = torch.rand(24, 3, 128, 128, generator=seeded())
    model = built("resnet-classifier", classes=("a", "b"), size=128, width=2, layers=(1, 1), exclusive=False)
    with torch.no_grad():
        truth = (model.eval().probabilities(x) > 0.5).float()
    truth[:6, 1] = 1 - truth[:6, 1]
    values = numbers(evaluate(model, array_dataset(x, factors=truth), generator=seeded(), batch_size=10))
    assert values["attribute_accuracies"] == (1.0, 0.75)
    assert values["accuracy"] == 0.875
    counts = torch.tensor(values["confusion_matrices"])
    assert counts.sum(dim=1).tolist() == [24, 24] and counts[1, 1:3].sum() == 6
    half = torch.nn.functional.interpolate(x, (64, 64), mode="bilinear", antialias=True)
    small = numbers(evaluate(model, array_dataset(half, factors=truth), generator=seeded()))
    assert values["attribute_accuracies_half_size"] == small["attribute_accuracies"]
    assert "accuracy_half_size" not in small


def test_one_attribute_of_a_view_is_judged_by_its_labels(seeded, array_dataset):
    x = torch.rand(10, 3, 16, 16, generator=seeded())
    model = built("resnet-classifier", classes=("Smiling",), size=16, width=2, layers=(1,), exclusive=False)
    values = numbers(evaluate(model, array_dataset(x, labels=torch.arange(10) % 2), generator=seeded()))
    assert len(values["attribute_accuracies"]) == 1
    assert values["attribute_accuracies"][0] == values["accuracy"]
