"""From starting the explorer to its first usable picture, in headless Chromium: `python benchmarks/cold_start.py`.

The clock starts with the process and is read when a picture with its sliders is on the page, and again when a slider
has been moved and a newly decoded picture has followed. The browser runs already, with an empty cache for every start.
Each app is started once, which fills the disk's cache and the app's own, and then again and again, in turns.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Browser, Page
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.live_page import START_LIMIT_S, chromium, served, wait_for
from benchmarks.report import JsonFile, report

GOAL_S = 6.0
EAGER = """
import sys
sys.path.insert(0, ".")
from apps.explorer import LAUNCH_KW, SHELF, demo
from apps.gradio_app.browser import default_model
SHELF.get(default_model(SHELF))
demo.launch(**LAUNCH_KW)
"""
EMPTY = """
import gradio as gr
with gr.Blocks(analytics_enabled=False) as demo:
    gr.Markdown("ready", elem_id="ready")
demo.launch()
"""

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Wait = Callable[[Page], None]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One app to start: the interpreter's arguments, and what to wait for on its page (None: nothing more)."""

    title: str
    arguments: tuple[str, ...]
    picture: Wait
    follows: Wait | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """Starts of one app; seconds since its process was started.

    Attributes:
        app: Which one.
        repeats: Starts after the first.
        first_s: The first start, to the picture.
        picture_s: Median of the later starts, to the picture.
        longest_s: The longest of them.
        follows_s: Median of the later starts, until a moved slider had its picture; None where there is no slider.
        ratio: Its `picture_s` / the explorer's; above 1 means that the explorer is faster.
        goal_met: Whether every later start was under 6 s.
    """

    app: str
    repeats: int
    first_s: float
    picture_s: float
    longest_s: float
    follows_s: float | None
    ratio: float
    goal_met: bool


def _first_picture(page: Page) -> None:
    """Sliders, and a picture that is not one flat colour."""
    page.wait_for_function(
        """() => {
            const canvas = document.querySelector(".latent-canvas")?.shadowRoot.querySelector("canvas");
            if (!canvas || canvas.width < 2 || !canvas.getRootNode().querySelector("input[type=range]")) return false;
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.some((value, k) => k % 4 < 3 && value !== data[k % 4]);
        }""",
        timeout=1000 * START_LIMIT_S,
    )


def _slider_follows(page: Page) -> None:
    before = int(page.locator(".latent-canvas").get_attribute("data-frames") or 0)
    page.locator(".latent-canvas input[type=range]").first.press("End")
    page.wait_for_function(
        "n => Number(document.querySelector('.latent-canvas').dataset.frames) > n",
        arg=before,
        timeout=1000 * START_LIMIT_S,
    )


def _text(page: Page) -> None:
    page.locator("#ready").get_by_text("ready").wait_for(timeout=1000 * START_LIMIT_S)


KINDS = (
    Kind(title="explorer", arguments=("apps/explorer.py",), picture=_first_picture, follows=_slider_follows),
    Kind(
        title="baseline: explorer that loads torch and its first model before it serves",
        arguments=("-c", EAGER),
        picture=_first_picture,
        follows=_slider_follows,
    ),
    Kind(title="floor: Gradio page with one word", arguments=("-c", EMPTY), picture=_text),
)


@app.command()
def compare(
    repeats: Annotated[int, typer.Option(min=1, help="Starts of each app after the first.")] = 3,
    file: JsonFile = None,
) -> None:
    """Starts the explorer, the same app made to load everything first, and an empty Gradio page."""
    seconds: dict[str, list[tuple[float, float | None]]] = {kind.title: [] for kind in KINDS}
    order = [kind for _ in range(repeats + 1) for kind in KINDS]
    with tempfile.TemporaryDirectory(prefix="latent-explorer-cold-start-") as cache, chromium() as browser:
        for kind in track(order, description="Starting", transient=True):
            folder = Path(cache) / str(KINDS.index(kind))  # one app's cache must not help another
            seconds[kind.title].append(_start(kind, browser, folder))
    results = _results(seconds)
    report(_table(results), results, file)


def _start(kind: Kind, browser: Browser, cache: Path) -> tuple[float, float | None]:
    """Seconds to the picture and to the picture after a move."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        start = time.perf_counter()
        with served(kind.arguments, {"LATENT_EXPLORER_CACHE": str(cache)}) as url:
            wait_for(url)
            page.goto(url, wait_until="commit")
            kind.picture(page)
            picture_s = time.perf_counter() - start
            if kind.follows is None:
                return picture_s, None
            kind.follows(page)
            follows_s = time.perf_counter() - start
            wait_for(f"{url}explorer/health", text='"ready":true')  # by then it has kept its first view
            return picture_s, follows_s


def _results(seconds: dict[str, list[tuple[float, float | None]]]) -> list[Result]:
    medians = {title: statistics.median(picture for picture, _ in runs[1:]) for title, runs in seconds.items()}
    results = []
    for title, runs in seconds.items():
        later = [picture for picture, _ in runs[1:]]
        follows = [after for _, after in runs[1:] if after is not None]
        results.append(
            Result(
                app=title,
                repeats=len(later),
                first_s=runs[0][0],
                picture_s=medians[title],
                longest_s=max(later),
                follows_s=statistics.median(follows) if follows else None,
                ratio=medians[title] / medians[KINDS[0].title],
                goal_met=max(later) < GOAL_S,
            )
        )
    return results


def _table(results: list[Result]) -> Table:
    columns = ("app", "first start", "later starts", "longest", "slider followed", f"< {GOAL_S:.0f} s", "ratio")
    table = Table(*columns, caption="Seconds from the start of the process to the first picture on the page.")
    for r in results:
        times = (f"{r.first_s:.1f} s", f"{r.picture_s:.1f} s", f"{r.longest_s:.1f} s")
        follows = "" if r.follows_s is None else f"{r.follows_s:.1f} s"
        table.add_row(r.app, *times, follows, "yes" if r.goal_met else "no", f"{r.ratio:.2f}")
    return table


if __name__ == "__main__":
    app()
