"""The window: model browser at the left, the workspace in front, a status line below; workspaces register here.

To add a workspace, write `apps/gradio_app/<name>_panel.py` with `build(session: Session) -> Any`, which creates Gradio
components in the current block and wires them, and add it to `WORKSPACES`. It fills the place right of the model
browser, without page scroll (give long content its own scrolling column). All workspaces are built once and stay
mounted; the ones behind are hidden. `Session` tells how to share the model and its code.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from apps.gradio_app import (
    explain_panel,
    first_view,
    hypotheses_panel,
    models_panel,
    quiz_panel,
    study_panel,
    traverse_panel,
)
from apps.gradio_app.routes import PAGE, QUIZ, explorer_routes
from apps.gradio_app.session import Session
from apps.shelf import Shelf

# (title, build): the title is the tab and the deep link's `workspace`.
WORKSPACES: tuple[tuple[str, Callable[[Session], Any]], ...] = (
    ("Traverse", traverse_panel.build),
    ("Explain", explain_panel.build),
    ("Hypotheses", hypotheses_panel.build),
    ("Quiz", quiz_panel.build),
    ("Study", study_panel.build),
    ("Models", models_panel.build),
)
STYLES = ("explorer.css", "models.css", "explain.css", "hypotheses.css", "style_matrix.css", "study.css")
HOST_JS = Path(__file__).with_name("frame_host.js")


def build(shelf: Shelf) -> gr.Blocks:
    """The whole page; loads no model and imports no torch.

    Args:
        shelf: The models that its workspaces and routes use.
    """
    titles = [title for title, _ in WORKSPACES]
    with gr.Blocks(
        title="Latent Explorer", fill_height=True, fill_width=True, analytics_enabled=False, delete_cache=(600, 3600)
    ) as demo:
        state = gr.HTML(
            {"model": None, "card": None, "code": None, "workspace": titles[0], "theme": "light"},
            html_template='<div id="lx-top-content"></div>',
            js_on_load=HOST_JS.read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id="lx-top",
            first=first_view.read() or {},
            workspaces=titles,
        )
        session = Session(state=state, shelf=shelf)
        with gr.Row(elem_id="lx-body"):
            _place("lx-browser")
            with gr.Column(elem_id="lx-stage"):
                for title, build_workspace in WORKSPACES:
                    classes = ["lx-workspace"] if title == titles[0] else ["lx-workspace", "lx-behind"]
                    with gr.Column(elem_id=f"lx-workspace-{title.lower()}", elem_classes=classes):
                        build_workspace(session)
        _place("lx-status")
    return demo


def launch_options(shelf: Shelf) -> dict[str, Any]:
    """The one set of options for `launch`, however the app is started."""
    return {
        "app_kwargs": {"routes": explorer_routes(shelf)},
        "css_paths": [*(PAGE / name for name in STYLES), QUIZ / "quiz.css"],
        "theme": gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        "footer_links": [],
        "max_file_size": "25mb",
        "strict_cors": True,
        "ssr_mode": False,
        "mcp_server": False,
        "enable_monitoring": False,
        "run_history": False,
        "show_error": False,
    }


def _place(name: str) -> gr.HTML:
    template = f'<div id="{name}-content"></div>'
    return gr.HTML(html_template=template, js_on_load=None, apply_default_css=False, elem_id=name)
