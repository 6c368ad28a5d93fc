"""A copy of a network that shares its weights and may be hooked or rewired; the original never notices."""

from __future__ import annotations

import copy
from itertools import chain

import torch
from torch import nn


def private_copy(network: nn.Module, *, share: bool = True) -> nn.Module:
    """The same modules under the same names, in evaluation mode, without in-place activations.

    Plain attributes (names, examples, settings) are the original's own objects. Weights are views of the original's
    that ask for no gradients.

    Args:
        network: Any network of ordinary modules.
        share: Copy the weights as well if False.

    Raises:
        TypeError: If the network is compiled by TorchScript, whose modules cannot be copied one by one.
    """
    if isinstance(network, torch.jit.ScriptModule):
        raise TypeError("A TorchScript network cannot be hooked; load the network it was compiled from.")
    twin = _copied(network, {}, share)
    for module in twin.modules():
        module.training = False
        if getattr(module, "inplace", None) is True:
            module.inplace = False  # type: ignore[assignment] # ReLU and its kin
    return twin


def device_of(network: nn.Module) -> torch.device:
    """Where a network's weights lie; the CPU for one without any."""
    first = next(chain(network.parameters(), network.buffers()), None)
    return torch.device("cpu") if first is None else first.device


def _copied(module: nn.Module, seen: dict[int, nn.Module], share: bool) -> nn.Module:
    if id(module) not in seen:
        twin = object.__new__(type(module))
        seen[id(module)] = twin
        # Every table of its own (hooks, buffers, children), so that what is entered here stays here.
        own = vars(module).items()
        twin.__dict__ = {name: copy.copy(value) if isinstance(value, dict) else value for name, value in own}
        for name, weight in module._parameters.items():
            twin._parameters[name] = None if weight is None else _weight(weight, seen, share)
        for name, buffer in module._buffers.items():
            twin._buffers[name] = buffer if buffer is None or share else buffer.detach().clone()
        for name, child in module._modules.items():
            twin._modules[name] = None if child is None else _copied(child, seen, share)
    return seen[id(module)]


def _weight(weight: nn.Parameter, seen: dict[int, nn.Module], share: bool) -> nn.Parameter:
    if id(weight) not in seen:  # tied weights stay tied
        data = weight.detach()
        seen[id(weight)] = nn.Parameter(data if share else data.clone(), requires_grad=False)  # type: ignore[assignment]
    return seen[id(weight)]  # type: ignore[return-value]
