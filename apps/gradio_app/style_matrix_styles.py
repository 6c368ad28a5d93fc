"""New styles that are not simply drawn: those of one's own pictures, or pushed to an extreme of a readout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor

from apps import fields as read
from apps.explaining import classifier
from apps.gradio_app.style_matrix import view
from apps.gradio_app.style_matrix_banks import Atelier, Ateliers, fitting
from apps.gradio_app.style_matrix_fields import chance, read_settings
from apps.gradio_app.style_matrix_pictures import reporting
from apps.gradio_app.traverse import read_input
from apps.hypothesising import refusing
from apps.refusals import RefusedError
from apps.streaming import Channel
from engine.explain import decode_in_batches
from engine.explain.directions import AttributeDirections, Latents, draw_codes, log_odds
from engine.explain.progress import CancelledError, ShouldStop, check
from engine.explain.projection import Inversion, default_cache, invert, psnr
from engine.explain.readouts import Gauge
from engine.explain.style_matrix import BankSettings, commands, push, with_given
from engine.explain.style_matrix.bank import MOST_STYLES
from engine.interfaces import Encoder

CODES, HELD_OUT = 300, 50  # that the direction is learned from and judged by
AMPLITUDE = 3.0  # standard deviations a style is moved at most
STEPS = 300  # of a search for a picture's code
_BATCH = 20

Toward = Literal["high", "low"]
Report = Callable[[int, int], None]


def read_styles(ateliers: Ateliers, fields: Mapping[str, Any]) -> Callable[[Channel], None]:
    """The work of making new styles of a `state`'s model, and sending the `view` of them with new pictures.

    Args:
        ateliers: Models and their banks.
        fields: Those of `read_settings`; `pictures`, fitted to the model, for the first styles; `toward` `high` or
            `low` to push all styles to that end of the readout that `classifier` and `output` name.

    Raises:
        RefusedError: If a field is not what it should be, or nothing says what to push to.
    """
    matrix, settings, gauge = ateliers.matrix(fields), read_settings(fields), ateliers.gauge(fields)
    atelier, x = matrix.atelier, _own(matrix.atelier, fields)
    if x is not None and len(x) > settings.styles:
        raise RefusedError(f"{len(x)} pictures do not fit into {settings.styles} styles; ask for at least {len(x)}.")
    toward: Toward | None = None
    if fields.get("toward") is not None:
        toward = "high" if read.text(fields, "toward", options=("high", "low")) == "high" else "low"
        settings = replace(settings, shared=True)
        if gauge is None:
            raise RefusedError("classifier should name what styles are pushed to an extreme of.")
    reader = None if gauge is None else classifier(ateliers.shelf, gauge.classifier)
    slots = atelier.slots(settings.columns)

    def send(channel: Channel) -> None:
        made, note, report = settings, "", reporting(channel)
        try:
            with refusing():
                if x is not None:
                    codes, note = found(atelier, x, report, channel.stopped)
                    made = with_given(made, codes)
                if toward is not None and gauge is not None:
                    made = pushed(atelier, made, gauge, reader, toward, report, channel.stopped)
        except CancelledError:
            return
        state = commands.shuffle_styles(matrix.state, made, slots=len(slots), generator=chance(settings.seed))
        channel.send("view", view=view(fitting(atelier, state)), note=note)
        channel.send("done")

    return send


def found(atelier: Atelier, x: Tensor, report: Report, should_stop: ShouldStop) -> tuple[Tensor, str]:
    """Codes of pictures, (N, D), and in words how well they are drawn: by the encoder, else by search.

    Raises:
        CancelledError: If `should_stop` said so.
    """
    model = atelier.model
    if isinstance(model, Encoder):
        with torch.inference_mode():
            codes = model.encode(x.to(getattr(model, "device", x.device))).cpu()
    else:
        how = Inversion(steps=STEPS)
        codes = invert(model, x, how, on_progress=report, should_stop=should_stop, cache=default_cache()).codes
    likeness = psnr(decode_in_batches(model, codes).x, x, model.space)
    low, high = float(likeness.min()), float(likeness.max())
    words = f"{low:.0f} dB" if round(low) == round(high) else f"{low:.0f} to {high:.0f} dB"
    way = "the model's encoder" if isinstance(model, Encoder) else "a search"
    return codes, f"The codes of your pictures come from {way}; the model draws them with a PSNR of {words}."


def _own(atelier: Atelier, fields: Mapping[str, Any]) -> Tensor | None:
    """`pictures`, base64 of fitted pixels each, as (N, C, H, W); None for none."""
    sent, space = fields.get("pictures"), atelier.model.space
    if not sent:
        return None
    if space.kind != "image" or not isinstance(sent, list) or len(sent) > MOST_STYLES:
        raise RefusedError(f"pictures should be a list of at most {MOST_STYLES} for a model that draws pictures.")
    return torch.cat([read_input({"data": one}, space) for one in sent])


def pushed(
    atelier: Atelier,
    settings: BankSettings,
    gauge: Gauge,
    reader: Any,  # noqa: ANN401 - a LoadedClassifier
    toward: Toward,
    report: Report,
    should_stop: ShouldStop,
) -> BankSettings:
    """Settings of a bank with the same styles, each as far along the readout's direction as its rating still gains.

    The direction is learned at once from a few hundred codes of the model.

    Args:
        atelier: Of the model.
        settings: All columns share the styles.
        gauge: The readout.
        reader: Its classifier.
        toward: Which end of it.
        report: Told how many codes of all were drawn.
        should_stop: Asked between batches.

    Raises:
        ValueError: If the readout has no odds, or says the same of all pictures.
        CancelledError: If `should_stop` said so.
    """
    model, bank = atelier.model, atelier.bank(settings)
    total = CODES + 11 * settings.styles
    direction = _direction(atelier, gauge, reader, lambda done: report(done, total), should_stop)
    codes = push(
        model, bank.slots, bank.codes[0], direction, gauge, amplitude=AMPLITUDE, relative=False, toward=toward,
        batch_size=_BATCH, progress=lambda done, _: report(CODES + done, total), should_stop=should_stop,
    )  # fmt: skip
    return with_given(settings, codes)


@torch.no_grad()
def _direction(
    atelier: Atelier,
    gauge: Gauge,
    reader: Any,  # noqa: ANN401
    report: Callable[[int], None],
    should_stop: ShouldStop,
) -> Tensor:
    """In which the readout's log-odds rise, (D,)."""
    model = atelier.model
    codes = draw_codes(model, CODES, generator=chance(0)).cpu()
    odds: list[Tensor] = []
    for start in range(0, CODES, _BATCH):
        check(should_stop)
        odds.append(log_odds(reader, decode_in_batches(model, codes[start : start + _BATCH]).x).cpu())
        report(start)
    latents = Latents(codes=codes, layout=model.layout, log_odds=torch.cat(odds), outputs=tuple(reader.classes),
                      exclusive=reader.exclusive, held_out=HELD_OUT)  # fmt: skip
    [found] = AttributeDirections(attributes=(gauge.output,)).find(latents)
    whole = torch.zeros(model.latent_dim)
    whole[list(found.indices(model.layout))] = found.over(model.layout)
    return whole
