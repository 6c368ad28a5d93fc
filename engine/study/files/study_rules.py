"""What must hold in a study beyond the types of its fields: each rule a function, filed under what it looks at."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.registry import unknown
from engine.study.design import Contrast, Exclusion, Goal, Item, Study
from engine.study.files.study_problem import Path, short
from engine.study.files.typed_reader import Partial, UnreadError
from engine.study.questionnaires import DEMOGRAPHICS, EASE, TASK_LOAD

MAX_QUESTIONS = 1_000
MAX_TEXT = 50_000
MAX_STEPS = 101  # of a scale: 0 to 100

Broken = Iterator[tuple[Path, str]]
Rule = Callable[[Any, Any], Broken]

_STUDY_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
_ITEM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


def broken_rules(study: Study | Partial) -> Broken:
    """Where the study breaks a rule, and which.

    Args:
        study: A study, or what could be read of one: rules about what could not be read are passed over.

    Yields:
        The field's path and what is wrong with it.
    """
    yield from _broken(study, (), study)


def _broken(value: Any, path: Path, study: Any) -> Broken:  # noqa: ANN401 - any field's value
    if isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _broken(one, (*path, number), study)
    kind = value.partial_of if isinstance(value, Partial) else type(value)
    if not dataclasses.is_dataclass(kind):
        return
    for rule in RULES.get(kind, ()):
        yield from _asked(rule, value, path, study)
    for field in dataclasses.fields(kind):
        inner = value.partial_fields.get(field.name) if isinstance(value, Partial) else getattr(value, field.name)
        yield from _broken(inner, (*path, field.name), study)


def _asked(rule: Rule, value: Any, path: Path, study: Any) -> Broken:  # noqa: ANN401 - any field's value
    try:
        for inner, message in rule(value, study):
            yield (*path, *inner), message
    except UnreadError:
        return  # what the rule is about has a problem of its own


def study_name(study: Study, _: Study) -> Broken:
    """Links must hold the name."""
    if not _STUDY_NAME.fullmatch(study.name):
        yield (
            ("name",),
            f"{short(study.name)!r} does not fit into a link; use up to 64 lower-case letters, digits and hyphens, "
            "and begin and end with a letter or digit",
        )


def title_names_no_model(study: Study, _: Study) -> Broken:
    """Participants must not learn which model they see."""
    if not 0 < len(study.title.strip()) <= 200:
        yield ("title",), f"it should have 1 to 200 characters; it has {len(study.title.strip())}"
    for model in study.models:
        if model.lower() in study.title.lower():
            yield ("title",), f"it tells participants of the model {model!r}; leave that out"


def study_texts(study: Study, _: Study) -> Broken:
    """Consent says something, if it is asked for; texts have an end."""
    if study.consent is not None and not study.consent.strip():
        yield ("consent",), "it is empty; write what is agreed to, or null for no consent"
    if study.instructions is not None and not study.instructions.strip():
        yield ("instructions",), "they are empty; write them, or null for the product's own"


def text_lengths(study: Study, _: Study) -> Broken:
    """Texts have an end."""
    for name in ("consent", "instructions"):
        if (text := getattr(study, name)) is not None and len(text) > MAX_TEXT:
            yield (name,), f"it has {len(text):,} characters; at most {MAX_TEXT:,} are shown"


def models_distinct(study: Study, _: Study) -> Broken:
    """There are models, and each stands once."""
    if not study.models:
        yield ("models",), "it is empty; name at least one model"
    for number, model in enumerate(study.models):
        if not model.strip() or model != model.strip():
            yield ("models", number), f"{short(model)!r} is no model's id; write one such as 'dsprites/vae'"
        if model in study.models[:number]:
            yield ("models", number), f"{short(model)!r} stands twice; name each model once"


def models_each(study: Study, _: Study) -> Broken:
    """Nobody sees more models than there are."""
    if study.models_each is not None and not 1 <= study.models_each <= max(1, len(study.models)):
        yield ("models_each",), f"it should be 1 to {len(study.models)}, the study's models; got {study.models_each}"


def tasks_distinct(study: Study, _: Study) -> Broken:
    """There are conditions, and each stands once."""
    if not study.tasks:
        yield ("tasks",), "it is empty; name at least one task"
    for number, task in enumerate(study.tasks):
        if task in study.tasks[:number]:
            yield ("tasks", number), f"{task!r} stands twice; participants are shared out evenly among tasks"


def question_count(study: Study, _: Study) -> Broken:
    """Every model has questions."""
    if study.questions is not None and not 1 <= study.questions <= MAX_QUESTIONS:
        message = f"it should be 1 to {MAX_QUESTIONS}, or null for the published number; got {study.questions}"
        yield ("questions",), message


def seed_range(study: Study, _: Study) -> Broken:
    """Random generators take the seed."""
    if not 0 <= study.seed < 2**31:
        yield ("seed",), f"it should be 0 to {2**31 - 1}; got {study.seed}"


def redraw_above(study: Study, _: Study) -> Broken:
    """Some start is left to draw."""
    if study.redraw_above is not None and not 0 < study.redraw_above <= 1:
        yield ("redraw_above",), f"it should be above 0 and at most 1, or null for never; got {study.redraw_above:g}"


def item_names_differ(study: Study, _: Study) -> Broken:
    """Every item has a column of its own."""
    taken = {item.name: "one of the demographics" for item in DEMOGRAPHICS} if study.demographics else {}
    for field in ("after_model", "at_end"):
        for number, item in enumerate(getattr(study, field)):
            if item.name in taken:
                other = taken[item.name]
                yield (field, number, "name"), f"{short(item.name)!r} is the name of {other}, too; each needs its own"
            taken[item.name] = f"{field}[{number}]"


def goal_bounds(goal: Goal, _: Study) -> Broken:
    """A reconstruction can be solved, and its agreement is known."""
    if goal.threshold is not None and not 0 < goal.threshold <= 1:
        yield ("threshold",), f"it should be above 0 and at most 1; got {goal.threshold:g}"
    if goal.skip_after_s is not None and goal.skip_after_s < 0:
        yield ("skip_after_s",), f"it should be 0 seconds or more; got {goal.skip_after_s:g}"
    if goal.agreement is not None:
        from engine.study.matching.agreement import AGREEMENTS  # needs torch

        if goal.agreement not in AGREEMENTS:
            yield ("agreement",), unknown("measure of agreement", short(goal.agreement), AGREEMENTS)


def exclusion_bounds(exclusion: Exclusion, _: Study) -> Broken:
    """Shares are shares and times are not negative."""
    for name in ("min_answered", "max_skipped_untouched"):
        value = getattr(exclusion, name)
        if value is not None and not 0 <= value <= 1:
            yield (name,), f"it should be a share, 0 to 1, or null; got {value:g}"
    for name in ("min_active_s", "max_clock_drift_s"):
        value = getattr(exclusion, name)
        if value is not None and value < 0:
            yield (name,), f"it should be 0 seconds or more, or null; got {value:g}"


def contrast_models(contrast: Contrast, study: Study) -> Broken:
    """A contrast compares two models of the study."""
    for name in ("first", "second"):
        model = getattr(contrast, name)
        if model not in study.models:
            yield (name,), f"{short(model)!r} is not one of the study's models {short(list(study.models), 300)}"
    if contrast.first == contrast.second:
        yield ("second",), f"{short(contrast.second)!r} is compared with itself; name another model"


def contrast_measure(contrast: Contrast, study: Study) -> Broken:
    """A contrast's measure can be derived from what the study asks."""
    from engine.study.measuring.measures import MEASURES, measured_in  # not needed for a study without contrasts

    if contrast.measure not in MEASURES:
        yield ("measure",), unknown("measure", short(contrast.measure), MEASURES)
        return
    if study.tasks and not any(measured_in(task, contrast.measure) for task in study.tasks):
        yield ("measure",), f"{contrast.measure!r} is not measured in the study's tasks {list(study.tasks)}"
    rated = {"ease": EASE, "task_load": TASK_LOAD}.get(contrast.measure)
    if rated and not {item.name for item in rated} & {item.name for item in study.after_model}:
        use = contrast.measure.replace("_", "-")
        yield ("measure",), f"{contrast.measure!r} is never asked for; add `- use: {use}` to after_model"


