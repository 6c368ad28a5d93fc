"""A study's methods in words, from what it declares: what took place, who was left out, what was tested."""

from __future__ import annotations

from collections.abc import Iterable

from engine.figures.study_models import short
from engine.study.analysis import Analysis
from engine.study.design import Study
from engine.study.measuring.measures import MEASURES, PRIMARY

TASKS = {
    "reconstruction": "interactive reconstruction (moving sliders until the output matches a target)",
    "exemplars": "a choice after exemplars of low, medium and high values",
    "traversals": "a choice after traversals of the dial",
    "samples": "a choice after samples sorted by the dial",
    "none": "a choice without any explanation",
}
_ORDERS = {
    "balanced": "in the order of a balanced Latin square",
    "random": "in a random order",
    "fixed": "in the same order for all",
}


def methods(analysis: Analysis) -> tuple[str, ...]:
    """Paragraphs of plain text: design, exclusions, primary test, the rest."""
    study = analysis.study
    return (_design(study), _tasks(study), _exclusions(study), _primary(analysis), _secondary(analysis))


def _design(study: Study) -> str:
    each = study.models_each or len(study.models)
    seen = "all of them" if each == len(study.models) else f"{each} of them"
    order = f", {_ORDERS[study.order]}" if each > 1 else ""
    text = f"{_counted(len(study.models), 'model')} ({_listed(map(short, study.models))}); each participant met {seen}"
    text += f"{order}. " + ("" if study.questions is None else f"{_counted(study.questions, 'question')} a model. ")
    if len(study.tasks) > 1:
        text += "Participants were dealt to the tasks in turn. "
    return f"{text}Everything drawn follows from the seed {study.seed} and the number of the session."


def _tasks(study: Study) -> str:
    text = f"Task: {_listed(TASKS[task] for task in study.tasks)}. "
    if "reconstruction" in study.tasks:
        span = "the middle 99 % of encoded data" if study.range == "percentile" else "encoded data from end to end"
        text += f"Start and target are codes of data; sliders span {span}. "
        if study.redraw_above is not None:
            text += f"Targets were drawn again while the start agreed with them by more than {study.redraw_above:g}. "
        goal = study.goal
        measure = f"the agreement “{goal.agreement}”" if goal.agreement else "the data set's own agreement"
        level = f"{goal.threshold:g}" if goal.threshold is not None else "its own threshold"
        text += f"A question is solved when {measure} reaches {level}. "
    return text.strip()


def _exclusions(study: Study) -> str:
    words = {
        "min_answered": "answered less than {:.0%} of their questions",
        "min_active_s": "were active for less than {:g} s in all reconstructions",
        "max_skipped_untouched": "skipped more than {:.0%} of the reconstructions without a move",
        "max_clock_drift_s": "had a clock that moved by more than {:g} s",
    }
    asked = [say.format(limit) for rule, say in words.items() if (limit := getattr(study.exclusion, rule)) is not None]
    if not asked:
        return "The study declares no exclusions."
    return f"Declared before the study, left out are participants who {_listed(asked, 'or')}."


def _primary(analysis: Analysis) -> str:
    study = analysis.study
    if not study.contrasts:
        return "The study declares no contrasts, so nothing is tested."
    measures = dict.fromkeys(contrast.measure for contrast in study.contrasts)
    designs = {test.design for test in analysis.primary}
    ways = []
    if "paired" in designs or designs <= {"none"}:
        ways.append("signs of participants' differences are flipped")
    if "unpaired" in designs:
        ways.append("participants are dealt out anew")
    return (
        f"Primary: {_listed(_measure(name) for name in measures)}, first averaged within participants, compared by a "
        f"two-sided permutation test ({_listed(ways)}; all rearrangements where there are at most 16,384, else 9,999 "
        f"random ones). Intervals are 95 % BCa bootstrap intervals over participants, p-values are corrected by "
        f"Holm's method over the {_counted(len(analysis.primary), 'declared test')}."
    )


def _secondary(analysis: Analysis) -> str:
    if not analysis.secondary:
        return f"Seed of permutations and resamples: {analysis.seed}."
    rates = dict.fromkeys(MEASURES[PRIMARY[task]].title for task in analysis.study.tasks)
    return (
        f"Secondary: a logistic GEE with exchangeable answers and small-sample robust errors ({_listed(rates)}), a "
        "mixed model of log time with an intercept for each participant, and a rank test of the rated difficulty; each "
        "corrected by Holm's method over its own tests. Order effects: the stage as a factor in the same GEE, and the "
        "mean of participants' slopes over stages and questions after the models' means are taken out. "
        f"Seed of permutations and resamples: {analysis.seed}."
    )


def _measure(name: str) -> str:
    of = MEASURES[name]
    return f"{of.title} ({of.definition[0].lower()}{of.definition[1:].rstrip('.')})"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _listed(words: Iterable[str], joint: str = "and") -> str:
    found = list(words)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} {joint} {found[-1]}"
