"""The product's questionnaires: their texts stand here and nowhere else, and study files name them by `use`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.study.design import Item

EASE = (
    Item(
        name="ease",
        text="How difficult were the questions of this part?",
        low=1,
        high=7,
        ends=("very easy", "very difficult"),
    ),
)

TASK_LOAD = tuple(  # raw NASA-TLX: six unweighted scales, Hart & Staveland (1988), https://doi.org/10.1016/S0166-4115(08)62386-9
    Item(name=f"load_{name}", text=f"{title}: {text}", low=0, high=20, start=10, ends=ends, required=False)
    for name, title, text, ends in (
        ("mental", "Mental demand", "How mentally demanding was the task?", ("very low", "very high")),
        ("physical", "Physical demand", "How physically demanding was the task?", ("very low", "very high")),
        ("temporal", "Temporal demand", "How hurried or rushed was the pace of the task?", ("very low", "very high")),
        (
            "performance",
            "Performance",
            "How successful were you in accomplishing what you were asked to do?",
            ("perfect", "failure"),
        ),
        (
            "effort",
            "Effort",
            "How hard did you have to work to accomplish your level of performance?",
            ("very low", "very high"),
        ),
        (
            "frustration",
            "Frustration",
            "How insecure, discouraged, irritated, stressed and annoyed were you?",
            ("very low", "very high"),
        ),
    )
)

UNDERSTANDING = (
    Item(name="had_plan", text="I followed a systematic plan."),
    Item(name="tried_at_random", text="Most of the time I moved the dials at random."),
    Item(name="understood_dials", text="I understood what many of the dials do."),
)

FRUSTRATION = (Item(name="frustrating", text="Overall, the task was frustrating."),)

COMMENTS = (Item(name="comments", text="Is there anything you would like to tell us?", kind="text", required=False),)

# Asked with every choice, as in the published baselines.
CHOICE_ITEMS = (
    Item(name="confidence", text="I am confident that my answer is right."),
    Item(name="sense", text="What this dial does makes sense to me."),
)

_SILENT = "I prefer not to say"

DEMOGRAPHICS = (
    Item(
        name="age",
        text="How old are you?",
        kind="choice",
        options=("under 18", "18–34", "35–50", "51–69", "70 or older", _SILENT),
    ),
    Item(
        name="gender",
        text="What is your gender? Choose all that apply.",
        kind="several",
        options=("woman", "man", "non-binary", "I describe myself below", _SILENT),
    ),
    Item(name="gender_described", text="If you describe your gender yourself:", kind="text", required=False),
    Item(
        name="education",
        text="What is the highest level of education you have completed?",
        kind="choice",
        options=("less than high school", "high school", "bachelor's degree", "master's degree or higher", _SILENT),
    ),
    Item(
        name="region",
        text="Where do you live?",
        kind="choice",
        options=(
            "Africa",
            "Central and West Asia",
            "East Asia",
            "Europe",
            "Latin America and the Caribbean",
            "North America",
            "Oceania",
            "South Asia",
            "South-East Asia",
            _SILENT,
        ),
    ),
)

# What `- use: NAME` in after_model or at_end stands for.
QUESTIONNAIRES: Mapping[str, tuple[Item, ...]] = MappingProxyType(
    {
        "ease": EASE,
        "task-load": TASK_LOAD,
        "understanding": UNDERSTANDING,
        "frustration": FRUSTRATION,
        "comments": COMMENTS,
    }
)
