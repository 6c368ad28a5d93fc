"""Workspace Models: the catalogue as a sortable table, what is known of a model of it, any data set's pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from apps.gradio_app import data_panel
from apps.gradio_app.components import page_component
from apps.gradio_app.session import Session, looked_at
from apps.refusals import RefusedError, told
from apps.shelf import Shelf

if TYPE_CHECKING:
    from engine.checkpoints import Card

DETAILS = ("Card", "Training curve", "Factors and classes", "Latent space", "Reconstructions")
State = Mapping[str, Any]


def build(session: Session) -> None:
    """Puts down both halves, Catalogue and Data, and wires them; each is computed when it is first looked at."""
    with gr.Tabs(elem_classes="lx-models"):
        with gr.Tab("Catalogue"):
            _catalogue(session)
        with gr.Tab("Data sets") as tab:
            data_panel.build(session, tab)


def table(shelf: Shelf, state: State) -> dict[str, Any]:
    """The catalogue as `page/table.js` draws it, with the model marked that is looked at."""
    from apps.gradio_app.catalogue_table import catalogue_table

    return catalogue_table(shelf.entries(), selected=looked_at(state))


def chosen(shelf: Shelf, name: str) -> dict[str, Any]:
    """The change of state when a row of the table is chosen: a classifier has no sliders to open."""
    if any(entry.id == name and entry.kind == "classifier" for entry in shelf.entries()):
        return {"card": name}
    return {"model": name, "card": None}


def detail(shelf: Shelf, state: State, name: str) -> Any:  # noqa: ANN401 - HTML, a figure or a component's value
    """One of `DETAILS` of the model that is looked at; where it cannot be had, the reason in the same form."""
    try:
        return _DRAW[name](shelf, state)
    except Exception as error:
        return _said(name, told(error).text, state)


def point(shelf: Shelf, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The change of state that opens a point {model, row} of the scatter in Traverse.

    Raises:
        UnknownModelError: If there is no such model with sliders.
        RefusedError: If it has no such point.
    """
    from apps.gradio_app.scatter_points import code_of_row

    name = str(asked.get("model"))
    return {"model": name, "code": code_of_row(shelf.latent_model(name), asked.get("row")), "workspace": "Traverse"}


def picture(shelf: Shelf, asked: object) -> dict[str, str]:
    """What the model draws at a point {model, row}: {uri}, or {error} for a point that is not there."""
    from apps.gradio_app.scatter_points import picture_of_row

    fields: Mapping[str, Any] = asked if isinstance(asked, dict) else {}
    try:
        return {"uri": picture_of_row(shelf.latent_model(str(fields.get("model"))), fields.get("row"))}
    except Exception as error:
        return {"error": told(error).text}


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
        return chosen(shelf, str(event._data.get("id")))

    def open_point(event: gr.EventData) -> Any:  # noqa: ANN401 - a value or an update
        try:
            return point(shelf, event._data)
        except Exception as error:
            gr.Warning(told(error).text)
            return gr.skip()

    for name, tab in tabs.items():
        tab.select(_constant(name), None, shown, queue=False, show_progress="hidden", api_visibility="private").then(
            show, [session.state, shown], places, api_visibility="private"
        )
    for event in ("opened", "switched"):
        session.listen(event, list_models, session.state, catalogue, show_progress="hidden")
    for event in ("opened", "switched", "themed"):
        session.listen(event, show, [session.state, shown], places)
    catalogue.select(
        choose, None, session.state, trigger_mode="multiple", show_progress="hidden", api_visibility="private"
    )  # the last of several quick choices is the one to show
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

    name = looked_at(state)
    for entry in shelf.entries():
        if entry.id == name:
            return read_card(entry.folder)
    raise RefusedError("Choose a model in the table above.")


def _card_text(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.model_card import card_html

    return card_html(_card(shelf, state).folder)


def _curve(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.model_figures import curve_figure

    return curve_figure(_card(shelf, state), _theme(state))


def _knowledge(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.model_figures import knowledge_figure

    return knowledge_figure(_card(shelf, state), _theme(state))


def _scatter(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.scatter_points import scatter_state

    return scatter_state(shelf.get(_card(shelf, state).config["id"]))


def _reconstructions(shelf: Shelf, state: State) -> Any:  # noqa: ANN401
    from apps.gradio_app.model_figures import reconstruction_figure

    return reconstruction_figure(shelf.get(_card(shelf, state).config["id"]), _theme(state))


_DRAW: Mapping[str, Callable[[Shelf, State], Any]] = dict(
    zip(DETAILS, (_card_text, _curve, _knowledge, _scatter, _reconstructions), strict=True)
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
