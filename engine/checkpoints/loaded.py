"""What `engine.load` returns: a network with its axes, card and examples, ready to use."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from engine.checkpoints.examples import Examples
from engine.checkpoints.folder import Card
from engine.interfaces import Axis, Layout, Readout, Space
from engine.models.layers import one_hot
from engine.models.middle import middle


class Loaded(nn.Module):
    """What all loaded models share.

    Attributes:
        id: The id in its config. A folder in the catalogue has the same; loading refuses one that lies in the place of
            another.
        title: What the model is, in a few words.
        card: Config, metrics and folder.
        space: What the model draws or looks at.
        examples: Held-out rows; they move with the model to its device.
        network: The registered network itself, with all it offers beyond this (such as `posterior`). Its weights ask
            for no gradients; inputs may.
    """

    def __init__(self, network: nn.Module, card: Card, examples: Examples) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self.id: str = card.config["id"]
        self.title: str = card.config["title"]
        self.dataset: str = card.config["dataset"]
        self.card, self.examples = card, examples
        self.space: Space = network.space  # type: ignore[assignment] # every family has a space
        self.register_buffer("_place", torch.empty(0), persistent=False)  # a formula has no weights to ask

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.get_buffer("_place").device

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Loaded:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call] # torch's own
        self.examples = self.examples.map(fn)
        return self


class LoadedDecoder(Loaded):
    """A model that turns codes into data: `decode`, `axes`, `sample`.

    Attributes:
        latent_dim: Entries of a code.
        layout: Its parts, in order.
        axes: What a user can move, in the order to show: the code's own entries, then directions through it.
    """

    def __init__(
        self,
        network: nn.Module,
        card: Card,
        examples: Examples,
        axes: tuple[Axis, ...],
        directions: tuple[Axis, ...] = (),
    ) -> None:
        super().__init__(network, card, examples)
        self.latent_dim: int = network.latent_dim  # type: ignore[assignment]
        self.layout: Layout = network.layout  # type: ignore[assignment]
        self.axes = (*axes, *directions)
        self._own_axes = axes
        self.prior: str = network.prior  # type: ignore[assignment]

    def decode(self, z: Tensor) -> Tensor:
        """(N, D) -> (N, *space.shape); images in [0, 1], series in natural units.

        Raises:
            ValueError: If z is no tensor of codes of this model.
        """
        if not isinstance(z, Tensor) or z.ndim != 2 or z.shape[1] != self.latent_dim:
            found = tuple(z.shape) if isinstance(z, Tensor) else type(z).__name__
            raise ValueError(f"{self.id} decodes a tensor of codes (N, {self.latent_dim}); got {found}.")
        return self.network.decode(z)  # type: ignore[operator]

    def forward(self, z: Tensor) -> Tensor:
        """The same as `decode`."""
        return self.decode(z)

    def sample(self, n: int, *, generator: Generator) -> Tensor:
        """Draws n plausible codes, (n, D).

        From the network's own prior where it has one; a standard normal with uniform categories for variational
        models; the codes of examples, drawn with replacement, for all others.
        """
        own = getattr(self.network, "sample", None)
        if callable(own):
            return own(n, generator=generator).to(self.device)
        if self.prior == "normal":
            parts = [_draw(part.kind, n, part.size, generator) for part in self.layout]
            return torch.cat(parts, dim=1).to(self.device)
        codes = self._example_codes()
        rows = torch.randint(len(codes), (n,), generator=generator, device=generator.device)
        return codes[rows.to(codes.device)].to(self.device)

    @property
    def mean_code(self) -> Tensor:
        """The code in the middle of the data, (D,): medians, and the most common category.

        Directions have no say in it: they cross each other and the code's own axes, so it would depend on their order.
        """
        return middle(self._own_axes, self._example_codes().median(dim=0).values).to(self.device)

    def _example_codes(self) -> Tensor:
        assert self.examples.codes is not None  # `loading` refuses a latent model without them
        return self.examples.codes


class LoadedEncoder(LoadedDecoder):
    """A decoder whose network has an encoder too."""

    def encode(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """(N, *space.shape) -> (N, D), the most plausible code of each example; differentiable.

        Args:
            x: Examples.
            labels: True categories, (N,), for conditional models; without them the nearest is found.
        """
        return self.network.encode(x) if labels is None else self.network.encode(x, labels)  # type: ignore[operator]


class LoadedClassifier(Loaded):
    """A model that maps data to probabilities of classes or attributes.

    Attributes:
        classes: Names of its outputs, in order.
        exclusive: Whether every picture belongs to one class; else each output is a question of its own.
        readout: What a single output measures, where it has a scale of its own, such as years.
    """

    def __init__(self, network: nn.Module, card: Card, examples: Examples) -> None:
        super().__init__(network, card, examples)
        self.classes: tuple[str, ...] = network.classes  # type: ignore[assignment]
        self.exclusive: bool = network.exclusive  # type: ignore[assignment]
        self.readout: Readout | None = network.readout  # type: ignore[assignment]

    def logits(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M)."""
        return self.network.logits(x)  # type: ignore[operator]

    def probabilities(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M); rows sum to one where the classes exclude each other.

        Raises:
            ValueError: If the readout is on a scale without probabilities; `logits` gives its value.
        """
        return self.network.probabilities(x)  # type: ignore[operator]

    def probabilities_of(self, logits: Tensor) -> Tensor:
        """What the outputs for some pictures say, (N, M) -> (N, M); see `probabilities`."""
        return self.network.probabilities_of(logits)  # type: ignore[operator]

    def forward(self, x: Tensor) -> Tensor:
        """The logits; what attribution methods call."""
        return self.logits(x)


def _draw(kind: str, n: int, size: int, generator: Generator) -> Tensor:
    if kind == "onehot":
        return one_hot(torch.randint(size, (n,), generator=generator, device=generator.device), size)
    return torch.randn(n, size, generator=generator, device=generator.device)