def contrast_once(contrast: Contrast, study: Study) -> Broken:
    """A comparison counts once in the correction for several."""
    if sum(other == contrast for other in study.contrasts) > 1:
        yield (), f"{short(contrast.first)} against {short(contrast.second)} stands twice; keep one"


def item_name(item: Item, _: Study) -> Broken:
    """The name is a column."""
    if not _ITEM_NAME.fullmatch(item.name):
        message = f"{short(item.name)!r} is no name of a column; begin with a letter, use letters, digits, underscores"
        yield ("name",), message


def item_text(item: Item, _: Study) -> Broken:
    """There is something to read."""
    if not 0 < len(item.text.strip()) <= 2_000:
        yield ("text",), f"it should have 1 to 2,000 characters; it has {len(item.text.strip())}"


def item_scale(item: Item, _: Study) -> Broken:
    """A scale has a direction, a start on it and ends with a meaning."""
    if item.kind != "scale":
        return
    if not item.low < item.high:
        yield ("low",), f"it should be below `high`, {item.high}; got {item.low}"
    elif item.high - item.low >= MAX_STEPS:
        yield ("high",), f"a scale has at most {MAX_STEPS} numbers; {item.low} to {item.high} are more"
    elif item.start is not None and not item.low <= item.start <= item.high:
        yield ("start",), f"it should stand on the scale, {item.low} to {item.high}; got {item.start}"
    if not all(end.strip() for end in item.ends):
        yield ("ends",), "say what both ends of the scale mean"


def item_options(item: Item, _: Study) -> Broken:
    """Where one chooses, there is a choice."""
    if item.kind in ("choice", "several"):
        if len(item.options) < 2 or not all(option.strip() for option in item.options):
            yield ("options",), f"a {item.kind!r} item needs at least two options, none of them empty"
        if len(set(item.options)) < len(item.options):
            yield ("options",), "an option stands twice; write each once"
    elif item.options:
        yield ("options",), f"a {item.kind!r} item has no options; leave them out, or make it a 'choice'"


RULES: Mapping[type, tuple[Rule, ...]] = {
    Study: (
        study_name,
        title_names_no_model,
        study_texts,
        text_lengths,
        models_distinct,
        models_each,
        tasks_distinct,
        question_count,
        seed_range,
        redraw_above,
        item_names_differ,
    ),
    Goal: (goal_bounds,),
    Exclusion: (exclusion_bounds,),
    Contrast: (contrast_models, contrast_measure, contrast_once),
    Item: (item_name, item_text, item_scale, item_options),
}
