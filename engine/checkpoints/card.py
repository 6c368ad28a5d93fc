"""The model card: README.md with what the model is, its metrics beside the paper's, how to load it, and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.checkpoints.config import axes_of_config
from engine.checkpoints.config_fields import is_number
from engine.checkpoints.examples import Examples
from engine.data import find_dataset
from engine.images import encode_png, grid, to_uint8
from engine.interfaces import Axis
from engine.models.middle import middle
from engine.models.walk import positions, walk

_SIDE = 256
_STEPS = 11
_ROWS = 8


def card_files(
    model: nn.Module, config: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Any]], examples: Examples
) -> dict[str, bytes]:
    """README.md and its pictures, by file name.

    Args:
        model: The trained network.
        config: The content of `config.json`.
        metrics: The content of `metrics.json`.
        examples: What the pictures start from.
    """
    pictures = _pictures(model, config, examples)
    return {"README.md": readme(config, metrics, tuple(pictures)).encode(), **pictures}


def readme(config: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Any]], pictures: tuple[str, ...] = ()) -> str:
    """The card as Markdown with the Hub's front matter."""
    return "\n".join(
        [
            *_front_matter(config),
            f"# {config['dataset']}: {config['title']}",
            "",
            *_about(config),
            *(f"![{CAPTIONS[name]}]({name})\n\n{CAPTIONS[name]}\n" for name in pictures),
            "## Metrics",
            "",
            *_table(metrics),
            "",
            "## Use",
            "",
            "```python",
            "import engine",
            "",
            f'model = engine.load("{config["id"]}")  # or this folder, or "owner/repo/{config["id"]}"',
            *_use(config),
            "```",
            "",
        ]
    )


CAPTIONS = {  # in the order of the card
    "samples.png": "Samples of the model, truncated as its own samples are.",
    "reconstructions.png": "Held-out examples (upper rows) and what the model makes of their codes (lower rows).",
    "traversal.png": "One axis a row, from its 0.5th to its 99.5th percentile; the others in the middle.",
    "directions.png": "One learned direction a row, moved in steps along it.",
}
_USE = {
    "latent": [
        "x_hat = model.decode(model.examples.codes[:8])",
        "print(model.axes[0].name, model.axes[0].low, model.axes[0].high)",
    ],
    "formula": ["x = model.decode(model.examples.codes[:8])"],
    "classifier": ["probabilities = model.probabilities(model.examples.x[:8])"],
}


def _use(config: Mapping[str, Any]) -> list[str]:
    if config["kind"] == "classifier" and not config["examples"]["count"]:
        shape = ", ".join(map(str, config["space"]["shape"]))
        return [f"probabilities = model.probabilities(x)  # x: pictures, (N, {shape}), values in [0, 1]"]
    if config["kind"] == "latent" and not config["axes"]:
        return _USE["formula"]
    return _USE[config["kind"]]


def _front_matter(config: Mapping[str, Any]) -> list[str]:
    tags = ["latent-explorer", config["dataset"], config["kind"], config["network"]["name"]]
    # What others trained, and what was trained on data with terms of their own, is not ours to give away freely.
    licence = "other" if "imported_from" in config["training"] or not _travels(config) else "mit"
    head = ["---", f"license: {licence}", "library_name: latent-explorer"]
    return [*head, "tags:", *(f"- {tag}" for tag in tags), "---", ""]


def _about(config: Mapping[str, Any]) -> list[str]:
    options = ", ".join(f"{name} {value}" for name, value in config["network"]["options"].items() if name != "classes")
    training = config["training"]
    facts = [f"{name.replace('_', ' ')} {_short(value)}" for name, value in training.items() if _is_plain(value)]
    rows = [
        ("Network", f"`{config['network']['name']}`" + (f" ({options})" if options else "")),
        ("Parameters", f"{config['parameters']:,}, stored as {config['weights']['dtype']}"),
        ("Preset", f"{config['preset']}. {config['note']}" if config["note"] else config["preset"]),
        ("Data", _data(config)),
        ("Training", ", ".join(facts)),
        ("Left out", ", ".join(f"`{name}`" for name in config["weights"]["left_out"])),
        ("Stands on", ", ".join(config["needs"])),
        ("Source", config["source"]),
    ]
    return ["| | |", "|---|---|", *(f"| {name} | {_cell(text)} |" for name, text in rows if text), ""]


