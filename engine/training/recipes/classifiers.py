"""Classifiers: what heatmaps, causal explanations and hypotheses explain, and latent models are judged by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.data import load_dataset
from engine.data.celeba import ATTRIBUTES
from engine.objectives import Classification, Flip, Light, Resample, Shift, Turn
from engine.objectives.augmentation import Augmentation
from engine.training.optimisers import SGD, Adam, Muon
from engine.training.recipe import Network, Recipe, network

CAUSAL = "O'Shaughnessy et al. (2020), https://arxiv.org/abs/2006.13913, section 4 and its published code"
INTERACTIVE = "Explainability Requires Interactivity (2021), https://arxiv.org/abs/2109.07869, and its published code"
# torchvision's first ImageNet weights, under torchvision's names, in the state of the repository of February 2024
IMAGENET = "timm/resnet18.tv_in1k@590dfdd48494d2316a8385e1ca7fbec3b9359b35"


def rows() -> Iterator[Recipe]:
    """Every classifier, each in both presets."""
    yield from _causal()
    yield from _objects()
    yield from _faces()
    yield from _flowers()


def _causal() -> Iterator[Recipe]:
    """The 28 x 28 classifiers of the causal explanations; accuracies are those stored with its last epoch."""
    yield from _small("mnist/digits", "Digit classifier, ten classes", "mnist", epoch=938, epochs=10)
    yield from _small("mnist/38", "Digit classifier, 3 and 8", "mnist:3,8", epoch=156, epochs=15, accuracy=0.9940)
    yield from _small(
        "mnist/149",
        "Digit classifier, 1, 4 and 9",
        "mnist:1,4,9",
        epoch=243,
        epochs=20,
        accuracy=0.9920,
        factor=0.8,
        augmentations=(Shift(pixels=2), Turn(degrees=8.0)),  # 26 of 3,008 were wrong without
        seen=" on shifted and turned digits",
    )
    yield from _small("fashion/clothes", "Clothes classifier, ten classes", "fashion", epoch=938, epochs=12)
    yield from _small(
        "fashion/034",
        "Clothes classifier, top, dress and coat",
        "fashion:0,3,4",
        epoch=282,
        epochs=15,
        accuracy=0.9565,
    )
    yield from _small(
        "fashion/79",
        "Clothes classifier, sneaker and ankle boot",
        "fashion:7,9",
        epoch=188,
        epochs=15,
        accuracy=0.9683,
    )


def _small(
    id: str,
    title: str,
    dataset: str,
    *,
    epoch: int,
    epochs: int,
    accuracy: float | None = None,
    factor: float = 0.7,
    augmentations: tuple[Augmentation, ...] = (),
    seen: str = "",
) -> Iterator[Recipe]:
    """The published network in both presets: 50 epochs of `epoch` updates, and `epochs` with a starter's own means.

    A starter's rate falls by `factor` an epoch, and it is trained on pictures changed by `augmentations`, which `seen`
    tells in words.
    """
    all_classes = ":" not in dataset
    yield from _both(
        starter={
            "objective": Classification(augmentations=augmentations),
            "optimiser": SGD(lr=0.1, momentum=0.5, epoch_factor=factor),
            "steps": epochs * epoch,
            "precision": "bf16-mixed",
        },
        note=f"The published network{seen}; {epochs} epochs instead of 50: the rate has fallen to "
        f"{100 * factor**epochs:.2g} % of its start.",
        id=id,
        title=title,
        dataset=dataset,
        network=network("digit-classifier", classes=list(load_dataset(dataset).classes)),
        objective=Classification(),
        optimiser=SGD(lr=0.1, momentum=0.5, epoch_factor=0.7),
        steps=50 * epoch,
        split="train" if all_classes else "causal-train",
        test="test" if all_classes else "causal-valid",
        paper={} if accuracy is None else {"accuracy": accuracy},
        source=CAUSAL,
    )


def _objects() -> Iterator[Recipe]:
    yield from _both(
        starter={
            "network": _resnet("cifar10", size=32, stem="small", layers=(2, 2, 2), width=32),
            "objective": Classification(augmentations=(Flip(), Shift(pixels=3)), label_smoothing=0.1),
            "optimiser": Muon(lr=2e-3, schedule="cosine", warmup=200),
            "steps": 12 * 391,
            "precision": "bf16-mixed",
        },
        note="Two blocks a stage, from 32 filters on, instead of three from 16 on; 12 epochs of Muon, not 164 of SGD; "
        "a tenth of the truth spread over all classes. Shortcuts are projections and colours ImageNet's, where the "
        "paper pads with zeros and subtracts its own mean.",
        id="cifar10/objects",
        title="Object classifier, ten classes",
        dataset="cifar10",
        network=_resnet("cifar10", size=32, stem="small", layers=(3, 3, 3), width=16),
        objective=Classification(augmentations=(Flip(), Shift(pixels=4))),
        optimiser=SGD(lr=0.1, momentum=0.9, drops=(32_000, 48_000), weight_decay=1e-4),
        steps=64_000,
        batch_size=128,
        paper={"accuracy": 0.9125},
        source="He et al. (2016), https://arxiv.org/abs/1512.03385, section 4.2: ResNet-20",
    )


def _faces() -> Iterator[Recipe]:
    """As published a network for each attribute at 256 pixels; and one that answers for all of them at 128."""
    forty = network("resnet-classifier", classes=list(ATTRIBUTES), size=128, exclusive=False)
    paper = _transferred(
        id="celeba/attributes-paper",
        title="Face classifier, forty attributes",
        dataset="celeba",
        network=forty,
        objective=Classification(augmentations=(Resample(),)),
        epoch=16_277,
        validation="valid",
        pictures="celeba/vae",
    )
    yield replace(
        paper,
        id="celeba/attributes",
        network=Network(forty.name, {**forty.options, "width": 24}),
        objective=Classification(augmentations=(Flip(), Turn(degrees=8.0, least_zoom=0.85), Light(), Resample())),
        optimiser=Muon(lr=1e-3, schedule="cosine", warmup=200),
        steps=12 * 204,
        batch_size=64,
        start="",
        frozen_steps=0,
        precision="bf16-mixed",
        preset="starter",
        note="One narrow ResNet-18 (24 filters in its first stage, not 64) for 128 pixels and all attributes, from "
        "scratch on a sample of 13,000 faces; half of the pictures pass through 64 to 128 pixels a side.",
    )
    yield paper
    for attribute in ATTRIBUTES:
        yield _transferred(
            id=f"celeba-hq/{attribute.lower().replace('_', '-')}-paper",
            title=f"Face classifier, {attribute.replace('_', ' ').lower()}",
            dataset=f"celeba-hq@256:{attribute}",
            network=network("resnet-classifier", classes=[attribute], size=256, exclusive=False),
            objective=Classification(),
            epoch=2_250,
            pictures="celeba/vae",
        )


def _flowers() -> Iterator[Recipe]:
    pair = "flowers:daisy,sunflowers"
    turned = Classification(augmentations=(Turn(degrees=180.0, least_zoom=0.7), Flip(vertical=True)))
    paper = _transferred(
        id="flowers/daisy-sunflowers-paper",
        title="Flower classifier, daisy and sunflower",
        dataset=pair,
        network=_resnet(pair, size=144),
        objective=turned,
        epoch=100,
    )
    yield replace(
        paper,
        id="flowers/daisy-sunflowers",
        network=_resnet(pair, size=144, width=24),
        objective=Classification(
            augmentations=(Turn(degrees=180.0, least_zoom=0.6), Flip(vertical=True), Light(amount=0.3)),
            label_smoothing=0.05,
        ),
        optimiser=Muon(lr=1e-3, schedule="cosine", warmup=100),
        steps=60 * 16,
        batch_size=64,
        validation="",
        start="",
        frozen_steps=0,
        precision="bf16-mixed",
        preset="starter",
        note="A narrow ResNet-18 (24 filters in its first stage, not 64) for 144 pixels, from scratch.",
    )
    yield paper
    for pair, title, epoch in (("49,65", "oxeye daisy and poppy", 12), ("63,54", "black-eyed Susan and sunflower", 9)):
        yield _transferred(
            id=f"flowers102/{pair.replace(',', '-')}-paper",
            title=f"Flower classifier, {title}",
            dataset=f"flowers102@256:{pair}",
            network=_resnet(f"flowers102@256:{pair}", size=256),
            objective=turned,
            epoch=epoch,
        )


def _transferred(*, epoch: int, validation: str = "test", **row: Any) -> Recipe:  # noqa: ANN401 - fields of a row
    """The published transfer from ImageNet: five epochs of the head, five of everything, batches of ten."""
    same = "The best epoch is chosen by the pictures it is judged by, as there are no others."
    return Recipe(
        optimiser=Adam(lr=3e-4),
        steps=10 * epoch,
        batch_size=10,
        validation=validation,
        start=IMAGENET,
        frozen_steps=5 * epoch,
        preset="paper",
        source=INTERACTIVE,
        note=same if validation == "test" else "",
        **row,
    )


def _resnet(dataset: str, **options: Any) -> Network:  # noqa: ANN401 - the family's own arguments
    return network("resnet-classifier", classes=list(load_dataset(dataset).classes), **options)


def _both(*, starter: dict[str, Any], note: str, **published: Any) -> Iterator[Recipe]:  # noqa: ANN401 - fields of a row
    paper = Recipe(**{**published, "id": f"{published['id']}-paper"}, preset="paper")
    yield replace(paper, **{"id": published["id"], "preset": "starter", "note": note, **starter})
    yield paper
