"""Event handlers that answer the owner alone: every request is asked anew, also one that goes round the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from apps.owner import is_owner
from apps.refusals import told

STRANGER = "Only the owner of this server may do that."
_BAR = gr.Progress()
Answer = Callable[..., Any]


def owned(answer: Answer, *, quiet: bool = False) -> Answer:
    """A handler whose first input is the token that was given; strangers get a warning and no value.

    Args:
        answer: Called with the other inputs. What it raises is said in a warning, and the outputs stay.
        quiet: Strangers get no warning either: the page asked, not they.
    """

    def handler(request: gr.Request, token: str, *values: Any) -> Any:  # noqa: ANN401 - whatever it answers
        return _answered(answer, request, token, values, quiet)

    return handler


def owned_event(answer: Answer) -> Answer:
    """The same for an answer that takes the event's data first."""

    def handler(request: gr.Request, event: gr.EventData, token: str, *values: Any) -> Any:  # noqa: ANN401
        return _answered(answer, request, token, (event._data, *values), False)

    return handler


def owned_progress(answer: Answer, *, quiet: bool = False) -> Answer:
    """The same for an answer that takes first a function of share and words, which moves the bar."""

    def handler(request: gr.Request, bar: gr.Progress = _BAR, token: str = "", *values: Any) -> Any:  # noqa: ANN401
        def report(share: float, words: str) -> None:
            bar(share, desc=words)

        return _answered(answer, request, token, (report, *values), quiet)

    return handler


def owned_steps(answer: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """The same for an answer that comes in several steps and can be cancelled between them."""

    def handler(request: gr.Request, token: str, *values: Any) -> Iterator[Any]:  # noqa: ANN401 - Gradio's values
        if not allowed(request, token):
            gr.Warning(STRANGER)
            yield gr.skip()
            return
        try:
            yield from answer(*values)
        except Exception as error:
            gr.Warning(told(error).text)
            yield gr.skip()

    return handler


def allowed(request: gr.Request, token: str) -> bool:
    """Whether a request is the owner's."""
    client = getattr(request, "client", None)
    return is_owner(dict(request.headers), getattr(client, "host", None), token or "")


def _answered(answer: Answer, request: gr.Request, token: str, values: tuple[Any, ...], quiet: bool) -> Any:  # noqa: ANN401
    if not allowed(request, token):
        if not quiet:
            gr.Warning(STRANGER)
        return gr.skip()
    try:
        return answer(*values)
    except Exception as error:
        gr.Warning(told(error).text)
        return gr.skip()
