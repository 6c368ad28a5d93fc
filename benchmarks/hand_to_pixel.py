"""A dragged slider in headless Chromium, against gr.Slider -> gr.Image: `python benchmarks/hand_to_pixel.py`.

Latency runs from the slider's input event to the first picture that takes it into account, so a move that was skipped
for a later one counts until the later one's picture. The canvas measures itself, up to the drawing of its pixels
(`performance.measure("hand-to-pixel")`); the baseline is measured from outside up to the load event of its image.
Neither includes the wait for the screen's next frame. Light decoders are dragged twice: drawn in the page by ONNX
Runtime Web, and with that turned off, by the server.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from playwright.sync_api import Browser, Page
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import engine
from benchmarks.live_page import chromium, drag, served, wait_for
from benchmarks.report import JsonFile, report
from engine.checkpoints import read_card

BASELINE = "gr.Slider.input(trigger_mode='always_last') -> gr.Image, queued as by default, alone on its page"
GOAL_MS = 33.0
VIEWPORT = {"width": 1280, "height": 800}
FILE_STATUS = """async (model) => {
    for (;;) {
        const { name } = await (await fetch(`canvas/onnx-name/${model}`)).json();
        const { status } = name ? await fetch(`canvas/onnx/${name}`) : { status: 404 };
        if (status !== 202) return status;
        await new Promise((done) => setTimeout(done, 1000));
    }
}"""

Floats = npt.NDArray[np.float64]

PROBE, QUEUE_PROBE = (Path(__file__).with_name(name).read_text() for name in ("probe.js", "queue_probe.js"))

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One way to wire the slider, over all drags.

    Attributes:
        inputs: Moves that reached the slider as input events.
        p50_ms: Median latency of a move.
        p95_ms: 95th percentile.
        max_ms: The longest.
        moves_per_s: Of the mouse, as they came; fewer than asked for on a busy machine.
        pictures_per_s: Drawn while the mouse was down, per second.
        unanswered: Moves after which no picture came within ten seconds; they have no latency.
    """

    inputs: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    moves_per_s: float
    pictures_per_s: float
    unanswered: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One decoder both ways, the two taking turns.

    Attributes:
        model: Name in the catalogue.
        axis: The slider.
        drags: Turns of each.
        moves: Mouse moves a drag.
        drag_s: Seconds that a drag was meant to last.
        baseline: What the canvas is compared with.
        page: The explorer's live canvas, drawing in the page; None for a decoder that the server draws.
        canvas: The same, drawing on the server.
        ordinary: The baseline.
        ratio_p95: Baseline / canvas on the server; above 1 is faster.
        goal_met: Whether the canvas' 95th percentile is below 33 ms and every move had its picture, both ways.
    """

    model: str
    axis: str
    drags: int
    moves: int
    drag_s: float
    baseline: str
    page: Side | None
    canvas: Side
    ordinary: Side
    ratio_p95: float
    goal_met: bool


@dataclass(frozen=True)
class Turn:
    """One drag: latencies in ms, NaN where no picture came; pictures drawn and seconds while the mouse was down."""

    latencies: Floats
    pictures: int
    held_s: float


@app.command()
def compare(
    only: Annotated[str, typer.Option(metavar="GLOB", help="Which decoders of the catalogue.")] = "*",
    drags: Annotated[int, typer.Option(min=1, help="Drags of each slider, each way.")] = 3,
    moves: Annotated[int, typer.Option(min=2, help="Mouse moves a drag.")] = 60,
    drag_s: Annotated[float, typer.Option("--seconds", min=0.1, help="Length of a drag.")] = 2.0,
    file: JsonFile = None,
) -> None:
    """Drags the most influential slider of every starter decoder with the mouse, here and in the baseline."""
    sliders = _sliders(only)
    ordinary = ["benchmarks/ordinary_sliders.py", *sliders]
    with served(["apps/explorer.py"]) as explorer, served(ordinary) as baseline, chromium() as browser:
        wait_for(f"{explorer}explorer/health", text='"ready":true')
        wait_for(f"{baseline}ready")
        shares = np.linspace(0.15, 0.85, moves + 1).tolist()
        results = []
        for name, (row, axis) in track(sliders.items(), description="Dragging", transient=True):
            turns = _turns(browser, (explorer, baseline), name, row, shares, drags, drag_s)
            results.append(_comparison(name, axis, turns, moves, drag_s))
    report(_table(results), results, file)


def _sliders(only: str) -> dict[str, tuple[int, str]]:
    """Model to row and name of its first slider, told from the catalogue without loading weights."""
    found = {}
    for entry in engine.catalog():
        if entry.error or entry.kind == "classifier" or entry.preset != "starter" or not fnmatch(entry.id, only):
            continue
        axes = read_card(entry.folder).config["axes"]
        found[entry.id] = next((k, axis["name"]) for k, axis in enumerate(axes) if axis["kind"] == "continuous")
    if not found:
        raise typer.BadParameter(f"no starter decoder of the catalogue matches {only!r}.")
    return found


def _turns(
    browser: Browser, urls: tuple[str, str], name: str, row: int, shares: Sequence[float], drags: int, drag_s: float
) -> dict[str, list[Turn]]:
    """Opens a page each way and drags in turns; a first short drag of each does not count.

    Returns:
        The turns by where pictures were drawn: `page`, missing where the decoder is too heavy; `server`; `baseline`.
    """
    on_canvas, on_baseline = f".latent-canvas .row >> nth={row} >> input[type=range]", "input[type=range]"
    with ExitStack() as stack:
        page, server, baseline = (stack.enter_context(browser.new_context(viewport=VIEWPORT)).new_page() for _ in "123")
        server.route("**/canvas/onnx-name/**", lambda route: route.fulfill(json={"name": None}))
        baseline.add_init_script(PROBE + QUEUE_PROBE)
        baseline.goto(f"{urls[1]}{name}/", wait_until="domcontentloaded")
        baseline.locator(on_baseline).wait_for(timeout=90_000)
        for one in (page, server):
            one.add_init_script(PROBE)
            one.goto(f"{urls[0]}#model={name}", wait_until="domcontentloaded")
            one.locator(on_canvas).wait_for(timeout=90_000)
        sides = {"server": (server, on_canvas, _canvas_turn), "baseline": (baseline, on_baseline, _ordinary_turn)}
        if _draws_itself(page, name, on_canvas):
            sides = {"page": (page, on_canvas, _canvas_turn), **sides}
        turns: dict[str, list[Turn]] = {side: [] for side in sides}
        for turn in range(drags + 1):
            there = list(shares if turn % 2 else shares[::-1])
            for side, (tab, slider, read) in sides.items():
                tab.bring_to_front()
                tab.evaluate("seen.since()")
                drag(tab, slider, there if turn else there[:: max(1, len(there) // 8)], drag_s if turn else 0.4)
                result = read(tab)
                if turn:
                    turns[side].append(result)
        return turns


def _draws_itself(page: Page, name: str, slider: str) -> bool:
    """Waits for the decoder's ONNX file, then until the page draws with it; false where the server will always draw."""
    status = page.evaluate(FILE_STATUS, name)
    if status != 200:
        return False
    for _ in range(150):
        page.locator(slider).press("ArrowRight")
        page.wait_for_timeout(200)
        if page.evaluate("document.querySelector('.latent-canvas').latentCanvas.stats().where") == "page":
            return True
    raise RuntimeError(f"The page never drew {name} by itself, and its file is there; look at the browser's console.")


