"""A checkpoint's README as HTML that asks for nothing outside the page and runs nothing."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

_PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
_LARGEST = 4_000_000  # bytes of a picture, or of the text


def card_html(folder: Path) -> str:
    """The model card of a checkpoint folder, ready for a page.

    Checkpoints may come from strangers: HTML in the text is shown as text, pictures are taken from the folder itself
    and from nowhere else, links open in a tab of their own and only lead to http(s).

    Args:
        folder: The checkpoint folder; a missing README is said to be missing.
    """
    path = folder / "README.md"
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return f"<p>This checkpoint has no readable model card ({html.escape(path.name)}).</p>"
    return markdown_html(_without_front_matter(path.read_text(encoding="utf-8", errors="replace")), folder)


def markdown_html(text: str, folder: Path) -> str:
    """CommonMark with tables as HTML, under the rules of `card_html`."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                child.attrs["src"] = _embedded(folder, str(child.attrs.get("src", "")))
                child.attrs["loading"] = "lazy"
            elif child.type == "link_open":
                _keep_outside(child)
    return str(parser.renderer.render(tokens, parser.options, {}))


def _embedded(folder: Path, name: str) -> str:
    """A picture of the folder as data; an empty picture for anything else."""
    from base64 import b64encode

    path = folder / name
    kind = _PICTURES.get(path.suffix.lower())
    if Path(name).name != name or kind is None or not path.is_file() or path.stat().st_size > _LARGEST:
        return "data:,"
    return f"data:{kind};base64,{b64encode(path.read_bytes()).decode('ascii')}"


def _keep_outside(link: Any) -> None:  # noqa: ANN401 - a token of markdown-it
    if not str(link.attrs.get("href", "")).startswith(("http://", "https://")):
        link.attrs["href"] = "#"
    link.attrs.update({"target": "_blank", "rel": "noopener noreferrer"})


def _without_front_matter(text: str) -> str:
    if not text.startswith("---\n"):
        return text
    _, _, rest = text[4:].partition("\n---\n")
    return rest or text
