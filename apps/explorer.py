"""The workbench: `gradio apps/explorer.py` or `python apps/explorer.py`; also the app file of a Space."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported: no request to anybody
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from apps.gradio_app.frame import build, launch_options
from apps.shelf import Shelf
from apps.startup import chosen_device, or_exit
from engine import settings

# `gradio` runs this file twice, so nothing heavy happens here: models load when the server has started.
SHELF = Shelf(device=or_exit(chosen_device))
demo = build(SHELF)
LAUNCH_KW = {**launch_options(SHELF), "inbrowser": or_exit(settings.open_browser)}

if __name__ == "__main__":
    demo.launch(**LAUNCH_KW)
