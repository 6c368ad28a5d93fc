from __future__ import annotations

import pytest
import torch

import engine
from engine.checkpoints import LoadedClassifier, LoadedDecoder, LoadedEncoder
from engine.interfaces import Classifier, Decoder, Encoder, LatentModel
from tests.checkpoints.small import SMALL


@pytest.fixture
def load(make):
    def run(name):
        make(name)
        return engine.load(name, device="cpu")

    return run


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("sinelines/vae", LoadedEncoder),
        ("mnist/ss5", LoadedEncoder),
        ("sinelines/gt", LoadedDecoder),
        ("mnist/ig5", LoadedDecoder),
        ("mnist/half", LoadedDecoder),
        ("mnist/digits", LoadedClassifier),
    ],
)
def test_a_model_offers_what_its_network_can_do_and_no_more(load, name, family):
    model = load(name)
    assert type(model) is family
    assert isinstance(model, Decoder) is (family is not LoadedClassifier)
    assert isinstance(model, LatentModel) is (family is not LoadedClassifier)
    assert isinstance(model, Encoder) is (family is LoadedEncoder)
    assert isinstance(model, Classifier) is (family is LoadedClassifier)


def test_weights_ask_for_no_gradient_but_inputs_may(load):
    model = load("sinelines/vae")
    assert not any(p.requires_grad for p in model.parameters())
    x = model.examples.x.clone().requires_grad_()
    model.encode(x).sum().backward()
    assert x.grad.abs().sum() > 0


@pytest.mark.parametrize("name", [name for name in SMALL if name != "mnist/digits"])
def test_samples_follow_their_generator(load, name):
    model = load(name)
    z = model.sample(7, generator=generator(1))
    assert z.shape == (7, model.latent_dim)
    assert z.dtype == torch.float32
    assert z.equal(model.sample(7, generator=generator(1)))
    assert not z.equal(model.sample(7, generator=generator(2)))
    assert model.decode(z).shape == (7, *model.space.shape)


def test_a_variational_model_draws_from_its_prior(load):
    model = load("mnist/ss5")
    z = model.sample(4000, generator=generator())
    categories, latents = z[:, :10], z[:, 10:]
    assert categories.sum(dim=1).eq(1).all()
    assert categories.mean(dim=0).sub(0.1).abs().max() < 0.02
    assert latents.mean().abs() < 0.05
    assert abs(latents.std() - 1) < 0.05


@pytest.mark.parametrize("name", ["sinelines/ae", "dsprites/gt"])
def test_a_model_without_a_prior_draws_codes_of_examples(load, name):
    model = load(name)
    z = model.sample(200, generator=generator())
    known = {tuple(row) for row in model.examples.codes.tolist()}
    drawn = {tuple(row) for row in z.tolist()}
    assert drawn <= known
    assert len(drawn) == len(known)


def test_a_network_with_a_prior_of_its_own_is_asked(load):
    z = load("mnist/ig5").sample(500, generator=generator())
    assert z[:, 10:].abs().max() <= 1
    assert z[:, 10:].abs().max() > 0.95


def test_the_mean_code_is_where_the_axes_have_their_centre(load):
    model = load("mnist/ss5")
    code = model.mean_code
    assert code.shape == (model.latent_dim,)
    for axis in model.axes:
        if axis.kind == "continuous":
            assert code[axis.indices[0]].item() == pytest.approx(axis.center)
    common = model.examples.codes[:, :10].sum(dim=0).argmax()
    assert code[:10].tolist() == torch.eye(10)[common].tolist()


def test_a_conditional_model_can_be_told_the_category(load):
    model = load("mnist/ss5")
    z = model.encode(model.examples.x, labels=torch.full((16,), 3))
    assert z[:, 3].eq(1).all()


def test_examples_move_with_the_model(load):
    model = load("sinelines/vae")
    assert model.device == torch.device("cpu")
    assert model.to("meta") is model
    assert model.device.type == "meta"
    assert model.examples.x.device.type == "meta"
    assert model.examples.extra["scatter_codes"].device.type == "meta"


def test_a_formula_knows_its_device_without_weights(load):
    assert load("sinelines/gt").device == torch.device("cpu")


def test_loading_draws_no_random_numbers(make):
    make("mnist/ss5")
    before = torch.get_rng_state()
    engine.load("mnist/ss5", device="cpu")
    assert torch.get_rng_state().equal(before)


def test_classifiers_give_logits_and_probabilities(load):
    model = load("mnist/digits")
    assert model.classes == tuple("0123456789")
    logits = model.logits(model.examples.x)
    assert model(model.examples.x).equal(logits)
    torch.testing.assert_close(model.probabilities(model.examples.x), logits.softmax(dim=1))


@pytest.mark.gpu
@pytest.mark.parametrize("name", SMALL)
def test_a_model_can_be_loaded_onto_a_gpu(make, name):
    make(name)
    model = engine.load(name)
    assert model.device.type == "cuda"
    assert model.examples.x.device.type == "cuda"
    if name != "mnist/digits":
        z = model.sample(3, generator=generator())
        assert z.device.type == "cuda"
        on_cpu = engine.load(name, device="cpu")
        torch.testing.assert_close(model.decode(z).cpu(), on_cpu.decode(z.cpu()), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("z", "found"), [([1, 2], "list"), (torch.zeros(2, 4), r"\(2, 4\)"), (torch.zeros(5), r"\(5,\)")]
)
def test_what_is_no_code_is_refused_with_its_shape(load, z, found):
    with pytest.raises(ValueError, match=f"sinelines/vae decodes a tensor of codes .N, 3.; got {found}"):
        load("sinelines/vae").decode(z)
