"""Files to take away from Hypotheses: a report of all cards, or one card as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps import fields as read
from apps.gradio_app.downloads import Download
from apps.hypothesising import Grounds, names_of_untested, read_session, seen
from apps.refusals import NotFoundError, RefusedError
from apps.streaming import Channel
from engine.checkpoints import CheckpointError
from engine.figures.hypotheses_report import hypotheses_report
from engine.figures.hypotheses_scenes import Scenes
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
        assert card.result is not None and verdict is not None
        data = hypothesis_sheet(card, verdict, seen(self.grounds, card.result))
        return Download(f"hypothesis-{self.number + 1}.png", "image/png", data)

    def _report(self, channel: Channel) -> Download | None:
        known: dict[int, Scenes] = {}
        tested = [(number, card.result) for number, card in enumerate(self.session.cards) if card.result is not None]
        for place, (number, result) in enumerate(tested):
            if channel.stopped():
                return None
            channel.send("progress", share=place / len(tested))
            try:
                known[number] = seen(self.grounds, result)
            except (RefusedError, NotFoundError, CheckpointError):
                continue  # a model that is gone or has changed: its card is told in numbers
        names = names_of_untested(self.grounds, self.session)
        return Download("hypotheses.html", "text/html", hypotheses_report(self.session, known, names).encode())
