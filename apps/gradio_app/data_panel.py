"""The data half of workspace Models: pages of pictures of any data set, and the way from a picture into Traverse."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from apps.gradio_app.components import page_component
from apps.gradio_app.session import Session, looked_at
from apps.refusals import RefusedError, told
from apps.shelf import Shelf

if TYPE_CHECKING:
    from apps.gradio_app.data_shelf import DataShelf, Source

SPLITS = ("test", "train", "all")  # until a data set says which it has
EVERYTHING = "everything"
Progress = Callable[[int, int], None]
_BAR = gr.Progress()


@dataclass(frozen=True)
class Asked:
    """What the controls say: a data set, its split, a filter with its value, and a page from 1."""

    dataset: str
    split: str
    by: str = EVERYTHING
    value: str = ""
    page: int = 1


def build(session: Session, tab: gr.Tab) -> None:
    """Puts down the controls and the pictures; the first page is read when the tab is first opened."""
    browser = Browser(session.shelf)
    with gr.Row(elem_classes="lx-data-controls", equal_height=True):
        dataset = gr.Dropdown([], label="Data set", min_width=120)
        split = gr.Dropdown(list(SPLITS), value=SPLITS[0], label="Split", min_width=90)
        by = gr.Dropdown([EVERYTHING], value=EVERYTHING, label="Show", min_width=120)
        value = gr.Dropdown(["any"], value="any", label="Value", min_width=120)
        page = gr.Number(1, label="Page", precision=0, minimum=1, min_width=80)
        with gr.Row(elem_classes="lx-pager"):
            back = gr.Button("Previous", size="sm", min_width=70)
            forth = gr.Button("Next", size="sm", min_width=70)
    note = page_component("note", elem_id="lx-data-note")
    pictures = page_component("pictures", elem_id="lx-pictures")
    asked = [session.state, dataset, split, by, value, page]
    shown = [dataset, split, by, value, page, pictures, note]

    def look(change: Callable[[Asked], Asked]) -> Callable[..., list[Any]]:
        def answer(
            state: dict[str, Any], name: str, part: str, by: str, value: str, page: float, bar: gr.Progress = _BAR
        ) -> list[Any]:
            wanted = Asked(name or browser.dataset_of(state), part, by, value, int(page or 1))
            return browser.show(change(wanted), _told(bar))

        return answer

    def open_row(state: dict[str, Any], name: str, part: str, event: gr.EventData) -> list[Any]:
        return opened(browser, state, name, part, event._data.get("row"))

    private: dict[str, Any] = {"api_visibility": "private", "show_progress_on": pictures}
    tab.select(look(lambda a: a), asked, shown, **private)
    anew = look(lambda a: replace(a, by=EVERYTHING, value="", page=1))
    gr.on([dataset.input, split.input], anew, asked, shown, **private)
    by.input(look(lambda a: replace(a, value="", page=1)), asked, shown, **private)
    value.input(look(lambda a: replace(a, page=1)), asked, shown, **private)
    page.submit(look(lambda a: a), asked, shown, **private)
    back.click(look(lambda a: replace(a, page=a.page - 1)), asked, shown, **private)
    forth.click(look(lambda a: replace(a, page=a.page + 1)), asked, shown, **private)
    pictures.select(open_row, [session.state, dataset, split], [session.state, note], **private)


def opened(browser: Browser, state: Mapping[str, Any], name: str, split: str, row: object) -> list[Any]:
    """New values of state and note when a picture is clicked; whatever stands in the way is said in the note."""
    try:
        return [browser.open(state, name, split, row), gr.skip()]
    except Exception as error:
        reason = told(error).text
        gr.Warning(reason)
        return [gr.skip(), {"warning": reason}]


class Browser:
    """Answers what the data half asks.

    Args:
        shelf: Models, for encoding and for examples that stand in for a missing data set.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._data: DataShelf | None = None
        self._lock = threading.Lock()

    def dataset_of(self, state: Mapping[str, Any]) -> str:
        """The data set of the model that is looked at, else the first there is."""
        from apps.gradio_app.data_shelf import known_datasets

        named = {entry.id: entry.dataset for entry in self.shelf.entries()}
        return named.get(str(looked_at(state)), known_datasets()[0][1])

    def show(self, asked: Asked, progress: Progress | None = None) -> list[Any]:
        """New values of data set, split, filter, filter value, page, pictures and note."""
        from apps.gradio_app.data_shelf import known_datasets
        from apps.gradio_app.dataset_pages import choices, filters, page_of
        from engine.data import DataError

        splits = self.data.splits(asked.dataset)
        split = asked.split if asked.split in splits else splits[0]
        names = gr.update(choices=known_datasets(asked.dataset), value=asked.dataset)
        parts = gr.update(choices=list(splits), value=split)
        try:
            source = self.data.source(asked.dataset, split, progress)
        except (DataError, OSError) as error:
            nothing: dict[str, Any] = {"label": asked.dataset, "atlas": None, "items": []}
            return [names, parts, gr.skip(), gr.skip(), 1, nothing, {"warning": str(error)}]
        offered = [EVERYTHING, *filters(source)]
        by = asked.by if asked.by in offered else EVERYTHING
        values = choices(source, by)
        value = asked.value if asked.value in values else values[0]
        page = page_of(source, by=by, value=value, page=asked.page)
        return [
            names,
            parts,
            gr.update(choices=offered, value=by),
            gr.update(choices=values, value=value, interactive=len(values) > 1),
            page.page,
            page.state,
            {"text": _found(source, page.found, page.page, page.pages), "warning": source.note},
        ]

    def open(self, state: Mapping[str, Any], name: str, split: str, row: object) -> dict[str, Any]:
        """The change of state that shows a picture in Traverse, through the current model.

        Raises:
            RefusedError: If the current model was made for another data set, or there is no such row.
            engine.data.DataError: If neither the data set nor stored examples of it can be had.
            engine.checkpoints.CheckpointError: If the model cannot be loaded.
        """
        from apps.gradio_app.data_shelf import code_of

        source = self.data.source(name, split)
        current = str(state.get("model"))
        entry = next((entry for entry in self.shelf.latent() if entry.id == current), None)
        if entry is None or entry.dataset != name:
            raise RefusedError(
                f"{current} was not made for {name}. Choose a {name} model at the left, then click the picture again."
            )
        if type(row) is not int or not 0 <= row < source.length:
            raise RefusedError(f"There is no row {str(row)[:20]}; {name} has the rows 0 to {source.length - 1} here.")
        code = code_of(self.shelf.latent_model(current), source, row)
        return {"model": current, "code": code, "workspace": "Traverse"}

    @property
    def data(self) -> DataShelf:
        """The data sets opened so far."""
        from apps.gradio_app.data_shelf import DataShelf

        with self._lock:
            if self._data is None:
                self._data = DataShelf(self.shelf)
            return self._data


def _found(source: Source, found: int, page: int, pages: int) -> str:
    return f"{found:,} of {source.length:,} examples, page {page:,} of {pages:,}. Click one to open it in Traverse."


def _told(bar: gr.Progress) -> Progress:
    def tell(done: int, total: int) -> None:
        bar((done, total), desc="Reading the data set", unit="rows")

    return tell
