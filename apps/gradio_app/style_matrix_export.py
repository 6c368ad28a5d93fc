"""A style matrix to take away: a ZIP archive of the plain files that show it without this program."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from typing import Any

from apps.gradio_app.style_matrix_banks import Ateliers
from apps.gradio_app.traverse import Answer
from apps.hypothesising import refusing
from apps.plain_numbers import short
from apps.refusals import RefusedError
from apps.streaming import Channel
from engine.explain.progress import CancelledError
from engine.explain.style_matrix import export_count
from engine.explain.style_matrix.export_count import LIMIT
from engine.figures.style_matrix_site import STEPS, site_files

_PART = 2**20  # bytes
_EVERY = 64  # files between two words of progress


def exports(ateliers: Ateliers, fields: Mapping[str, Any]) -> Answer:
    """How many pictures an export of a `state` would have in each step, and how many there may be."""
    state = ateliers.matrix(fields).state
    counts = [export_count(state.slots, state.styles, step, limit=10**200) for step in STEPS]
    steps = [{"step": step, "count": count, "able": count <= LIMIT} for step, count in zip(STEPS, counts, strict=True)]
    return {"limit": LIMIT, "steps": [one | {"count": min(one["count"], 10**15)} for one in steps]}


class Export:
    """An archive that goes out in parts.

    Args:
        ateliers: Models and their banks.
        fields: `model`, `state`, `step`, and `classifier` and `output` for ratings.

    Raises:
        RefusedError: If there would be too many pictures, or the step is none of those that can be.
    """

    def __init__(self, ateliers: Ateliers, fields: Mapping[str, Any]) -> None:
        self.matrix, self.gauge = ateliers.matrix(fields), ateliers.gauge(fields)
        step = fields.get("step")
        if isinstance(step, bool) or not isinstance(step, int | float) or step not in STEPS:
            raise RefusedError(f"step should be one of {list(STEPS)}; got {short(step)}.")
        self.step = float(step)
        with refusing():
            self.total = export_count(self.matrix.state.slots, self.matrix.state.styles, self.step)

    def run(self, channel: Channel) -> None:
        """Sends progress, `file` with its name, its bytes in parts, and `done`."""
        model = self.matrix.atelier.model.id
        with tempfile.TemporaryFile() as archive:
            try:
                self._write(zipfile.ZipFile(archive, "w"), channel)
            except CancelledError:
                return
            channel.send("file", name=f"style-matrix-{model.replace('/', '-')}.zip", media_type="application/zip")
            archive.seek(0)
            while part := archive.read(_PART):
                channel.send("part", part)
        channel.send("done")

    def _write(self, archive: zipfile.ZipFile, channel: Channel) -> None:
        atelier, state = self.matrix.atelier, self.matrix.state
        with refusing(), archive:
            files = site_files(
                atelier.rater, self.matrix.bank, state, step=self.step, gauge=self.gauge,
                should_stop=channel.stopped,
            )  # fmt: skip
            for done, (name, data) in enumerate(files):
                archive.writestr(f"style-matrix/{name}", data)
                if done % _EVERY == 0:
                    channel.send("progress", share=round(min(1.0, done / self.total), 4))