def _data(config: Mapping[str, Any]) -> str:
    """What it was trained and judged on, and under which terms; empty for a data set nobody knows any more."""
    dataset = find_dataset(config["dataset"])
    if dataset is None or "imported_from" in config["training"]:  # whose data set is only what it is shown with
        return ""
    row = config["recipe"] or {}
    splits = f", trained on `{row.get('split', 'train')}`, judged on `{row.get('test', 'test')}`"
    examples = "" if dataset.shareable else " No picture of it travels with this model: its examples are generated."
    return f"{dataset.title} (`{config['dataset']}`){splits}. {dataset.citation}. Terms: {dataset.licence}.{examples}"


def _travels(config: Mapping[str, Any]) -> bool:
    """Whether pictures of its data set may travel with it."""
    dataset = find_dataset(config["dataset"])
    return dataset is None or dataset.shareable


def _table(metrics: Mapping[str, Mapping[str, Any]]) -> list[str]:
    numbers = {name: row for name, row in metrics.items() if is_number(row.get("value"))}
    if not numbers:
        return ["None was measured."]
    lines = ["| metric | value | published | unit | definition |", "|---|---:|---:|---|---|"]
    for name, row in numbers.items():
        paper = _short(row["paper_value"]) if is_number(row.get("paper_value")) else "–"
        texts = [_cell(text) for text in (name, row.get("unit", ""), row.get("definition", ""))]
        lines.append(f"| {texts[0]} | {_ranged(row)} | {paper} | {texts[1]} | {texts[2]} |")
    return lines


@torch.inference_mode()
def _pictures(model: nn.Module, config: Mapping[str, Any], examples: Examples) -> dict[str, bytes]:
    if config["kind"] == "classifier" or config["space"]["kind"] != "image" or examples.codes is None:
        return {}
    was_training = model.training
    model.eval()
    codes = examples.codes.to(next(model.parameters()).device)
    files = {}
    if config["prior"] == "style":  # the examples are samples
        x = examples.x[:32].cpu()
        files["samples.png"] = _png(functional.adaptive_avg_pool2d(x, min(x.shape[-1], _SIDE)), columns=8)
    elif _travels(config):  # else the examples are reconstructions themselves
        files["reconstructions.png"] = _png(_reconstructions(model, examples.x[:16], codes[:16]), columns=8)
    axes = axes_of_config(config)
    if axes:
        rows = traversal_rows(axes, codes)
        columns = max(len(row) for row in rows)
        pictures = torch.cat([_row_of_pictures(model, row, columns) for row in rows])
        files["traversal.png"] = _png(pictures, columns=columns)
    model.train(was_training)
    return files


def _reconstructions(model: nn.Module, x: Tensor, codes: Tensor) -> Tensor:
    x_hat = model.decode(codes).cpu()  # type: ignore[operator]
    return torch.cat([x[:8].cpu(), x_hat[:8], x[8:].cpu(), x_hat[8:]])


def traversal_rows(axes: Sequence[Axis], codes: Tensor) -> list[Tensor]:
    """Codes of the traversal picture, (V, D) a row: walks through the middle, every option once for a category."""
    z = middle(axes, codes.median(dim=0).values)
    return [walk(axis, z, positions(axis, _STEPS)).codes for axis in axes[:_ROWS]]


def _row_of_pictures(model: nn.Module, z: Tensor, columns: int) -> Tensor:
    """What the codes draw, and grey places up to the number of columns."""
    x = model.decode(z).cpu()  # type: ignore[operator]
    return torch.cat([x, x.new_full((columns - len(x), *x.shape[1:]), 0.5)])


def _png(x: Tensor, *, columns: int) -> bytes:
    return encode_png(to_uint8(grid(x, columns=columns)[None])[0])


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _ranged(row: Mapping[str, Any]) -> str:
    """A number with its 95 % interval, where it has one."""
    ends = row.get("interval")
    return _short(row["value"]) + (f" ({_short(ends[0])} to {_short(ends[1])})" if ends else "")


def _short(value: Any) -> str:  # noqa: ANN401 - numbers and words
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
