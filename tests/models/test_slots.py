"""Slots: what a code's exchangeable parts are for every model, and how they mix."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.interfaces import Axis, Part, Slot, Slotted, Space
from engine.models import MODELS
from engine.models.slots import Slots, group_sizes, slots_of, with_direction

LATENT = [entry.id for entry in engine.catalog() if entry.kind in ("latent", "formula")]


class Fake:
    """A latent model whose picture is its code."""

    id = "fake/one"

    def __init__(self, *layout, prior="normal", effects=(), collapsed=(), codes=None):
        self.layout, self.prior = layout, prior
        self.latent_dim = sum(part.size for part in layout)
        self.space = Space(kind="series", shape=(self.latent_dim,))
        self.axes = tuple(
            Axis(name=f"Latent {index + 1}", kind="continuous", indices=(index,), low=-2, high=2, center=0, minimum=-3,
                 maximum=3, effect=effect, collapsed=index in collapsed) for index, effect in enumerate(effects)
        )  # fmt: skip
        self.codes = codes
        self.mean_code = torch.zeros(self.latent_dim)

    def decode(self, z):
        return z

    def sample(self, n, *, generator):
        if self.codes is not None:
            return self.codes[torch.randint(len(self.codes), (n,), generator=generator)]
        return 3 + 2 * torch.randn(n, self.latent_dim, generator=generator)


def layered(layers=18, width=2):
    return Fake(*(Part(f"layer {n + 1}", width, "layer") for n in range(layers)), prior="style")


def draw(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", params=LATENT)
def loaded(request):
    return engine.load(request.param)


def test_eighteen_layers_in_four_groups_are_five_five_four_four():
    assert group_sizes(18, 4) == (5, 5, 4, 4)
    assert group_sizes(18, 3) == (6, 6, 6)
    slots = slots_of(layered(), columns=4, draws=100)
    assert [slot.name for slot in slots.slots] == ["Layers 1–5", "Layers 6–10", "Layers 11–14", "Layers 15–18"]
    assert [len(slot.indices) for slot in slots.slots] == [10, 10, 8, 8]
    assert len(slots_of(layered(), draws=100)) == 3, "as published"
    assert [slot.name for slot in slots_of(layered(3), draws=100).slots] == ["Layer 1", "Layer 2", "Layer 3"]


@given(count=st.integers(1, 60), groups=st.integers(1, 60))
def test_groups_differ_by_one_at_most_and_the_larger_come_first(count, groups):
    if groups > count:
        with pytest.raises(ValueError, match=f"{count} parts make 1 to {count} columns; got {groups}"):
            group_sizes(count, groups)
        return
    sizes = group_sizes(count, groups)
    assert sum(sizes) == count and len(sizes) == groups
    assert sorted(sizes, reverse=True) == list(sizes) and sizes[0] - sizes[-1] <= 1


def test_every_shipped_models_code_is_divided_among_its_slots(loaded):
    slots = slots_of(loaded)
    held = sorted(index for slot in slots.slots for index in slot.indices)
    assert held == list(range(loaded.latent_dim))
    assert len({slot.name for slot in slots.slots}) == len(slots)
    codes = loaded.examples.codes
    torch.testing.assert_close(slots.to_codes(slots.to_values(codes)), codes, rtol=1e-5, atol=1e-4)


def test_an_anchor_of_a_shipped_model_mixed_with_itself_is_that_anchor(loaded):
    slots, codes = slots_of(loaded), loaded.sample(4, generator=torch.Generator().manual_seed(5))
    values = slots.anchors(codes[None])
    same = torch.arange(4)[:, None].repeat(1, len(slots))
    share = torch.rand(same.shape, generator=torch.Generator().manual_seed(6))
    assert torch.equal(slots.mix(values, same, same, share), values)
    torch.testing.assert_close(slots.to_codes(values), codes, rtol=1e-5, atol=1e-4)


def test_mixes_of_shipped_models_are_drawn(loaded):
    slots, codes = slots_of(loaded), loaded.sample(4, generator=torch.Generator().manual_seed(7))
    generator = torch.Generator().manual_seed(8)
    first, second = torch.randint(4, (2, 5, len(slots)), generator=generator)
    mixed = slots.to_codes(slots.mix(slots.anchors(codes[None]), first, second, torch.rand(5, len(slots))))
    for part, start in zip(loaded.layout, [0, *torch.tensor([p.size for p in loaded.layout]).cumsum(0)], strict=False):
        if part.kind == "onehot":
            category = mixed[:, start : start + part.size]
            assert torch.equal(category.sort(dim=1).values[:, -1], torch.ones(5)), "categories snap"
            assert torch.equal(category.sum(dim=1), torch.ones(5))
    assert torch.isfinite(loaded.decode(mixed)).all()


@pytest.mark.parametrize("columns", [1, 2, 5])
def test_a_style_network_mixes_its_layers(columns):
    network = MODELS.build("stylegan2", resolution=16, channels=1, z_dim=8, w_dim=8, mapping_layers=2, channel_base=64,
                           channel_max=8, discriminator=False, training=False)  # fmt: skip
    network.reset_parameters(torch.Generator().manual_seed(0))
    network.eval().requires_grad_(False)
    network.id, network.axes, network.mean_code = "tiny/style", (), network.repeated(network.w_mean[None])[0]
    slots = slots_of(network, columns=columns, draws=200)
    codes = network.sample(2, generator=torch.Generator().manual_seed(1))
    first = torch.zeros(1, columns, dtype=torch.int64)
    first[0, -1] = 1  # the last group from the other code
    mixed = slots.to_codes(slots.mix(slots.anchors(codes[None]), first, first, torch.ones(1, columns)))
    layers = len(slots.slots[-1].indices) // 8
    torch.testing.assert_close(mixed[0, -layers * 8 :], codes[1, -layers * 8 :])
    torch.testing.assert_close(mixed[0, : -layers * 8], codes[0, : -layers * 8])
    assert torch.isfinite(network.decode(mixed)).all()


def test_latents_are_ranked_by_effect_and_the_least_effective_pooled():
    model = Fake(Part("latent", 5), effects=(0.1, 0.4, 0.0, 0.3, 0.0), collapsed=(2, 4))
    assert [slot.name for slot in slots_of(model).slots] == ["Latent 2", "Latent 4", "Latent 1", "Rest"]
    assert slots_of(model).slots[-1] == Slot("Rest", (2, 4))
    assert [slot.indices for slot in slots_of(model, columns=2).slots] == [(1,), (3, 0, 2, 4)]
    assert slots_of(model, columns=1).slots == (Slot("Rest", (1, 3, 0, 2, 4)),)
    assert len(slots_of(model, columns=5)) == 5
    with pytest.raises(ValueError, match="This model's code makes 1 to 5 columns; got 6"):
        slots_of(model, columns=6)


def test_large_blocks_of_latents_keep_their_length():
    model = Fake(Part("latent", 20), effects=tuple(20.0 - n for n in range(20)))
    assert slots_of(model, columns=3).slots[-1].mixing == "spherical"
    assert slots_of(model, columns=10).slots[-1].mixing == "linear"


def test_an_infogans_category_snaps_and_its_noise_turns():
    slots = slots_of(engine.load("mnist/ig5"))
    assert [(slot.name, slot.mixing) for slot in slots.slots] == [
        ("Category", "snap"), ("Code 1", "linear"), ("Code 2", "linear"), ("Noise", "spherical")
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["dsprites/gt", "sinelines/gt"])
def test_factors_are_a_slot_each(name):
    model = engine.load(name)
    assert [slot.name for slot in slots_of(model).slots] == [axis.name for axis in model.axes]


def test_a_plain_autoencoder_has_blocks_of_components_and_a_warning():
    codes = draw(0, 4000, 4) * torch.tensor([3.0, 3.0, 1.0, 0.0])
    turn, _ = torch.linalg.qr(draw(1, 4, 4))
    model = Fake(Part("latent", 4), prior="empirical", codes=codes @ turn.T + 7)
    slots = slots_of(model, columns=2)
    assert slots.note.startswith("Off-manifold")
    assert slots_of(Fake(Part("latent", 4))).note == ""
    assert [slot.name for slot in slots.slots] == ["Component 1", "Components 2–4"], "of about equal variance"
    values = slots.to_values(model.codes)
    torch.testing.assert_close(values.mean(dim=0), torch.zeros(4), atol=0.1, rtol=0)
    torch.testing.assert_close(values[:, :3].std(dim=0), torch.ones(3), atol=0.05, rtol=0)
    # The last two components lie across the two directions in which codes were drawn far apart.
    assert float(slots.space.basis[:, 2:].T.matmul(turn[:, :2]).abs().max()) < 0.05


def test_what_is_not_known_gets_components_too():
    slots = slots_of(Fake(Part("embedding", 6), prior="?"), columns=3)
    assert [len(slot.indices) for slot in slots.slots] == [2, 2, 2] and slots.note == ""


def test_values_are_about_zero_with_a_spread_of_one():
    model = Fake(Part("latent", 3), effects=(3, 2, 1))
    values = slots_of(model).to_values(model.sample(5000, generator=torch.Generator().manual_seed(9)))
    torch.testing.assert_close(values.mean(dim=0), torch.zeros(3), atol=0.06, rtol=0)
    torch.testing.assert_close(values.std(dim=0), torch.ones(3), atol=0.05, rtol=0)


class Logarithmic(Fake):
    """Brings its own slots: the logarithms of its code; its last entry belongs to none."""

    slots = (Slot("small", (0,)), Slot("large", (1, 2)))

    def to_values(self, codes):
        return codes.log()

    def to_codes(self, values):
        return values.exp()


def test_a_model_may_bring_its_own_slots():
    model = Logarithmic(Part("latent", 4))
    model.mean_code = torch.full((4,), 2.0)
    assert isinstance(model, Slotted)
    slots = slots_of(model)
    assert slots.slots == Logarithmic.slots
    anchors = slots.anchors(torch.tensor([[1.0, 1, 1, 1], [4, 4, 4, 4]])[None])
    half = torch.full((1, 2), 0.5)
    mixed = slots.to_codes(slots.mix(anchors, torch.tensor([[0, 0]]), torch.tensor([[1, 0]]), half))
    torch.testing.assert_close(mixed, torch.tensor([[2.0, 1, 1, 2]]))  # a geometric mean; the rest is the middle's


@given(seed=st.integers(0, 10_000), share=st.floats(0, 1), mixing=st.sampled_from(["linear", "spherical", "snap"]))
def test_a_mix_is_the_same_with_the_other_style_named_first(seed, share, mixing):
    space = slots_of(Fake(Part("latent", 6), effects=range(6))).space
    slots = Slots((Slot("all", tuple(range(6)), mixing),), space, torch.zeros(6))
    anchors, a, b = draw(seed, 2, 6), torch.tensor([[0]]), torch.tensor([[1]])
    one = slots.mix(anchors, a, b, torch.tensor([[share]]))
    other = slots.mix(anchors, b, a, 1 - torch.tensor([[share]]))
    if mixing != "snap" or share == 0.5 or abs(share - 0.5) > 1e-6:
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def mixed(mixing, a, b, share):
    values = torch.tensor([a, b], dtype=torch.float32)
    slots = Slots((Slot("all", tuple(range(values.shape[1])), mixing),), None, torch.zeros(values.shape[1]))
    return slots.mix(values, torch.tensor([[0]]), torch.tensor([[1]]), torch.tensor([[share]]))[0].tolist()


def test_the_ways_to_mix_in_closed_form():
    root = math.sqrt(0.5)
    assert mixed("linear", (1.0, 0.0), (0.0, 3.0), 0.25) == pytest.approx([0.25, 2.25])
    assert mixed("spherical", (1.0, 0.0), (0.0, 1.0), 0.5) == pytest.approx([root, root])
    assert mixed("spherical", (1.0, 0.0), (0.0, 3.0), 0.5) == pytest.approx([2 * root, 2 * root]), "mean length"
    assert mixed("spherical", (1.0, 0.0), (-1.0, 0.0), 0.25) == pytest.approx([-0.5, 0.0]), "opposite: along the line"
    assert mixed("spherical", (0.0, 0.0), (0.0, 2.0), 0.25) == pytest.approx([0.0, 1.5]), "no direction: the line"
    assert mixed("snap", (1.0, 0.0), (0.0, 1.0), 0.6) == [1.0, 0.0]
    assert mixed("snap", (1.0, 0.0), (0.0, 1.0), 0.4) == [0.0, 1.0]


@given(seed=st.integers(0, 10_000), share=st.floats(0, 1))
def test_arcs_keep_the_length(seed, share):
    a, b = torch.nn.functional.normalize(draw(seed, 2, 24)).tolist()
    assert math.hypot(*mixed("spherical", a, b, share)) == pytest.approx(1, abs=1e-4)


def test_slots_mix_apart_from_each_other():
    space, base = None, torch.zeros(5)
    slots = Slots((Slot("a", (3, 0)), Slot("b", (1, 4), "spherical")), space, base)
    anchors = draw(3, 3, 5)
    found = slots.mix(anchors, torch.tensor([[0, 2]]), torch.tensor([[1, 2]]), torch.tensor([[0.5, 0.3]]))[0]
    torch.testing.assert_close(found[[0, 3]], anchors[:2, [0, 3]].mean(dim=0))
    assert torch.equal(found[[1, 4]], anchors[2, [1, 4]]), "a pure slot is the anchor's part to the bit"
    assert found[2] == 0, "held by no slot: the base"


def test_each_slot_may_have_anchors_of_its_own():
    slots = slots_of(Fake(Part("latent", 2), effects=(2, 1)))
    codes = draw(4, 2, 3, 2)  # two slots, three styles each
    values = slots.anchors(codes)
    torch.testing.assert_close(slots.to_codes(values), torch.stack([codes[0, :, 0], codes[1, :, 1]], dim=1))


def test_a_direction_is_one_more_slot_of_steps():
    model = Fake(Part("latent", 3), effects=(3, 2, 1))
    plain = slots_of(model)
    slots = with_direction(plain, "Smiling", torch.tensor([0.0, 4.0, 0.0]), amplitude=2.0, relative=False)
    assert slots.slots[-1] == Slot("Smiling", (3,), amplitude=2.0)
    codes = draw(5, 5, 3)
    values = slots.anchors(codes[None])
    assert values[:, 3].tolist() == [-2, -1, 0, 1, 2]
    moved = slots.to_codes(values) - codes
    spread = float(plain.space.scale[1])  # of that latent: steps are standard deviations
    torch.testing.assert_close(moved, torch.tensor([[0, -2 * spread, 0], [0, -spread, 0], [0, 0, 0], [0, spread, 0],
                                                    [0, 2 * spread, 0]]), atol=1e-5, rtol=0)  # fmt: skip
    assert slots.key != plain.key


def test_a_relative_direction_is_a_share_of_the_codes_length():
    model = layered(4)
    slots = with_direction(slots_of(model, draws=50), "d", torch.ones(8), amplitude=0.1, relative=True)
    codes = draw(6, 3, 8)
    moved = slots.to_codes(slots.anchors(codes[None])) - codes
    lengths = codes.norm(dim=1) * torch.tensor([0.1, 0.0, 0.1])
    torch.testing.assert_close(moved.norm(dim=1), lengths, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Slots((Slot("a", (0, 1)), Slot("b", (1,))), None, torch.zeros(2)), "Slots should hold different"),
        (lambda: Slots((Slot("a", ()),), None, torch.zeros(2)), "each at least one"),
        (lambda: slots_of(layered(), columns=19, draws=10), "18 parts make 1 to 18 columns; got 19"),
        (lambda: with_direction(slots_of(layered(2), draws=10), "d", torch.zeros(4), amplitude=1.0, relative=True),
         "a direction of shape .4,. that is not zero"),
    ],
)  # fmt: skip
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
