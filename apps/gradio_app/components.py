"""Components of this app's own: a script, a style and a template in `page/` that bear one name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

PAGE = Path(__file__).with_name("page")


def page_component(name: str, **options: Any) -> gr.HTML:  # noqa: ANN401 - passed on to gr.HTML
    """The component that `page/<name>.js` draws into `page/<name>.html`, or an empty element of class `lx-<name>`.

    The script is the body of gr.HTML's js_on_load; without one the value itself is the content.

    Args:
        name: Of the files.
        options: Passed on to gr.HTML.
    """
    template = _text(name, "html") or f'<div class="lx-{name}"></div>'
    return gr.HTML(
        None,
        html_template=template,
        css_template=_text(name, "css"),
        js_on_load=_text(name, "js") or None,
        apply_default_css=False,
        **options,
    )


def _text(name: str, suffix: str) -> str:
    path = PAGE / f"{name}.{suffix}"
    return path.read_text(encoding="utf-8") if path.is_file() else ""
