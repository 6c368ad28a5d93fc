"""Serves the studies of a folder, without the workbench: `python quiz_server.py PORT FOLDER`; answers go there, too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
import uvicorn
from starlette.applications import Starlette

from apps.quiz.routes import quiz_routes
from apps.quiz.service import Quiz
from apps.quiz.shelf import StudyShelf
from apps.shelf import Shelf
from engine.study.store import Store


def main(port: int, folder: Path) -> None:
    """Runs until killed."""
    torch.set_num_threads(1)
    with Store.open(folder / "studies.sqlite") as store:
        quiz = Quiz(Shelf(device="cpu"), StudyShelf(folder=lambda: folder), _store=store)
        uvicorn.run(Starlette(routes=quiz_routes(quiz)), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
