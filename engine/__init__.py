"""Latent Explorer's engine: trained latent models, what they do, and why.

    data -> models -> objectives -> training -> checkpoints -> explain, metrics, study -> figures -> apps, scripts

Each stage imports only from those to its left; `interfaces`, `registry`, `images` and `settings` serve all. Importing
this package loads none of them:

    import engine

    for entry in engine.catalog():
        print(entry.id, entry.title, entry.metrics)
    model = engine.load("mnist/tc5")            # catalogue id, folder, or a repository of the Hub
    x_hat = model.decode(model.examples.codes)  # (N, D) -> (N, C, H, W)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.checkpoints import catalog, load

__all__ = ["catalog", "load"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what is asked for
    if name not in __all__:
        raise AttributeError(f"module 'engine' has no attribute {name!r}; it offers {__all__}.")
    from engine import checkpoints  # here: stages are loaded when first used

    return getattr(checkpoints, name)
