"""The figures of one model: its training curve, what its latents know or its classes are taken for, and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from engine.checkpoints import Card
    from engine.figures import Theme

NUM_RECONSTRUCTIONS = 10


def curve_figure(card: Card, theme: Theme) -> go.Figure:
    """The losses its run logged, or why there are none."""
    from engine.figures import model_color, notice, training_curve
    from engine.training.log import read

    path = card.folder / "log.csv"
    if card.config["kind"] == "formula":
        return notice("This model is a formula: nothing was trained.", theme=theme)
    rows = read(path) if path.is_file() else []
    if not rows:
        return notice("This checkpoint carries no training log.", theme=theme)
    return training_curve(rows, color=model_color(card.config["id"]), theme=theme)


def knowledge_figure(card: Card, theme: Theme) -> go.Figure:
    """Latents against true factors in bits, a classifier's classes against the true ones, or why there is neither."""
    return _answers(card, theme) if card.config["kind"] == "classifier" else _information(card, theme)


def _answers(card: Card, theme: Theme) -> go.Figure:
    from engine.figures import attribute_scores, confusion, model_color, notice

    classes = card.config["classes"]
    if "confusion_matrix" in card.metrics:
        return confusion(card.metrics["confusion_matrix"]["value"], classes=classes, theme=theme)
    if "confusion_matrices" in card.metrics:
        counts, color = card.metrics["confusion_matrices"]["value"], model_color(card.config["id"])
        return attribute_scores(counts, attributes=classes, theme=theme, color=color)
    return notice("This classifier came without a data set, so that nothing was measured.", theme=theme)


def _information(card: Card, theme: Theme) -> go.Figure:
    from engine.data import find_dataset
    from engine.figures import mi_matrix, notice

    measured = card.metrics.get("mi_matrix")
    dataset = card.config["dataset"]
    known = find_dataset(dataset)
    factors = () if known is None else known.factor_names
    if measured is None:
        why = "this model has no encoder" if factors else f"the true factors of {dataset} are not known"
        return notice(f"No mutual information was measured: {why}.", theme=theme)
    matrix = measured["value"]
    mig = card.metrics.get("mig", {}).get("value")
    fitting = factors if len(factors) == len(matrix[0]) else ()
    return mi_matrix(matrix, latents=latent_names(card, len(matrix)), factors=fitting, mig=mig, theme=theme)


def reconstruction_figure(model: Any, theme: Theme) -> go.Figure:  # noqa: ANN401 - a loaded model of any family
    """Held-out examples, what the model makes of their codes, and the difference; a classifier has none."""
    from engine.data import find_dataset
    from engine.explain import decode_in_batches
    from engine.figures import model_color, notice, reconstructions

    codes = model.examples.codes
    if codes is None:
        return notice("A classifier reconstructs nothing: it maps pictures to classes.", theme=theme)
    dataset = find_dataset(model.dataset)
    if dataset is not None and not dataset.shareable:
        why = f"pictures of {dataset.title} may not travel, so its examples are what it made of them"
        return notice(f"There is nothing to compare with: {why}.", theme=theme)
    x = model.examples.x[:NUM_RECONSTRUCTIONS]
    x_hat = decode_in_batches(model, codes[: len(x)]).x
    return reconstructions(x, x_hat, model.space, theme=theme, color=model_color(model.id), cell=76)


def latent_names(card: Card, count: int) -> list[str]:
    """Names of the continuous latents in the code's own order, as the sliders call them."""
    start = sum(part["size"] for part in card.config.get("layout", ()) if part["kind"] == "onehot")
    names = {axis["indices"][0]: axis["name"] for axis in card.config["axes"] if axis["kind"] == "continuous"}
    return [names.get(start + k, f"z{k + 1}") for k in range(count)]
