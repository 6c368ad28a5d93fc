"""Workspace Models: the catalogue as a sortable table, what is known of the current model, any data set's pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from apps.gradio_app import data_panel
from apps.gradio_app.components import page_component
from apps.gradio_app.session import Session
from apps.shelf import Shelf

if TYPE_CHECKING:
    from engine.checkpoints import Card

DETAILS = ("Card", "Training curve", "Mutual information", "Latent space", "Reconstructions")
State = Mapping[str, Any]


def build(session: Session) -> None:
    """Puts down both halves, Catalogue and Data, and wires them; each is computed when it is first looked at."""
    with gr.Tabs(elem_classes="lx-models"):
        with gr.Tab("Catalogue"):
            _catalogue(session)
        with gr.Tab("Data sets") as tab:
            data_panel.build(session, tab)


def table(shelf: Shelf, state: State) -> dict[str, Any]:
    """The catalogue as `page/table.js` draws it, with the current model marked."""
    from apps.gradio_app.catalogue_table import catalogue_table

    return catalogue_table(shelf.entries(), selected=state.get("model"))


def detail(shelf: Shelf, state: State, name: str) -> Any:  # noqa: ANN401 - HTML, a figure or a component's value
    """One of `DETAILS` of the current model; where it cannot be had, the reason in the same form."""
    from engine.checkpoints import CheckpointError

    try:
        return _DRAW[name](shelf, state)
    except (CheckpointError, KeyError, OSError, ValueError) as error:
        return _said(name, str(error.args[0] if isinstance(error, KeyError) else error), state)


def point(shelf: Shelf, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The change of state that opens a point {model, row} of the scatter in Traverse.

    Raises:
        KeyError: If there is no such model.
        ValueError: If it has no such point.
    """
    from apps.gradio_app.scatter_points import code_of_row

    name = str(asked.get("model"))
    return {"model": name, "code": code_of_row(shelf.get(name), asked.get("row")), "workspace": "Traverse"}


def picture(shelf: Shelf, asked: object) -> dict[str, str]:
    """What the model draws at a point {model, row}: {uri}, or {error} for a point that is not there."""
    from apps.gradio_app.scatter_points import picture_of_row
    from engine.checkpoints import CheckpointError

    fields: Mapping[str, Any] = asked if isinstance(asked, dict) else {}
    try:
        return {"uri": picture_of_row(shelf.get(str(fields.get("model"))), fields.get("row"))}
    except (CheckpointError, KeyError, ValueError) as error:
        return {"error": str(error.args[0])}


def _catalogue(session: Session) -> None:
    shelf = session.shelf
    catalogue = page_component("table", elem_id="lx-catalogue")
    shown = gr.State(DETAILS[0])
    tabs: dict[str, gr.Tab] = {}
    places: list[Any] = []
    with gr.Tabs(elem_classes="lx-details"):
        for name in DETAILS:
            with gr.Tab(name) as tabs[name]:
                places.append(_place(name, shelf))

    def show(state: dict[str, Any], name: str) -> list[Any]:
        front = state.get("workspace") == "Models"
        return [detail(shelf, state, one) if front and one == name else gr.skip() for one in DETAILS]

    def list_models(state: dict[str, Any]) -> Any:  # noqa: ANN401 - a value or an update
        return table(shelf, state) if state.get("workspace") == "Models" else gr.skip()

    def choose(event: gr.EventData) -> dict[str, Any]:
        return {"model": str(event._data["id"])}

    def open_point(event: gr.EventData) -> dict[str, Any]:
        return point(shelf, event._data)

    for name, tab in tabs.items():
        tab.select(_constant(name), None, shown, queue=False, show_progress="hidden", api_visibility="private").then(
            show, [session.state, shown], places, api_visibility="private"
        )
    for event in ("opened", "switched"):
        session.listen(event, list_models, session.state, catalogue, show_progress="hidden")
    for event in ("opened", "switched", "themed"):
        session.listen(event, show, [session.state, shown], places)
    catalogue.select(choose, None, session.state, show_progress="hidden", api_visibility="private")
    scatter = places[DETAILS.index("Latent space")]
    scatter.select(open_point, None, session.state, show_progress="hidden", api_visibility="private")


def _place(name: str, shelf: Shelf) -> Any:  # noqa: ANN401 - a component
    """An empty component for one of `DETAILS`."""
    if name == "Card":
        return page_component("card", elem_id="lx-card")
    if name == "Latent space":

        def picture_of(asked: dict[str, Any]) -> dict[str, str]:
            return picture(shelf, asked)

        picture_of.__name__ = "picture"  # what the page calls it by
        return page_component("scatter", elem_id="lx-scatter", server_functions=[picture_of])
    return gr.Plot(show_label=False, container=False, elem_classes="lx-plot")


def _constant(name: str) -> Callable[[], str]:
    return lambda: name


def _card(shelf: Shelf, state: State) -> Card:
    from engine.checkpoints import read_card

    name = state.get("model")
    for entry in shelf.entries():
        if entry.id == name:
            return read_card(entry.folder)
    raise ValueError("Choose a model in the table above.")


def _card_text(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.model_card import card_html

    return card_html(_card(shelf, state).folder)


def _curve(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.model_figures import curve_figure

    return curve_figure(_card(shelf, state), _theme(state))


def _information(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.model_figures import information_figure

    return information_figure(_card(shelf, state), _theme(state))


def _scatter(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.scatter_points import scatter_state

    return scatter_state(shelf.get(_card(shelf, state).config["id"]))


def _reconstructions(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.model_figures import reconstruction_figure

    return reconstruction_figure(shelf.get(_card(shelf, state).config["id"]), _theme(state))


_DRAW: Mapping[str, Callable[[Shelf, State], Any]] = dict(
    zip(DETAILS, (_card_text, _curve, _information, _scatter, _reconstructions), strict=True)
)


def _said(name: str, reason: str, state: State) -> Any:  # noqa: ANN401
    if name == "Card":
        from html import escape

        return f"<p>{escape(reason)}</p>"
    if name == "Latent space":
        return {"message": reason}
    from engine.figures import notice

    return notice(reason, theme=_theme(state))


def _theme(state: State) -> Any:  # noqa: ANN401 - engine.figures.Theme
    return "dark" if state.get("theme") == "dark" else "light"
