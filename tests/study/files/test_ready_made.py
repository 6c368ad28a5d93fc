"""Ready-made studies are valid, and the published designs are as published; docs and schema follow from the code."""

from __future__ import annotations

import json
import re
from dataclasses import fields, make_dataclass

import pytest

from docs import studies as docs
from engine.study.design import Study
from engine.study.files.model_facts import catalogue_facts
from engine.study.files.ready_made import ready_made, ready_made_file
from engine.study.files.study_file import main, parse_study, read_study
from engine.study.files.study_schema import PARTS, descriptions, schema


@pytest.mark.parametrize("name", ready_made())
def test_a_ready_made_study_is_valid_with_the_shipped_models(name):
    study = read_study(ready_made_file(name), facts=catalogue_facts())
    assert study == ready_made()[name]
    assert study.contrasts
    assert "rewrite this text" in study.consent
    assert not re.search(r"\$|€|gift|pay|paid", study.consent)


@pytest.mark.parametrize("data", ["dsprites", "sinelines"])
def test_the_published_synthetic_designs(data):
    study = ready_made()[f"{data}-published"]
    assert set(study.models) == {f"{data}/{name}" for name in ("ae", "vae", "gt")}
    assert study.models_each is None
    assert study.tasks == ("reconstruction", "exemplars", "traversals")
    assert (study.order, study.range, study.redraw_above, study.questions) == ("random", "full", None, None)
    assert [item.name for item in study.after_model] == ["ease"]
    assert study.demographics


def test_the_published_mnist_design_gives_each_person_one_model():
    study = ready_made()["mnist-published"]
    assert (len(study.models), study.models_each, study.questions) == (9, 1, 7)


def test_the_laboratory_version_asks_more_and_may_be_skipped_at_once():
    study = ready_made()["dsprites-qualitative"]
    assert study.goal.skip_after_s == 0
    assert len(study.after_model) == 1 + 3 + 6


def test_there_is_a_study_of_the_controls():
    assert {"none", "samples"} <= set(ready_made()["dsprites-controls"].tasks)


def test_an_unknown_ready_made_study_is_answered_with_those_there_are():
    with pytest.raises(KeyError, match="choose one of .*dsprites-published"):
        ready_made_file("dsprites")


def test_page_and_schema_are_those_of_the_code(capsys):
    assert docs.main(["--check"]) == 0, "run `python docs/studies.py`"
    capsys.readouterr()
    assert main(["--schema"]) == 0
    assert capsys.readouterr().out == (docs.ROOT / "docs" / "study.schema.json").read_text(encoding="utf-8")


def test_the_schema_knows_every_field():
    made = schema()
    for part in PARTS:
        known = made if part is Study else made["$defs"][part.__name__]
        assert set(known["properties"]) - {"format"} == {field.name for field in fields(part)}
        assert all(known["properties"][field.name]["description"] for field in fields(part))
    assert made["required"] == ["format", "name", "title", "models"]
    json.dumps(made, allow_nan=False)


def test_a_field_without_a_description_is_refused():
    kind = make_dataclass("Kind", [("a", int)])
    kind.__doc__ = "One.\n\nAttributes:\n    b: Two."
    with pytest.raises(ValueError, match=r"does not describe \['a'\]"):
        descriptions(kind)


def test_the_worked_example_is_valid():
    (example,) = re.findall(r"```yaml\n(.*?)```", (docs.ROOT / "docs" / "studies.md").read_text(), re.DOTALL)
    assert parse_study(example, facts=catalogue_facts()).name == "shapes-pilot"
