"""Files to take away from Hypotheses: a report of all cards, or one card as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps import fields as read
from apps.gradio_app.downloads import Download
from apps.gradio_app.hypotheses import readout_name
from apps.hypothesising import Grounds, read_session, refusing
from apps.refusals import NotFoundError, RefusedError
from apps.streaming import Channel
from engine.checkpoints import CheckpointError
from engine.explain.hypotheses import Card
from engine.explain.readouts import gauge_named
from engine.figures.hypotheses_report import hypotheses_report
from engine.figures.hypotheses_scenes import Scenes, scenes
from engine.figures.hypotheses_sheet import hypothesis_sheet

_PART = 2**20  # bytes


class Export:
    """A file that goes out in parts.

    Args:
        grounds: Generators and classifiers.
        fields: `session`, `as` html or png; for a picture the number of the `card`, which has been tested.

    Raises:
        RefusedError: If there is no such card, or nothing to report.
    """

    def __init__(self, grounds: Grounds, fields: Mapping[str, Any]) -> None:
        self.grounds, self.session = grounds, read_session(fields)
        self.kind = read.text(fields, "as", options=("html", "png"))
        if not self.session.cards:
            raise RefusedError("There are no cards yet; a report begins with one.")
        self.number = read.whole(fields, "card", 0, len(self.session.cards) - 1, default=0)
        if self.kind == "png" and self.session.cards[self.number].result is None:
            raise RefusedError(f"Card {self.number + 1} has not been tested; a picture shows what a test found.")

    def run(self, channel: Channel) -> None:
        """Sends progress, `file` with its name, its bytes in parts, and `done`.

        Raises:
            RefusedError: If the picture of a card is asked for whose model has changed since.
        """
        file = self._picture() if self.kind == "png" else self._report(channel)
        if file is None:
            return
        channel.send("file", name=file.name, media_type=file.media_type)
        for start in range(0, len(file.data), _PART):
            channel.send("part", file.data[start : start + _PART])
        channel.send("done")

    def _picture(self) -> Download:
        card, verdict = self.session.cards[self.number], self.session.verdicts[self.number]
        assert verdict is not None
        data = hypothesis_sheet(card, verdict, self._seen(card))
        return Download(f"hypothesis-{self.number + 1}.png", "image/png", data)

    def _report(self, channel: Channel) -> Download | None:
        seen: dict[int, Scenes] = {}
        tested = [number for number, card in enumerate(self.session.cards) if card.result is not None]
        for place, number in enumerate(tested):
            if channel.stopped():
                return None
            channel.send("progress", share=place / len(tested))
            try:
                seen[number] = self._seen(self.session.cards[number])
            except (RefusedError, NotFoundError, CheckpointError):
                continue  # a model that is gone or has changed: its card is told in numbers
        cards = enumerate(self.session.cards)
        names = {number: readout_name(self.grounds, card.hypothesis) for number, card in cards if card.result is None}
        return Download("hypotheses.html", "text/html", hypotheses_report(self.session, seen, names).encode())

    def _seen(self, card: Card) -> Scenes:
        hypothesis = card.hypothesis
        assert card.result is not None
        with refusing():
            gauge = gauge_named(self.grounds.gauges(hypothesis.model, hypothesis.classifier), hypothesis.output)
            return scenes(self.grounds.of(hypothesis.model), gauge, card.result)
