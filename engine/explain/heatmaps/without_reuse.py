"""A network rewired so that every activation is a module of its own, as the rules of DeepLIFT, LRP and others need."""

from __future__ import annotations

import operator
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from engine.explain.heatmaps.subject import UnsuitableModelError
from engine.models.private_copy import private_copy

_TRACING = threading.Lock()  # torch.fx patches torch.nn while it traces and could not put back what two of them patched


@dataclass(frozen=True)
class Rewired:
    """A network that computes the same.

    Attributes:
        network: Its modules are private, each is called once, none works in place; weights are the original's.
        notes: What had to be changed, in sentences; empty if nothing was.
    """

    network: fx.GraphModule
    notes: tuple[str, ...]


class Add(nn.Module):
    """The sum of two tensors of a network, as a module."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """The sum."""
        return a + b


class Rescale(nn.Module):
    """Arithmetic of one tensor with constants, such as the normalisation of pictures, as a module.

    Args:
        call: The function of two arguments.
        values: Its arguments, with None where the tensor belongs.
    """

    def __init__(self, call: Callable[..., Tensor], values: tuple[Any, ...]) -> None:
        super().__init__()
        self.call, self.values = call, values

    def forward(self, x: Tensor) -> Tensor:
        """The same arithmetic."""
        return self.call(*(x if value is None else value for value in self.values))


def without_reuse(network: nn.Module, example: Tensor, *, sums: bool = False) -> Rewired:
    """Rewires a network by tracing it: functions become modules, a module called twice becomes two.

    Args:
        network: Any network that can be traced; left alone.
        example: A picture it takes, (1, C, H, W): conditions on shapes are decided for it.
        sums: Turn sums of two tensors into `Add` and arithmetic with constants into `Rescale`, too.

    Raises:
        UnsuitableModelError: If it cannot be traced.
    """
    network = private_copy(network)
    graph = _trace(network, example)
    with torch.no_grad():
        _Watched(network, graph=graph).run(example.clone())
    parts: dict[str, Any] = {}
    calls: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for node in list(graph.nodes):
        if node.op == "call_module":
            calls[node.target] += 1
            node.target = _filed(parts, node, network.get_submodule(node.target))
        elif node.op == "get_attr":
            # Under a name without dots, for which torch.fx makes no bare modules: LRP would find no rule for them.
            parts[node.name] = operator.attrgetter(node.target)(network)
            node.target = node.name
        elif node.op in ("call_function", "call_method"):
            _rewire(node, parts, functions, sums)
    graph.lint()
    reused = [name for name, count in calls.items() if count > 1]
    return Rewired(fx.GraphModule(parts, graph).eval(), _notes(reused, functions))


class _Tracer(fx.Tracer):
    def __init__(self, example: Tensor) -> None:
        super().__init__()
        self.example = example

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:  # noqa: ANN401 - a proxy, or what the module returns
        """Records calls on what is traced; all others just happen.

        While it traces, torch.fx reroutes the calls of every module there is, those of other threads as well.
        """
        if any(isinstance(value, fx.Proxy) for value in (*args, *kwargs.values())):
            return super().call_module(m, forward, args, kwargs)
        return forward(*args, **kwargs)

    def to_bool(self, obj: fx.Proxy) -> bool:
        """Decides a condition by running what was traced so far."""
        graph = fx.Graph()
        copies: dict[fx.Node, fx.Node] = {}
        for node in self.graph.nodes:
            copies[node] = graph.node_copy(node, lambda known: copies[known])
            if node is obj.node:
                break
        graph.output(copies[obj.node])
        with torch.no_grad():
            return bool(fx.GraphModule(self.root, graph)(self.example.clone()))


class _Watched(fx.Interpreter):
    def run_node(self, n: fx.Node) -> object:
        """Notes which steps give tensors: sizes are computed with, too."""
        result = super().run_node(n)
        n.meta["tensor"] = isinstance(result, Tensor)
        return result


def _trace(network: nn.Module, example: Tensor) -> fx.Graph:
    try:
        with _TRACING:
            return _Tracer(example).trace(network)
    except Exception as error:  # whatever a forward does that cannot be followed
        raise UnsuitableModelError(
            f"This method needs the network rewired, and its forward cannot be traced ({error}). Choose another "
            "method, or write the forward without conditions on values."
        ) from error


def _rewire(node: fx.Node, parts: dict[str, Any], functions: Counter[str], sums: bool) -> None:
    nodes = [value for value in node.args if isinstance(value, fx.Node) and value.op != "get_attr"]
    tensors = [value for value in nodes if value.meta["tensor"]]
    if node.target in _IN_PLACE:
        node.op, node.target = "call_function", _IN_PLACE[node.target]
    if node.target in _ACTIVATIONS:
        module = _ACTIVATIONS[node.target](*node.args[1:], **node.kwargs)
        functions[type(module).__name__] += 1
        _call(node, _filed(parts, node, module), tensors[:1])
    elif sums and node.target in _SUMS and len(tensors) == 2 and not node.kwargs:
        _call(node, _filed(parts, node, Add()), tensors)
    elif sums and node.target in _ARITHMETIC and len(nodes) == len(tensors) == 1 and not node.kwargs:
        values = tuple(None if value is tensors[0] else _constant(value, parts) for value in node.args)
        _call(node, _filed(parts, node, Rescale(node.target, values)), tensors)


def _constant(value: Any, parts: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a number or a tensor
    return parts[str(value.target)] if isinstance(value, fx.Node) else value


def _call(node: fx.Node, target: str, values: list[Any]) -> None:
    node.op, node.target, node.args, node.kwargs = "call_module", target, tuple(values), {}


def _filed(parts: dict[str, Any], node: fx.Node, module: nn.Module) -> str:
    parts[node.name] = private_copy(module)  # no two nodes share their name
    return node.name


def _notes(reused: list[str], functions: Counter[str]) -> tuple[str, ...]:
    notes = []
    if reused:
        shown = ", ".join(reused[:3]) + (" and others" if len(reused) > 3 else "")
        notes.append(f"Modules that are called more than once ({shown}) were given a copy for each call.")
    if functions:
        counted = ", ".join(f"{count} × {name}" for name, count in sorted(functions.items()))
        notes.append(f"Functions were turned into modules ({counted}).")
    return tuple(notes)


def _max_pool(
    kernel_size: int,
    stride: int | None = None,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> nn.Module:
    return nn.MaxPool2d(kernel_size, stride, padding, dilation, return_indices, ceil_mode)


def _softmax(dim: int | None = None, *_: object, **__: object) -> nn.Module:
    return nn.Softmax(dim)


def _elu(alpha: float = 1.0, inplace: bool = False) -> nn.Module:
    return nn.ELU(alpha)


def _leaky_relu(negative_slope: float = 0.01, inplace: bool = False) -> nn.Module:
    return nn.LeakyReLU(negative_slope)


def _plain(kind: type[nn.Module]) -> Callable[..., nn.Module]:
    return lambda *_, **__: kind()


_ACTIVATIONS: Mapping[Any, Callable[..., nn.Module]] = MappingProxyType(
    {
        **dict.fromkeys((F.relu, F.relu_, torch.relu, torch.relu_, "relu", "relu_"), _plain(nn.ReLU)),
        **dict.fromkeys((F.sigmoid, torch.sigmoid, "sigmoid"), _plain(nn.Sigmoid)),
        **dict.fromkeys((F.tanh, torch.tanh, "tanh"), _plain(nn.Tanh)),
        **dict.fromkeys((F.max_pool2d, torch.max_pool2d), _max_pool),
        **dict.fromkeys((F.softmax, torch.softmax, "softmax"), _softmax),
        F.elu: _elu,
        F.leaky_relu: _leaky_relu,
        F.softplus: nn.Softplus,
    }
)
_IN_PLACE: Mapping[Any, Any] = MappingProxyType(
    {operator.iadd: operator.add, operator.isub: operator.sub, operator.imul: operator.mul,
     operator.itruediv: operator.truediv, "add_": torch.add}
)  # fmt: skip
_SUMS = frozenset((operator.add, torch.add, "add"))
_ARITHMETIC = frozenset((operator.add, operator.sub, operator.mul, operator.truediv, torch.add, torch.sub, torch.mul))
