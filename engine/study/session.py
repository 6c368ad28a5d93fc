"""One participant's way through a study, as the store gives it back and the analysis reads it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.study.response import Response
from engine.study.steps import Plan


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session with what was confirmed so far.

    Attributes:
        token: Its secret name, in the participant's link and on every response.
        participant: Its name in exports, not to be led back to the token: `p0001`.
        study: Name of the study.
        version: Of the study's file when it began; a changed file under the same name is the next one.
        plan: What was drawn when it began.
        began_ms: Server's clock, milliseconds since 1970.
        finished_ms: When the last step was confirmed, server's clock; None before that.
        completion_code: What the participant shows at the end.
        clock_ms: Page's minus server's clock, measured when the session began and at every response.
        responses: By step, each at most once.
    """

    token: str
    participant: str
    study: str
    plan: Plan
    began_ms: float
    finished_ms: float | None
    completion_code: str
    clock_ms: tuple[float, ...]
    responses: tuple[Response, ...]
    version: int = 1