def _canvas_turn(page: Page) -> Turn:
    page.wait_for_function("document.querySelector('.latent-canvas').latentCanvas.settled()")
    page.wait_for_timeout(100)  # the observer is told a little later
    seen = page.evaluate("seen")
    ends = {round(start + duration, 3) for start, duration in seen["measures"]}  # one picture may answer many moves
    latencies = [duration for _, duration in seen["measures"]]
    unanswered = max(0, len(seen["inputs"]) - len(latencies))
    return _turn(seen, latencies + [np.nan] * unanswered, sorted(ends))


def _ordinary_turn(page: Page, limit_ms: int = 10_000) -> Turn:
    """Waits until the page has been quiet for a second, then pairs moves with the pictures that answered them."""
    quiet = 0
    count = -1
    for _ in range(limit_ms // 250):
        page.wait_for_timeout(250)
        now = page.evaluate("Object.keys(seen.joins).length + Object.keys(seen.done).length + seen.loads.length")
        waiting = page.evaluate("Object.keys(seen.joins).some((id) => !(id in seen.done))")
        quiet, count = (quiet + 1 if now == count and not waiting else 0), now
        if quiet == 4:
            break
    seen = page.evaluate("seen")
    answers = _answers(seen)
    latencies = [min((at for sent, at in answers if sent >= stamp), default=np.nan) - stamp for stamp in seen["inputs"]]
    return _turn(seen, latencies, sorted({at for _, at in answers}))


def _answers(seen: dict[str, Any]) -> list[tuple[float, float]]:
    """When a value was sent and when its picture was there; the same picture twice is there at once."""
    found = []
    for event, (path, done) in sorted(seen["done"].items(), key=lambda item: item[1][1]):
        if event not in seen["joins"]:
            continue
        loads = [at for source, at in seen["loads"] if path and source.endswith(path)]
        later = [at for at in loads if at >= done]
        on_screen = [source for source, at in seen["loads"] if at < done]
        if later:
            found.append((seen["joins"][event], later[0]))
        elif on_screen and path and on_screen[-1].endswith(path):
            found.append((seen["joins"][event], done))
    return found


def _turn(seen: dict[str, Any], latencies: list[float], ends: list[float]) -> Turn:
    if seen["down"] is None or seen["up"] is None or not latencies:
        raise RuntimeError(f"The drag did not reach the slider: the page saw {len(latencies)} input events.")
    drawn = sum(seen["down"] <= end <= seen["up"] for end in ends)
    return Turn(np.array(latencies, dtype=np.float64), drawn, (seen["up"] - seen["down"]) / 1000)


def _comparison(name: str, axis: str, turns: Mapping[str, list[Turn]], moves: int, drag_s: float) -> Comparison:
    canvas, ordinary = _side(turns["server"]), _side(turns["baseline"])
    page = _side(turns["page"]) if "page" in turns else None
    return Comparison(
        model=name,
        axis=axis,
        drags=len(turns["server"]),
        moves=moves,
        drag_s=drag_s,
        baseline=BASELINE,
        page=page,
        canvas=canvas,
        ordinary=ordinary,
        ratio_p95=ordinary.p95_ms / canvas.p95_ms,
        goal_met=all(_met(side) for side in (page, canvas) if side),
    )


def _side(turns: list[Turn]) -> Side:
    latencies = np.concatenate([turn.latencies for turn in turns])
    answered = latencies[~np.isnan(latencies)]
    if not len(answered):
        raise RuntimeError("No picture answered any move; look at the app in a browser.")
    held_s = sum(turn.held_s for turn in turns)
    p50, p95, longest = np.percentile(answered, [50, 95, 100]).tolist()
    return Side(
        inputs=len(latencies),
        p50_ms=p50,
        p95_ms=p95,
        max_ms=longest,
        moves_per_s=len(latencies) / held_s,
        pictures_per_s=sum(turn.pictures for turn in turns) / held_s,
        unanswered=int(np.isnan(latencies).sum()),
    )


def _met(side: Side) -> bool:
    return side.p95_ms < GOAL_MS and not side.unanswered


def _table(results: list[Comparison]) -> Table:
    columns = ("model", "wiring", "p50", "p95", "max", f"p95 < {GOAL_MS:.0f}", "pictures/s", "moves/s", "ratio of p95")
    table = Table(*columns, caption=f"Milliseconds from a move to its picture. Baseline: {BASELINE}.")
    table.columns[0].no_wrap = True
    for r in results:
        ours = {"page": r.page, "server": r.canvas}
        for k, (wiring, side) in enumerate((wiring, side) for wiring, side in ours.items() if side):
            ratio = f"{r.ordinary.p95_ms / side.p95_ms:.1f}"
            table.add_row("" if k else r.model, wiring, *_cells(side, "yes" if _met(side) else "no"), ratio)
        table.add_row("", "baseline", *_cells(r.ordinary, ""), "")
    return table


def _cells(side: Side, goal: str) -> tuple[str, ...]:
    times = (f"{side.p50_ms:.0f}", f"{side.p95_ms:.0f}", f"{side.max_ms:.0f}")
    return *times, goal, f"{side.pictures_per_s:.0f}", f"{side.moves_per_s:.0f}"


if __name__ == "__main__":
    app()
