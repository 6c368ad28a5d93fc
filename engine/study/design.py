"""A study as its owner declares it: models, tasks, questions, texts, questionnaires, exclusions, contrasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TaskName = Literal["reconstruction", "exemplars", "traversals", "samples", "none"]
ItemKind = Literal["scale", "choice", "several", "text"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question of a questionnaire.

    Attributes:
        name: Its column in exports: letters, digits and underscores.
        text: What the participant reads.
        kind: A `scale` of whole numbers, one of the options (`choice`), any number of them (`several`) or free text.
        low: First number of a scale.
        high: Last number of a scale.
        start: Where a slider stands at first; None draws the scale as buttons with none chosen.
        ends: What the two ends of a scale mean.
        options: The options' texts.
        required: Whether the page goes on without an answer.
    """

    name: str
    text: str
    kind: ItemKind = "scale"
    low: int = 1
    high: int = 5
    start: int | None = None
    ends: tuple[str, str] = ("strongly disagree", "strongly agree")
    options: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class Goal:
    """When a reconstruction counts as solved; what is None is the default of the data set.

    Attributes:
        agreement: Registered name of a measure of agreement.
        threshold: Agreement from which the target is matched, in (0, 1].
        skip_after_s: Active seconds after which a question may be skipped, those in which a dial moved less than three
            seconds ago; 0 allows it at once.
    """

    agreement: str | None = None
    threshold: float | None = None
    skip_after_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """Which participants are left out of the analysis, decided before the study; None does not ask.

    Attributes:
        min_answered: Smallest share of the study's questions that were answered, solved or skipped, in [0, 1].
        min_active_s: Fewest active seconds in all reconstructions together.
        max_skipped_untouched: Largest share of reconstructions that were skipped without moving a dial.
        max_clock_drift_s: Largest change of the difference between page's and server's clock.
    """

    min_answered: float | None = 1.0
    min_active_s: float | None = None
    max_skipped_untouched: float | None = 0.5
    max_clock_drift_s: float | None = 60.0


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """A comparison declared before the study: is the measure higher with the first model than with the second?

    Attributes:
        first: Id of a model of the study.
        second: Id of another one.
        measure: A derived measure of `engine.study.measuring.measures`; completion is the primary one.
    """

    first: str
    second: str
    measure: str = "completion"


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study file, validated (`engine.study.files.study_file`).

    Attributes:
        name: Its place in links, `/quiz/<name>`: lower-case letters, digits and hyphens.
        title: What participants read first. It does not name a model.
        models: Ids of latent models of one data set, in the order of `order: fixed`.
        tasks: Conditions between participants: each gets one of them, in turn.
        models_each: How many of the models each participant sees; None: all.
        order: `balanced` takes the rows of a Latin square in turn, `random` draws, `fixed` keeps the file's order.
        questions: Questions a model; None: the published number for task and data set.
        seed: Everything drawn in session k follows from this and k.
        range: What a slider spans: `percentile`, the middle 99 % of encoded data, or `full`, their minimum to maximum
            as in the published study.
        redraw_above: Targets are drawn again while the start already agrees with them by more than this; None never.
        hide_collapsed: Whether dials that change next to nothing are left out.
        goal: When a reconstruction is solved.
        feedback: Whether a choice is told right or wrong.
        consent: Markdown to agree to first; None: no consent is asked for.
        instructions: Markdown above the practice; None: the product's own.
        practice: Whether the practice must be gone through, else it may be skipped: boxes have to be matched, questions
            only answered, as published.
        after_model: Questionnaire after each model.
        at_end: Questionnaire after the last one.
        demographics: Whether the product's demographics questionnaire ends the study.
        exclusion: Who is left out of the analysis.
        contrasts: What is tested.
    """

    name: str
    title: str
    models: tuple[str, ...]
    tasks: tuple[TaskName, ...] = ("reconstruction",)
    models_each: int | None = None
    order: Literal["balanced", "random", "fixed"] = "balanced"
    questions: int | None = None
    seed: int = 0
    range: Literal["percentile", "full"] = "percentile"
    redraw_above: float | None = 0.5
    hide_collapsed: bool = False
    goal: Goal = Goal()
    feedback: bool = True
    consent: str | None = None
    instructions: str | None = None
    practice: bool = True
    after_model: tuple[Item, ...] = ()
    at_end: tuple[Item, ...] = ()
    demographics: bool = False
    exclusion: Exclusion = Exclusion()
    contrasts: tuple[Contrast, ...] = ()
