"""What workspaces share: the state that survives switching between them, and the models of this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

if TYPE_CHECKING:
    from apps.shelf import Shelf


@dataclass(frozen=True)
class Session:
    """Handed to every workspace's `build`.

    Attributes:
        state: The page's state as a component. Its value is a dict with `model` (id of the model with the sliders),
            `card` (id of the classifier that Models shows instead of it, or None), `code` (list of floats or None),
            `range` (`percentile` or `full`), `compare` (id or None), `a`, `b` (codes or None), `workspace` (title) and
            `theme` (`light` or `dark`). As an input it tells what the user sees; as an output only the fields given
            change, so `lambda: {"model": "mnist/tc5", "code": code, "workspace": "Traverse"}` opens a code in Traverse.
            Events: `state.opened(...)` when a workspace comes to the front or the page has loaded,
            `state.switched(...)` when model or card have changed, `state.themed(...)` when light and dark were
            exchanged.
        shelf: The models of this process: `shelf.get("mnist/tc5")` loads or returns one (blocks; UnknownModelError for
            a name that is not in the catalogue, engine.checkpoints.CheckpointError for one that cannot be loaded);
            `shelf.latent_model` refuses classifiers, too.
    """

    state: gr.HTML
    shelf: Shelf

    def listen(self, event: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Gradio's own
        """`session.listen("opened", fn, inputs, outputs)`: the same as `session.state.opened(...)`, typed.

        Unlike Gradio's own, an event is not dropped when it comes before the one before it is answered.
        """
        return getattr(self.state, event)(*args, trigger_mode="multiple", api_visibility="private", **kwargs)


def looked_at(state: Mapping[str, Any]) -> str | None:
    """The model whose details Models shows: the one with the sliders, unless a classifier was chosen after it."""
    return state.get("card") or state.get("model")
